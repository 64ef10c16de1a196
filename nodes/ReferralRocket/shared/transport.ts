import type {
	DeclarativeRestApiSettings,
	ICredentialDataDecryptedObject,
	IDataObject,
	IExecutePaginationFunctions,
	IHttpRequestOptions,
	IPollFunctions,
	IN8nHttpFullResponse,
	INodeExecutionData,
	INodePropertyRouting,
} from 'n8n-workflow';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import { withoutKey } from './authentication';
import { checkedBaseUrl } from './baseUrl';
import type { Values } from './checks';
import { checkedValues, InvalidInput } from './checks';
import { shortHash } from './hash';
import type { Outcome } from './politeness';
import { sendWithRetry } from './politeness';
import type { Answer, Refusal } from './refusals';
import { noAnswer, refusedStatus, unusableAnswer } from './refusals';
import type { Endpoint, ParameterName } from './service';
import { credentialName } from './service';

/** How long the service may be silent, in milliseconds, unless the builder sets Request Options → Timeout. */
const defaultTimeout = 60_000;

/** What runs: an operation for one input item, or a poll. */
export type Context = IExecutePaginationFunctions | IPollFunctions;

/** One question to the service. */
export interface ServiceCall {
	context: Context;
	/** What n8n hands over for every request: base URL, timeout, proxy. */
	connection: DeclarativeRestApiSettings.HttpRequestOptions;
	endpoint: Endpoint;
	values: Values;
	/** How far a longer piece of work got, as a sentence for messages. */
	soFar?: string;
}

/** Makes the output of an operation for one input item. */
export type Produce = (call: ServiceCall) => Promise<IDataObject[]>;

/**
 * The routing of an operation. n8n calls the pagination hook once for every input item; the hook
 * owns all that is the same for every operation: checks, the request, messages and paired items.
 * @param endpoint what the operation asks of the service
 * @param produce makes the output items from the checked values
 */
export function routing(endpoint: Endpoint, produce: Produce): INodePropertyRouting {
	return {
		request: { method: endpoint.method, url: endpoint.path },
		send: { paginate: true },
		operations: {
			async pagination(this, { options }) {
				const pairedItem = { item: this.getItemIndex() };
				try {
					const { qs, body, ...connection } = options;
					const values = valuesOf(endpoint, { ...qs, ...(body as IDataObject) });
					const rows = await produce({ context: this, connection, endpoint, values });
					return rows.map((json): INodeExecutionData => ({ json, pairedItem }));
				} catch (error) {
					const refusal =
						error instanceof InvalidInput
							? new NodeOperationError(this.getNode(), error.message, {
									itemIndex: pairedItem.item,
								})
							: (error as NodeApiError);
					const { message, description } = refusal;
					if (this.continueOnFail()) {
						// In this shape n8n puts the fields of the input item beside it in the error output.
						return [{ json: { error: inOne(message, description) }, pairedItem }];
					}
					const { data } = this.getExecuteData();
					if (endpoint.method === 'POST' && (data.main[0]?.length ?? 0) > 1) {
						refusal.description = inOne(description, othersWereSent);
					}
					throw refusal;
				}
			},
		},
	};
}

/** n8n starts all items at once, and none of them comes out when one stops the node. */
const othersWereSent =
	'The other input items were sent all the same: see in Referral Rocket what came of them before you run this again. With Settings → On Error → Continue (using error output) of this node, the outcome of each item comes out.';

const inOne = (...sentences: Array<string | null | undefined>) =>
	sentences.filter(Boolean).join(' ');

/** n8n has put the fields into query or body under the service's names; back to ours, checked. */
function valuesOf({ parameters }: Endpoint, sent: IDataObject): Values {
	const names = Object.keys(parameters) as ParameterName[];
	const given = names.map((name) => [name, sent[parameters[name] as string]] as const);
	return checkedValues(Object.fromEntries(given), names);
}

/**
 * Asks the service, again where that is safe.
 * @param call the question
 * @returns the service's answer, whatever its status
 * @throws NodeApiError when no answer came
 */
