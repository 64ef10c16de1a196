import type {
	IHookFunctions,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import { testCredential } from './methods/credentialTest';
import { searchCampaigns } from './methods/searchCampaigns';
import {
	campaignLocator,
	campaignNotice,
	eventsSubtitle,
	simplifyField,
} from './fields/sharedFields';
import { receiveEvent } from './triggers/webhook/receiveEvent';
import { campaignOf, secretsOf } from './triggers/webhook/settings';

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
		subtitle: eventsSubtitle,
		description:
			'Starts the workflow when Referral Rocket sends an event: someone joined a campaign, was referred, or unlocked a reward',
		eventTriggerDescription: 'Waiting for Referral Rocket to send an event to the Test URL',
		activationMessage:
			'From now on, events that Referral Rocket sends to the Production URL start this workflow.',
		triggerPanel: {
			header: 'Receive a test event',
			executionsHelp: {
				inactive:
					'<b>To test</b>: in Referral Rocket, open Settings → Webhooks, add the Test URL from Webhook URLs, and copy its secret into Test Webhook Secret of the credential. Press Execute step here, then make one of the selected events happen, for example Referee Created: sign up through a share link. <br /><br /><b>To run automatically</b>: add the Production URL there too, copy its secret into Webhook Secret, then publish (activate) this workflow. Its runs then appear in the Executions tab of this workflow, not here.',
				active:
					'<b>To test</b>: in Referral Rocket, open Settings → Webhooks, add the Test URL from Webhook URLs, and copy its secret into Test Webhook Secret of the credential. Press Execute step here, then make one of the selected events happen, for example Referee Created: sign up through a share link. <br /><br /><b>Published</b>: events that are sent to the Production URL start this workflow. Find them in the Executions tab of this workflow.',
			},
			activationHint:
				'Nothing arrives? Referral Rocket must know the Test URL, not only the Production URL.',
		},
		defaults: { name: 'Referral Rocket Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'referralRocketApi', required: true, testedBy: 'testCredential' }],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				responseMode: 'onReceived',
				// Blank, so that n8n responds with the webhookResponse of webhook().
				responseData: '',
				path: 'referral-rocket',
			},
		],
		properties: [
			{
				// In a notice, n8n shows lists and links, and drops all other markup.
				displayName:
					'Set up once:<ul><li>1. Open Webhook URLs above and copy the Production URL.</li><li>2. In Referral Rocket, open Settings → Webhooks, paste the URL, select the same events and save.</li><li>3. Copy the secret shown there into Webhook Secret of the credential.</li><li>4. Publish (activate) this workflow. From then on, events arrive.</li></ul>To test before that, add the Test URL there too, copy its secret into Test Webhook Secret, and press Execute step.',
				name: 'setUp',
				type: 'notice',
				default: '',
			},
			{
				displayName: 'Trigger On',
				name: 'events',
				type: 'multiOptions',
				required: true,
				default: ['referrerCreated'],
				description:
					'The events that start the workflow. Created events come for everyone who is added, including people added by this workflow or by an import. If this workflow adds participants, choose a Campaign that it does not add to, to avoid an endless loop.',
				hint: 'People added by this workflow also trigger Created events',
				options: [
					{
						name: 'Any Event',
						value: 'any',
						description: 'Every event, including unknown ones',
						action: 'On any event',
					},
					{
						name: 'Referee Created',
						value: 'refereeCreated',
						description: 'Someone joined through a referral',
						action: 'On referee created: a friend joined through a referral',
					},
					{
						name: 'Referrer Created',
						value: 'referrerCreated',
						description: 'Someone joined the campaign as a referrer or affiliate',
						action: 'On referrer created: someone joined as a referrer or affiliate',
					},
					{
						name: 'Reward Unlocked',
						value: 'rewardUnlocked',
						description: 'A participant earned a reward',
						action: 'On reward unlocked: a participant earned a reward',
					},
				],
			},
			campaignLocator(
				'The only campaign whose events start the workflow. Leave empty for all campaigns.',
				'. Leave empty for all campaigns.',
			),
			campaignNotice,
			simplifyField,
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
							'Whether to reject events that Referral Rocket did not sign. If off, anyone who knows the URL can start the workflow.',
					},
				],
			},
		],
	};

	methods = { credentialTest: { testCredential }, listSearch: { searchCampaigns } };

	webhookMethods = {
		default: {
			// The API can't register webhooks, so activation only validates the settings.
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return false;
			},
			async create(this: IHookFunctions): Promise<boolean> {
				await secretsOf(this);
				campaignOf(this);
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
