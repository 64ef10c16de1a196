import type {
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IPollFunctions,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import { testCredential } from './methods/credentialTest';
import { campaignLocator, simplifyField } from './parameters/fields';
import { poll } from './triggers/polling/poll';

export class ReferralRocketPollingTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Referral Rocket Polling Trigger',
		name: 'referralRocketPollingTrigger',
		icon: {
			light: 'file:../../icons/referralRocket.svg',
			dark: 'file:../../icons/referralRocket.dark.svg',
		},
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["event"] }}',
		description:
			'Starts the workflow when participants of a campaign are added or change; needs no webhook',
		defaults: { name: 'Referral Rocket Polling Trigger' },
		polling: true,
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'referralRocketApi', required: true, testedBy: 'testCredential' }],
		properties: [
			{
				displayName: 'Event',
				name: 'event',
				type: 'options',
				default: 'participantAdded',
				description: 'What must have happened to a participant to start the workflow',
				options: [
					{
						name: 'Participant Added',
						value: 'participantAdded',
						description: 'Someone has joined the campaign since the last check',
					},
					{
						name: 'Participant Qualified',
						value: 'participantQualified',
						description: 'A referred participant has done what earns the reward',
					},
					{
						name: 'Participant Updated',
						value: 'participantUpdated',
						description: 'A number of referrals, reward or balance of a participant has changed',
					},
				],
			},
			{
				...campaignLocator(
					'The campaign to watch, by its ID or by its link: the campaign link or any share link of it',
				),
				required: true,
			},
			simplifyField(),
		],
	};

	methods = { credentialTest: { testCredential } };

	async poll(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
		const participants = await poll(this);
		return participants.length === 0 ? null : [participants.map((json) => ({ json }))];
	}
}
