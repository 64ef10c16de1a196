import type {
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IPollFunctions,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import { unusableSettings } from './api/errors';
import { checkedBaseUrl } from './api/baseUrl';
import { changesSince, newest } from './triggers/polling/detectChanges';
import { checkedValues } from './parameters/validate';
import { testCredential } from './methods/credentialTest';
import { campaignLocator, simplifyField } from './parameters/fields';
import { credentialName, endpoints } from './api/specification';
import { simplified } from './parameters/simplify';
import type { ServiceCall } from './api/request';

/** Enough to see what the data looks like. */
const shownInTest = 5;

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
						description: 'Someone has joined the campaign since the last look',
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
		const call = await callOf(this);
		const participants =
			this.getMode() === 'manual'
				? await newest(call, shownInTest)
				: await changesSince(
						call,
						this.getNodeParameter('event') as string,
						this.getWorkflowStaticData('node'),
					);
		if (participants.length === 0) return null;
		return [participants.map(simplified(this)).map((json) => ({ json }))];
	}
}

async function callOf(context: IPollFunctions): Promise<ServiceCall> {
	const { baseUrl } = await context.getCredentials(credentialName);
	const endpoint = endpoints.getAllParticipants;
	try {
		const campaign = context.getNodeParameter('campaignId', '', { extractValue: true });
		const values = checkedValues({ campaign }, ['campaign']);
		return { context, connection: { baseURL: checkedBaseUrl(baseUrl) }, endpoint, values };
	} catch (error) {
		throw unusableSettings(context.getNode(), (error as Error).message);
	}
}
