import type {
	DeclarativeRestApiSettings,
	ICredentialDataDecryptedObject,
	IDataObject,
	IExecuteSingleFunctions,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
	IPollFunctions,
	NodeApiError,
} from 'n8n-workflow';
import { hidesKey, keyHidden, refused } from './errors';
import type { Values } from '../parameters/validate';
import { withDeadline } from './deadline';
import { shortHash } from './hash';
import type { Outcome } from './retry';
import { isCutOff, isTimeout, sendWithRetry } from './retry';
import type { Answer } from './errorMessages';
import { noAnswer, refusedStatus, unusableAnswer } from './errorMessages';
import type { Endpoint, ParameterName } from './specification';
import { credentialName } from './specification';

/** How long the service may be silent, in milliseconds, unless the builder sets Request Options → Timeout. */
const defaultTimeoutMs = 60_000;

/** What runs: an operation for one input item, or a poll. */
export type Context = IExecuteSingleFunctions | IPollFunctions;

/** One question to the service. */
export interface ServiceCall {
	context: Context;
	/** What goes into every request: the base URL, checked, and timeout, proxy and certificates. */
	connection: DeclarativeRestApiSettings.HttpRequestOptions;
	endpoint: Endpoint;
	values: Values;
	/** How far a longer piece of work got, as a sentence for messages. */
	soFar?: string;
	/** Ends the waiting for a place and between attempts; when the execution is stopped unless given. */
	signal?: AbortSignal;
	/** Called whenever a request has reached the service, or may have. */
	onSent?: () => void;
}

/** Makes the output of an operation for one input item. */
export type Produce = (call: ServiceCall) => Promise<IDataObject[]>;

/**
 * Asks the service, again where that is safe.
 * @param call the question
 * @returns the service's answer, whatever its status
 * @throws NodeApiError when no answer came
 */
export async function exchange(call: ServiceCall): Promise<Answer> {
	const { context, connection, endpoint, values, signal = cancelSignalOf(context) } = call;
	const credentials = await context.getCredentials(credentialName);
	const outcome = await sendWithRetry(
		`${connection.baseURL} ${shortHash(String(credentials.apiKey), 12)}`,
		endpoint,
		signal,
		async () => await send(call, credentials),
	);
	if (outcome.answer) return { ...outcome.answer, tries: outcome.tries };
	const refusal = noAnswer(endpoint, values, outcome.code);
	if (refusal) throw refused(call, refusal);
	const hide = await hidesKey(call);
	throw refused(call, { message: hide(outcome.reason) });
}

interface Sent extends Outcome {
	answer?: Answer;
	/** Why n8n did not send the request, in its words. */
	reason?: string;
}

async function send(call: ServiceCall, credentials: ICredentialDataDecryptedObject): Promise<Sent> {
	const { context, connection, endpoint, values } = call;
	const sent: IDataObject = {};
	for (const [name, value] of Object.entries(values)) {
		sent[endpoint.parameters[name as ParameterName] as string] = value;
	}
	const timeout = connection.timeout ?? defaultTimeoutMs;
	const request = {
		...connection,
		method: endpoint.method,
		url: endpoint.path,
		[endpoint.method === 'GET' ? 'qs' : 'body']: sent,
		headers: { Accept: 'application/json' },
		timeout,
		// Text, so that an empty body, a web page and a cut-off answer can be told apart.
		encoding: 'text',
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
		// A custom header with the key would follow a redirect to another host.
		disableFollowRedirect: true,
	} as IHttpRequestOptions;
	try {
		const response = await withDeadline(timeout * 5, cancelSignalOf(context), async (signal) => {
			// n8n takes these two from here, and would decrypt the credential for every request.
			const requester = Object.create(context, {
				getExecutionCancelSignal: { value: () => signal },
				getCredentials: { value: async () => credentials },
			}) as IExecuteSingleFunctions;
			return (await context.helpers.httpRequestWithAuthentication.call(
				requester,
				credentialName,
				request,
			)) as IN8nHttpFullResponse;
		});
		call.onSent?.();
		const { statusCode: status, headers, body } = response;
		return {
			status,
			headers,
			answer: { status, headers, text: typeof body === 'string' ? body : '' },
		};
	} catch (error) {
		const { message, cause } = error as NodeApiError & { cause?: { code?: string } };
		if (isCutOff(cause?.code) || isTimeout(cause?.code)) call.onSent?.();
		return { code: cause?.code, reason: message };
	}
}

const cancelSignalOf = (context: Context) =>
	'getExecutionCancelSignal' in context ? context.getExecutionCancelSignal() : undefined;

/**
 * Reads an answer.
 * @param call the question it answers
 * @param answer the answer
 * @returns the JSON in it; undefined for an empty body
 * @throws NodeApiError for a status outside 200 to 299, a web page and anything that isn't JSON
 */
export async function read(call: ServiceCall, answer: Answer): Promise<unknown> {
	if (answer.status < 200 || answer.status > 299) {
		const quotable = await keyHidden(call, answer);
		throw refused(call, refusedStatus(call.endpoint, call.values, quotable), answer.status);
	}
	if (answer.text.trim() === '') return undefined;
	try {
		return JSON.parse(answer.text);
	} catch {
		throw await unusable(call, answer);
	}
}

/**
 * The Produce of operations that answer with one campaign or participant.
 * @throws NodeApiError when the answer isn't one JSON object
 */
export const one: Produce = async (call) => [await readOne(call, await exchange(call))];

/**
 * @param call the question
 * @param answer the answer to it
 * @returns the one JSON object in the answer, untouched
 * @throws NodeApiError when there is none
 */
export async function readOne(call: ServiceCall, answer: Answer): Promise<IDataObject> {
	const body = await read(call, answer);
	if (isObject(body)) return body;
	throw await unusable(call, answer);
}

export const isObject = (value: unknown): value is IDataObject =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

/** @returns what to throw for a 200 to 299 answer that isn't what the contract says */
export async function unusable(call: ServiceCall, answer: Answer): Promise<NodeApiError> {
	const quotable = await keyHidden(call, answer);
	return refused(call, unusableAnswer(call.endpoint, call.values, quotable), answer.status);
}
