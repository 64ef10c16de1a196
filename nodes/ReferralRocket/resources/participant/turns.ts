import type { IDataObject, NodeApiError } from 'n8n-workflow';
import { abortable } from '../../helpers/abortable';
import { cancelSignalOf, type ApiCall } from '../../api/apiCall';
import { accountOf } from '../../api/authentication';
import { unknownOutcomeMessage } from '../../api/errorMessages';
import { createApiError } from '../../api/errors';
import { parseRow, request } from '../../api/request';
import { isIncomplete, isSuccess, type ApiResponse } from '../../api/response';
import type { Endpoint } from '../../api/specification';
import { lookUpUntil } from './lookUp';

/*
 * Add and Qualify items for the same person take turns, across the executions of this n8n process. After a
 * request whose outcome is unknown (connection lost, timeout, 5xx, stopped, unreadable response), nothing more
 * is sent for that person until a look-up shows the outcome, or some minutes have passed.
 */

const rememberedMinutes = 5;
/** A few megabytes. */
const maxRemembered = 20_000;

interface SentRequest {
	isConfirmed: boolean;
	/** The `isNew` to report to the first caller that finds out that the request took effect. */
	isNew?: boolean;
	expiresAt: number;
}

/** By person and endpoint, the oldest first. */
const sentRequests = new Map<string, SentRequest>();

const turns = new Map<string, { endpoint: Endpoint; work: Promise<unknown> }>();

/** A request may or may not have taken effect, and look-ups don't show which. */
export class UnknownOutcomeError extends Error {
	/** @param reason why the outcome is unknown; undefined if another execution sent the request */
	constructor(private readonly reason?: NodeApiError) {
		super();
	}

	/** @returns the error of one item: each item that waits for the outcome gets its own */
	forCall(call: ApiCall): NodeApiError {
		const { reason } = this;
		const response = reason?.httpCode ? { status: Number(reason.httpCode) } : undefined;
		return createApiError(call, unknownOutcomeMessage(call, rememberedMinutes, reason), response);
	}
}

/**
 * Runs `work` once no other item in this n8n process works for the same person.
 * @param call of Add or Qualify
 * @param work gets the person's key
 * @param forOthers returns the result for items that waited meanwhile; undefined if they must do their own work
 * @throws what `work` throws; if the outcome is unknown, a NodeApiError for every item that waited; the signal's
 * reason
 */
export async function takeTurn<Result>(
	call: ApiCall,
	work: (person: string) => Promise<Result>,
	forOthers: (result: Result) => Result | undefined,
): Promise<Result> {
	const { endpoint, values, signal = cancelSignalOf(call.context) } = call;
	const person = JSON.stringify([
		accountOf(call),
		values.campaign,
		String(values.email).toLowerCase(),
	]);
	for (let turn = turns.get(person); turn; turn = turns.get(person)) {
		call.onWait?.();
		const result = await abortable(signal, turn.work.catch(unknownOutcome));
		if (turn.endpoint !== endpoint || result === undefined) continue;
		if (result instanceof UnknownOutcomeError) throw result.forCall(call);
		const shared = forOthers(result as Result);
		if (shared) return shared;
	}
	const turn = { endpoint, work: work(person) };
	turns.set(person, turn);
	return await turn.work
		.finally(() => turns.delete(person))
		.catch((error: Error) => {
			throw error instanceof UnknownOutcomeError ? error.forCall(call) : error;
		});
}

/** @returns the error if it is an unknown outcome, which concerns all who wait; otherwise undefined */
const unknownOutcome = (error: Error) => (error instanceof UnknownOutcomeError ? error : undefined);

const requestKey = (person: string, { path }: Endpoint) => `${path} ${person}`;

/** @returns the request that was sent for a person in the last minutes, unless it was rejected */
export function sentRequest(person: string, endpoint: Endpoint): SentRequest | undefined {
	const sent = sentRequests.get(requestKey(person, endpoint));
	return sent && sent.expiresAt > Date.now() ? sent : undefined;
}

function remember(key: string, isNew: boolean | undefined): void {
	const now = Date.now();
	sentRequests.delete(key);
	for (const [oldest, { expiresAt }] of sentRequests) {
		if (expiresAt > now && sentRequests.size < maxRemembered) break;
		sentRequests.delete(oldest);
	}
	const expiresAt = now + rememberedMinutes * 60_000;
	sentRequests.set(key, { isConfirmed: false, isNew, expiresAt });
}

interface Effect {
	/** The `isNew` to report if the request takes effect: whether it was the first to change anything. */
	isNew?: boolean;
	/** Whether a participant shows that the request took effect. */
	isShown: (participant: IDataObject) => boolean;
	/** Whether the service's words prove that the request did nothing, whatever the status. */
	isRefusal: (response: ApiResponse) => boolean;
}

/** The participant if a request took effect, otherwise the response that rejected it. */
type Sent =
	| { participant: IDataObject; isNew?: boolean; response?: undefined }
	| { participant?: undefined; response: ApiResponse };

/**
 * Sends the request of a turn. If its outcome is unknown, looks it up.
 * @throws UnknownOutcomeError; NodeApiError if the request can't have reached the service; the signal's reason
 */
export async function sendOnce(call: ApiCall, person: string, effect: Effect): Promise<Sent> {
	const key = requestKey(person, call.endpoint);
	const onSent = () => {
		remember(key, effect.isNew);
		call.onSent?.();
	};
	const send = async (): Promise<Sent> => {
		const response = await request({ ...call, onSent });
		const isRejected = !isSuccess(response) && !isIncomplete(response);
		if (isRejected || effect.isRefusal(response)) {
			sentRequests.delete(key);
			return { response };
		}
		const participant = parseRow(call, response);
		return { participant, isNew: confirm(person, call.endpoint) };
	};
	return await send().catch(async (cause: NodeApiError) => {
		if (sentRequest(person, call.endpoint)?.isConfirmed !== false) throw cause;
		return await resolveOutcome(call, person, effect.isShown, cause);
	});
}

/**
 * Finds out whether a request with an unknown outcome took effect.
 * @param cause why it is unknown, if this call sent it
 * @throws UnknownOutcomeError; NodeApiError if the request of another execution can't be looked up
 */
export async function resolveOutcome(
	call: ApiCall,
	person: string,
	isShown: Effect['isShown'],
	cause?: NodeApiError,
): Promise<{ participant: IDataObject; isNew?: boolean }> {
	const { context, signal = cancelSignalOf(context) } = call;
	const participant = await lookUpUntil(call, isShown).catch((error) => {
		if (!cause || signal?.aborted) throw error;
		return undefined;
	});
	if (!participant) throw new UnknownOutcomeError(cause);
	return { participant, isNew: confirm(person, call.endpoint) };
}

/** @returns the request's `isNew`, to its first caller only */
function confirm(person: string, endpoint: Endpoint): boolean | undefined {
	const sent = sentRequest(person, endpoint);
	const isNew = sent?.isNew;
	if (sent) Object.assign(sent, { isConfirmed: true, isNew: false });
	return isNew;
}
