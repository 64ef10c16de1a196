import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { createSettingsError } from '../../api/errors';
import { rowTypes } from '../../api/specification';
import { simplify } from '../../parameters/simplify';
import {
	dedupeKey,
	eventTime,
	isSelected,
	optionFor,
	parseEvent,
	participantOf,
	type ServiceEvent,
} from './event';
import { SeenEvents } from './seenEvents';
import { campaignOf, createMissingSecretError, secretsOf } from './settings';
import { verifySignature } from './signature';

/** The events of each trigger of this n8n process, by workflow and node. */
const seenEvents = new Map<string, SeenEvents>();

/**
 * Takes a delivery of the service.
 * @returns what starts the workflow, if it is a signed and selected event that is not a repeat
 * @throws NodeOperationError for unusable settings, and in a test in the editor for what is refused
 */
export async function receiveEvent(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const isTest = context.getMode() === 'manual';
	/** The sender gets a response; in a test in the editor, the user reads what to do instead. */
	const refuse = (status: number, message: string, explain: () => Error): IWebhookResponseData => {
		if (isTest) throw explain();
		context.getResponseObject().status(status).json({ message });
		return { noWebhookResponse: true };
	};
	const createError = (message: string, solution: string) =>
		createSettingsError(context.getNode(), message, `${solution} Then press Execute step again.`);
	const secrets = await secretsOf(context).catch(() => []);
	if (secrets?.length === 0) {
		// Anyone can get this far, so it must not start an execution, not even one that stops at once.
		return refuse(500, 'Events can not be verified: see the credential in n8n.', () =>
			createMissingSecretError(context),
		);
	}
	const body = await readRawBody(context);
	const headers = context.getHeaderData() as IDataObject;
	if (secrets && !verifySignature(body, headers, secrets)) {
		return refuse(401, 'The signature is missing or wrong.', () =>
			createError(
				"An event arrived, but it is not signed with the 'Webhook Secret' of your credential",
				"Copy the secret of this webhook from Settings → Webhooks in Referral Rocket into 'Webhook Secret' of the credential. Where another secret stands there already, add this one behind a comma.",
			),
		);
	}
	const event = parseEvent(body);
	if (!event) {
		return refuse(400, 'This is not an event of Referral Rocket.', () =>
			createError(
				'What arrived at the Test URL is not an event of Referral Rocket',
				'Make something happen in Referral Rocket, for example sign up in your campaign.',
			),
		);
	}
	const campaign = campaignOf(context);
	const { campaignId } = event.data;
	const isElsewhere = campaign && campaignId && String(campaignId) !== campaign;
	const selected = [context.getNodeParameter('events')].flat() as string[];
	if (isElsewhere || !isSelected(event, selected)) {
		return refuse(200, 'Received. This workflow does not wait for such an event.', () => {
			if (isElsewhere) {
				return createError(
					`An event of another campaign arrived: "${campaignId}"`,
					"To receive it, choose that campaign in 'Campaign' of this trigger, or leave 'Campaign' empty for all.",
				);
			}
			const name = optionFor(event);
			return createError(
				`An event arrived that is not selected in this trigger: ${name ?? `"${event.eventType}"`}`,
				`To receive it, select ${name ?? 'Any Event'} in 'Events' of this trigger.`,
			);
		});
	}
	// n8n responds, as only n8n knows whether it has started the workflow.
	const webhookResponse = { message: 'Received.' };
	const workflowData = [[{ json: outputOf(context, event) }]];
	if (isTest || !context.getNodeParameter('options.ignoreRepeats', true)) {
		return { webhookResponse, workflowData };
	}
	const seen = seenEventsOf(context);
	const key = dedupeKey(event);
	const stored = context.getWorkflowStaticData('node');
	if (!(await seen.markInProgress(key, stored, context.getResponseObject()))) {
		return { webhookResponse: { message: 'Received before.' } };
	}
	return {
		// n8n 2 takes the response once it has started the workflow, and both versions take it right
		// before they look whether there is something to store.
		get webhookResponse() {
			seen.markSeen(key, stored);
			return webhookResponse;
		},
		workflowData,
	};
}

/** @returns the body's bytes; none of a form, which n8n has read already, and of what can't be read */
async function readRawBody(context: IWebhookFunctions): Promise<Buffer> {
	const request = context.getRequestObject();
	await request.readRawBody().catch(() => undefined);
	return request.rawBody ?? Buffer.alloc(0);
}

function outputOf(context: IWebhookFunctions, event: ServiceEvent): IDataObject {
	if (!context.getNodeParameter('simplify', true)) return event;
	return {
		event: event.eventType,
		eventAt: eventTime(event),
		campaignId: event.data.campaignId,
		...simplify(rowTypes.participant, participantOf(event)),
	};
}

function seenEventsOf(context: IWebhookFunctions): SeenEvents {
	const trigger = `${context.getWorkflow().id} ${context.getNode().id}`;
	const events = seenEvents.get(trigger) ?? new SeenEvents();
	seenEvents.set(trigger, events);
	return events;
}