export async function exchange(call: ServiceCall): Promise<Answer> {
	const { context, connection, endpoint, values } = call;
	const baseURL = checkedBaseUrl(connection.baseURL);
	const credentials = await context.getCredentials(credentialName);
	const outcome = await sendWithRetry(
		`${baseURL} ${shortHash(String(credentials.apiKey), 12)}`,
		endpoint,
		cancelSignalOf(context),
		async () => await send(call, baseURL, credentials),
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

async function send(
	call: ServiceCall,
	baseURL: string,
	credentials: ICredentialDataDecryptedObject,
): Promise<Sent> {
	const { context, connection, endpoint, values } = call;
	const sent: IDataObject = {};
	for (const [name, value] of Object.entries(values)) {
		sent[endpoint.parameters[name as ParameterName] as string] = value;
	}
	const { timeout } = context.getNodeParameter('requestOptions', {}) as { timeout?: number };
	const longestSilence = timeout || defaultTimeout;
	const request = {
		...connection,
		method: endpoint.method,
		baseURL,
		url: endpoint.path,
		[endpoint.method === 'GET' ? 'qs' : 'body']: sent,
		headers: { Accept: 'application/json' },
		timeout: longestSilence,
		// Text, so that an empty body, a web page and a cut-off answer can be told apart.
		encoding: 'text',
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
		// A custom header with the key would follow a redirect to another host.
		disableFollowRedirect: true,
	} as IHttpRequestOptions;
	try {
		const response = await withDeadline(
			longestSilence * 5,
			cancelSignalOf(context),
			async (signal) =>
				(await context.helpers.httpRequestWithAuthentication.call(
					// n8n takes both from here; the credential would else be decrypted for every request.
					Object.create(context, {
						getExecutionCancelSignal: { value: () => signal },
						getCredentials: { value: async () => credentials },
					}) as IExecutePaginationFunctions,
					credentialName,
					request,
				)) as IN8nHttpFullResponse,
		);
		const { statusCode: status, headers, body } = response;
		return {
			status,
			headers,
			answer: { status, headers, text: typeof body === 'string' ? body : '' },
		};
	} catch (error) {
		const { message, cause } = error as NodeApiError & { cause?: { code?: string } };
		return { code: cause?.code, reason: message };
	}
}

/**
 * n8n's timeout is about silence: a service that goes on sending now and then would never end. The
 * listener on the deadline is what keeps it: AbortSignal.any would leave it to the garbage collector.
 * @param ms milliseconds that the work may take
 * @param cancel ends the work as well
 * @param work ends when the signal that it is given is aborted
 */
async function withDeadline<Result>(
	ms: number,
	cancel: AbortSignal | undefined,
	work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
	const controller = new AbortController();
	const abort = () => controller.abort();
	const signals = cancel ? [AbortSignal.timeout(ms), cancel] : [AbortSignal.timeout(ms)];
	for (const signal of signals) signal.addEventListener('abort', abort);
	try {
		return await work(controller.signal);
	} finally {
		for (const signal of signals) signal.removeEventListener('abort', abort);
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

/**
 * What to throw. Made from our words alone: n8n's own exception holds the request with the key in it.
 * @param call the question
 * @param refusal what the builder reads
 * @param status the status of the answer, if there was one
 */
export function refused(
	{ context, soFar }: ServiceCall,
	{ message, description }: Refusal,
	status?: number,
): NodeApiError {
	const words = {
		message: soFar ? `${message} ${soFar}` : message,
		description: description ?? '',
	};
	return new NodeApiError(context.getNode(), words, {
		...words,
		httpCode: status === undefined ? undefined : String(status),
		itemIndex: 'getItemIndex' in context ? context.getItemIndex() : undefined,
	});
}

/** @returns hides the key in what messages quote, as others may repeat it */
async function hidesKey({ context }: ServiceCall): Promise<(text: unknown) => string> {
	const { apiKey } = await context.getCredentials(credentialName);
	return (text) => withoutKey(String(text), String(apiKey).trim());
}

async function keyHidden(call: ServiceCall, answer: Answer): Promise<Answer> {
	const hide = await hidesKey(call);
	const headers = Object.entries(answer.headers).map(([name, value]) => [name, hide(value)]);
	return { ...answer, text: hide(answer.text), headers: Object.fromEntries(headers) };
}
