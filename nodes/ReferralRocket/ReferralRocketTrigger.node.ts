import type {
	IDataObject,
	IHookFunctions,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { NodeConnectionTypes, NodeOperationError } from 'n8n-workflow';
import { unusableSettings } from './shared/apiError';
import { checkedCampaign } from './shared/checks';
import { testCredential } from './shared/credentialTest';
import { campaignLocator, simplifyField } from './shared/fields';
import { credentialName } from './shared/service';
import { simplifiedFields } from './shared/simplify';
import {
	eventIn,
	forget,
	identityOf,
	isRepeat,
	isSigned,
	isWanted,
	participantOf,
	type Memory,
} from './shared/webhook';

interface Settings {
	/** Undefined where signatures are not to be verified. */
	secret?: string;
	campaign?: string;
	ignoreRepeats: boolean;
}

/** Repeats that arrive at the same moment all read the stored memory before one has written it. */
const arrivedHere: { [place: string]: Memory } = {};

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
			{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'referral-rocket' },
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
				await settingsOf(this);
				return true;
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return true;
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const answer = (status: number, message: string): IWebhookResponseData => {
			this.getResponseObject().status(status).json({ message });
			return { noWebhookResponse: true };
		};
		const { secret, campaign, ignoreRepeats } = await settingsOf(this);
		const request = this.getRequestObject();
		await request.readRawBody();
		const body = request.rawBody;
		if (secret !== undefined && !isSigned(body, this.getHeaderData() as IDataObject, secret)) {
			return answer(401, 'The signature is missing or wrong.');
		}
		const event = eventIn(body);
		if (!event) return answer(400, 'This is not an event of Referral Rocket.');

		const isElsewhere = campaign && event.data.campaignId && event.data.campaignId !== campaign;
		if (isElsewhere || !isWanted(event, [this.getNodeParameter('events')].flat() as string[])) {
			return answer(200, 'Received. This workflow does not wait for such an event.');
		}
		if (ignoreRepeats && this.getMode() !== 'manual') {
			const place = `${this.getWorkflow().id} ${this.getNode().id}`;
			const here = (arrivedHere[place] ??= {});
			const identity = identityOf(event, body);
			const isHere = isRepeat(identity, here);
			if (isRepeat(identity, this.getWorkflowStaticData('node')) || isHere) {
				return answer(200, 'Received before.');
			}
			// When n8n can't start the workflow, it keeps nothing and the service sends the event again.
			const response = this.getResponseObject();
			response.once('finish', () => response.statusCode >= 400 && forget(identity, here));
		}
		const participant = participantOf(event);
		const { event: name, eventAt, campaignId } = participant;
		const json = this.getNodeParameter('simplify', true)
			? { event: name, eventAt, campaignId, ...simplifiedFields(participant) }
			: event;
		// Left to n8n to answer, as only n8n knows whether the workflow has been started.
		return { webhookResponse: { message: 'Received.' }, workflowData: [[{ json }]] };
	}
}

/**
 * @returns the settings that a webhook needs
 * @throws NodeOperationError when signatures are to be verified and there is no secret to do it with
 */
async function settingsOf(context: IHookFunctions | IWebhookFunctions): Promise<Settings> {
	const { verifySignature = true, ignoreRepeats = true } = context.getNodeParameter(
		'options',
		{},
	) as { verifySignature?: boolean; ignoreRepeats?: boolean };
	const { webhookSecret } = await context.getCredentials(credentialName);
	const secret = String(webhookSecret ?? '').trim();
	if (verifySignature && secret === '') {
		throw new NodeOperationError(
			context.getNode(),
			'The Referral Rocket credential has no Webhook Secret. Copy the secret from Settings → Webhooks in Referral Rocket into the credential, so that events can be told from forgeries.',
		);
	}
	try {
		const given = context.getNodeParameter('campaignId', '', { extractValue: true });
		return {
			secret: verifySignature ? secret : undefined,
			campaign: checkedCampaign(given),
			ignoreRepeats,
		};
	} catch (error) {
		throw unusableSettings(context.getNode(), (error as Error).message);
	}
}
