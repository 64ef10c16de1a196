import type {
	IDataObject,
	IHookFunctions,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import { unusableSettings } from './api/errors';
import { checkedCampaign } from './parameters/validate';
import { testCredential } from './methods/credentialTest';
import { campaignLocator, simplifyField } from './parameters/fields';
import { SeenEvents } from './triggers/webhook/seenEvents';
import { credentialName } from './api/specification';
import { simplifiedFields } from './parameters/simplify';
import { dedupeKey, eventIn, eventTime, isSigned, isWanted, participantOf } from './triggers/webhook/event';

/** The events of each trigger of this n8n process, by workflow and node. */
const seenEvents = new Map<string, SeenEvents>();

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
					'In Referral Rocket, open Settings → Webhooks and paste the Production URL from above. Tick the same events there as below, save, and copy the secret it shows into Webhook Secret of the credential.',
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
				if ((await secretOf(this)) === '') throw withoutSecret(this);
				campaignOf(this);
				return true;
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return true;
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const response = this.getResponseObject();
		const answer = (status: number, message: string): IWebhookResponseData => {
			response.status(status).json({ message });
			return { noWebhookResponse: true };
		};
		const isTest = this.getMode() === 'manual';
		const secret = await secretOf(this).catch(() => '');
		if (secret === '') {
			// Anyone can get this far, so it must not start an execution, not even one that stops at once.
			if (!isTest) return answer(500, 'Events can not be verified: see the credential in n8n.');
			throw withoutSecret(this);
		}
		const body = await rawBodyOf(this);
		if (secret !== undefined && !isSigned(body, this.getHeaderData() as IDataObject, secret)) {
			return answer(401, 'The signature is missing or wrong.');
		}
		const event = eventIn(body);
		if (!event) return answer(400, 'This is not an event of Referral Rocket.');

		const campaign = campaignOf(this);
		const { campaignId } = event.data;
		const isElsewhere = campaign && campaignId && String(campaignId) !== campaign;
		if (isElsewhere || !isWanted(event, [this.getNodeParameter('events')].flat() as string[])) {
			return answer(200, 'Received. This workflow does not wait for such an event.');
		}
		const webhookResponse = { message: 'Received.' };
		const json = this.getNodeParameter('simplify', true)
			? {
					event: event.eventType,
					eventAt: eventTime(event),
					campaignId,
					...simplifiedFields(participantOf(event)),
				}
			: event;
		// n8n answers, as only n8n knows whether it has started the workflow.
		const workflowData = [[{ json }]];
		if (isTest || !this.getNodeParameter('options.ignoreRepeats', true)) {
			return { webhookResponse, workflowData };
		}
		const trigger = `${this.getWorkflow().id} ${this.getNode().id}`;
		const events = seenEvents.get(trigger) ?? new SeenEvents();
		seenEvents.set(trigger, events);
		const key = dedupeKey(event);
		const stored = this.getWorkflowStaticData('node');
		if (!(await events.markUnderWay(key, stored, response))) {
			return { webhookResponse: { message: 'Received before.' } };
		}
		return {
			// n8n 2 takes the response once it has started the workflow, and both versions take it right
			// before they look whether there is something to store.
			get webhookResponse() {
				events.markSeen(key, stored);
				return webhookResponse;
			},
			workflowData,
		};
	}
}

/** @returns the body's bytes; none of a form, which n8n has read already, and of what can't be read */
async function rawBodyOf(context: IWebhookFunctions): Promise<Buffer> {
	const request = context.getRequestObject();
	await request.readRawBody().catch(() => undefined);
	return request.rawBody ?? Buffer.alloc(0);
}

/** @returns the secret that events are signed with; undefined where signatures are not to be verified */
async function secretOf(context: IHookFunctions | IWebhookFunctions): Promise<string | undefined> {
	if (!context.getNodeParameter('options.verifySignature', true)) return undefined;
	const { webhookSecret } = await context.getCredentials(credentialName);
	return String(webhookSecret ?? '').trim();
}

const withoutSecret = (context: IHookFunctions | IWebhookFunctions) =>
	unusableSettings(
		context.getNode(),
		'The Referral Rocket credential has no Webhook Secret. Copy the secret from Settings → Webhooks in Referral Rocket into the credential, so that events can be told from forgeries.',
	);

/**
 * @returns the ID of the only campaign whose events start the workflow; undefined for all
 * @throws NodeOperationError for a link without an ID
 */
function campaignOf(context: IHookFunctions | IWebhookFunctions): string | undefined {
	try {
		return checkedCampaign(context.getNodeParameter('campaignId', '', { extractValue: true }));
	} catch (error) {
		throw unusableSettings(context.getNode(), (error as Error).message);
	}
}
