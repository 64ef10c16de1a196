import type {
	IHookFunctions,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import { testCredential } from './methods/credentialTest';
import { campaignLocator, simplifyField } from './parameters/fields';
import { receiveEvent } from './triggers/webhook/receiveEvent';
import { checkSettings } from './triggers/webhook/settings';

export class ReferralRocketTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Referral Rocket Trigger',
		name: 'referralRocketTrigger',
		icon: {
			light: 'file:../../icons/referralRocket.svg',
			dark: 'file:../../icons/referralRocket.dark.svg',
		},
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["events"].join(", ") }}',
		description: 'Starts the workflow when Referral Rocket sends an event to a webhook',
		defaults: { name: 'Referral Rocket Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'referralRocketApi', required: true, testedBy: 'testCredential' }],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				responseMode: 'onReceived',
				// Blank, so that n8n answers with what webhook() returns as the response.
				responseData: '',
				path: 'referral-rocket',
			},
		],
		properties: [
			{
				displayName:
					'In Referral Rocket, open Settings → Webhooks and paste the Production URL from above. Select the same events there as below, save, and copy the secret it shows into Webhook Secret of the credential.',
				name: 'setUp',
				type: 'notice',
				default: '',
			},
			{
				displayName: 'Events',
				name: 'events',
				type: 'multiOptions',
				required: true,
				default: ['referrerCreated'],
				description: 'The events that start the workflow',
				options: [
					{
						name: 'Any Event',
						value: 'any',
						description: 'Every event, also one whose name is not known yet',
					},
					{
						name: 'Referee Created',
						value: 'refereeCreated',
						description: 'Someone joined through a referral',
					},
					{
						name: 'Referrer Created',
						value: 'referrerCreated',
						description: 'Someone joined the campaign as a referrer or affiliate',
					},
					{
						name: 'Reward Unlocked',
						value: 'rewardUnlocked',
						description: 'A participant earned a reward',
					},
				],
			},
			campaignLocator('Only events of this campaign start the workflow. Leave it empty for all.'),
			simplifyField(),
			{
				displayName: 'Options',
				name: 'options',
				type: 'collection',
				placeholder: 'Add option',
				default: {},
				options: [
					{
						displayName: 'Ignore Repeats',
						name: 'ignoreRepeats',
						type: 'boolean',
						default: true,
						description:
							'Whether an event that Referral Rocket delivers more than once starts the workflow only once',
					},
					{
						displayName: 'Verify Signature',
						name: 'verifySignature',
						type: 'boolean',
						default: true,
						description:
							'Whether to refuse events that Referral Rocket did not sign. Without it, anyone who knows the URL can start the workflow.',
					},
				],
			},
		],
	};

	methods = { credentialTest: { testCredential } };

	webhookMethods = {
		default: {
			// Nothing can be registered with the service, so each activation only checks the settings.
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return false;
			},
			async create(this: IHookFunctions): Promise<boolean> {
				await checkSettings(this);
				return true;
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return true;
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await receiveEvent(this);
	}
}
