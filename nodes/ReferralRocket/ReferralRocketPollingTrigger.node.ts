import type {
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IPollFunctions,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import { testCredential } from './methods/credentialTest';
import { campaignLocator, eventsSubtitle, simplifyField } from './parameters/fields';
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
		subtitle: eventsSubtitle,
		description:
			'Checks a campaign on a schedule for participants who were added, qualified or updated. Take it where Referral Rocket can not reach your n8n with a webhook.',
		eventTriggerDescription: 'Getting participants from Referral Rocket',
		activationMessage:
			'From now on, Referral Rocket is checked on your schedule. The first check only remembers who is there.',
		triggerPanel: {
			header: 'Get some participants',
			executionsHelp:
				'<b>To test</b>: press Fetch Test Event to see participants of your campaign as this trigger outputs them. <br /><br /><b>To run by itself</b>: publish this workflow. The first check only remembers who is there; each later one starts the workflow for everyone to whom the event happened since.',
			activationHint:
				'Nothing found? Check the campaign. For Participant Qualified, someone must be qualified.',
		},
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
