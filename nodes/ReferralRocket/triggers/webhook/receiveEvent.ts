import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { createOperationError } from '../../api/errors';
import { simplifiedEvents } from '../../api/specification';
import { pick } from '../../fields/simplify';
import {
	dedupeKey,
	eventTime,
	isSelected,
	latestTime,
	optionFor,
	parseEvent,
	participantOf,
	type ServiceEvent,
} from './event';
import { SeenEvents } from './seenEvents';
import { campaignOf, secretsOf } from './settings';
import { verifySignature } from './signature';

/** How long secrets are reused. A wrong signature makes the node read them again at once. */
const reuseMs = 10_000;

/** The events of each trigger in this n8n process, by workflow and node. */
const seenEvents = new Map<string, SeenEvents>();

/**
 * Handles a delivery.
 * @returns the data that starts the workflow, if the event is signed, selected and new
 * @throws NodeOperationError only in a test in the editor, if the event or the settings can't be used
 */
export async function receiveEvent(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const arrivedAt = Date.now();
	const isTest = context.getMode() === 'manual';
	/** Responds to the sender or, in a test in the editor, shows the user how to fix it. */
	const refuse = (status: number, message: string, explain?: () => Error): IWebhookResponseData => {
		if (isTest && explain) throw explain();
		context.getResponseObject().status(status).json({ message });
		return { noWebhookResponse: true };
	};
	const createError = (message: string, solution: string) =>
		createOperationError(context.getNode(), message, {
			description: `${solution} Then press Execute step again.`,
		});
	const body = await readRawBody(context);
	const headers = context.getHeaderData() as IDataObject;
	const isSignedSince = async (since: number) => {
		const secrets = await secretsOf(context, since);
		return !secrets || verifySignature(body, headers, secrets);
	};
	const isSigned =
		(await isSignedSince(arrivedAt - reuseMs).catch(() => false)) ||
		(await isSignedSince(arrivedAt).catch((error: Error) => error));
	if (typeof isSigned !== 'boolean') {
		// Anyone can get this far, so nothing is thrown: n8n would store an execution for it.
		return refuse(500, "Events can't be verified: see the credential in n8n.", () => isSigned);
	}
	if (!isSigned) {
		return refuse(401, 'The signature is missing or wrong.', () =>
			createError(
				'An event arrived, but it is not signed with a secret from your credential',
				"In Referral Rocket, open Settings → Webhooks and copy the secret of the Test URL into 'Test Webhook Secret' of the credential.",
			),
		);
	}
	const event = parseEvent(body);
	if (!event) {
		return refuse(400, 'This is not a Referral Rocket event.', () =>
			createError(
				'A request arrived at the Test URL, but it is not a Referral Rocket event',
				'Make something happen in Referral Rocket, for example sign up in your campaign.',
			),
		);
	}
	const campaign = campaignOf(context);
	const { campaignId } = event.data;
	const isElsewhere = campaign && campaignId && String(campaignId) !== campaign;
	const selected = [context.getNodeParameter('events')].flat() as string[];
	if (isElsewhere || !isSelected(event, selected)) {
		return refuse(200, 'Received. This workflow ignores such events.', () => {
			if (isElsewhere) {
				return createError(
					`An event from another campaign arrived: "${campaignId}"`,
					"To receive it, choose that campaign in 'Campaign' of this trigger, or leave 'Campaign' empty for all.",
				);
			}
			const name = optionFor(event);
			return createError(
				`An event arrived that is not selected in this trigger: ${name ?? `"${event.eventType}"`}`,
				`To receive it, select ${name ?? 'Any Event'} in 'Trigger On' of this trigger.`,
			);
		});
	}
	// n8n sends the response, as only n8n knows whether it has started the workflow.
	const webhookResponse = { message: 'Received.' };
	const workflowData = [[{ json: outputOf(context, event) }]];
	if (isTest || !context.getNodeParameter('options.ignoreRepeats', true)) {
		return { webhookResponse, workflowData };
	}
	const seen = seenEventsOf(context);
	const key = dedupeKey(event);
	const stored = context.getWorkflowStaticData('node');
	const response = context.getResponseObject();
	const outcome = await seen.receive(key, latestTime(event), stored, response);
	if (outcome === 'repeat') return { webhookResponse: { message: 'Already received.' } };
	if (outcome === 'tooOld') {
		return refuse(400, 'This event is so old that it may have been received before.');
	}
	if (outcome === 'inProgress') {
		return refuse(503, 'This event is in progress. Deliver it again later.');
	}
	return {
		// n8n 2 reads this property after it has started the workflow, n8n 1 before. Both read it right
		// before they check whether there is something to store.
		get webhookResponse() {
			seen.markSeen(key, stored);
			return webhookResponse;
		},
		workflowData,
	};
}

/** @returns the bytes of the body; none for a form, which n8n has already read, or for an unreadable body */
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
		...pick(participantOf(event), simplifiedEvents.received),
	};
}

function seenEventsOf(context: IWebhookFunctions): SeenEvents {
	const trigger = `${context.getWorkflow().id} ${context.getNode().id}`;
	const events = seenEvents.get(trigger) ?? new SeenEvents();
	seenEvents.set(trigger, events);
	return events;
}
