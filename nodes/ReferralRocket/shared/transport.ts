import type {
	DeclarativeRestApiSettings,
	IDataObject,
	IExecutePaginationFunctions,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
	INodeExecutionData,
	INodePropertyRouting,
} from 'n8n-workflow';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import { checkedBaseUrl } from './baseUrl';
import type { Values } from './checks';
import { checkedValues, InvalidInput } from './checks';
import type { Answer, Refusal } from './refusals';
import { noAnswer, refusedStatus, unusableAnswer } from './refusals';
import type { Endpoint, ParameterName } from './service';
import { credentialName } from './service';

/** One question to the service, on behalf of one input item. */
export interface ServiceCall {
	context: IExecutePaginationFunctions;
	/** What n8n hands over for every request: base URL, timeout, proxy. */
	connection: DeclarativeRestApiSettings.HttpRequestOptions;
	endpoint: Endpoint;
	values: Values;
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
					// n8n would send the item on too, but without saying which input item it belongs to.
					if (this.continueOnFail()) return [{ json: {}, error: refusal, pairedItem }];
					throw refusal;
				}
			},
		},
	};
}

/** n8n has put the fields into query or body under the service's names; back to ours, checked. */
function valuesOf({ parameters }: Endpoint, sent: IDataObject): Values {
	const names = Object.keys(parameters) as ParameterName[];
	const given = names.map((name) => [name, sent[parameters[name] as string]] as const);
	return checkedValues(Object.fromEntries(given), names);
}

/**
 * Sends one request.
 * @param call the question
 * @returns the service's answer, whatever its status
 * @throws NodeApiError when no answer came
 */
export async function exchange(call: ServiceCall): Promise<Answer> {
	const { context, connection, endpoint, values } = call;
	const sent: IDataObject = {};
	for (const [name, value] of Object.entries(values)) {
		sent[endpoint.parameters[name as ParameterName] as string] = value;
	}
	const baseURL = checkedBaseUrl(connection.baseURL);
	try {
		const response = (await context.helpers.httpRequestWithAuthentication.call(
			context,
			credentialName,
			{
				...connection,
				baseURL,
				url: endpoint.path,
				[endpoint.method === 'GET' ? 'qs' : 'body']: sent,
				headers: { Accept: 'application/json' },
				// Text, so that an empty body, a web page and a cut-off answer can be told apart.
				encoding: 'text',
				returnFullResponse: true,
				ignoreHttpStatusErrors: true,
				// A custom header with the key would follow a redirect to another host.
				disableFollowRedirect: true,
			} as IHttpRequestOptions,
		)) as IN8nHttpFullResponse;
		return {
			status: response.statusCode,
			headers: response.headers,
			text: typeof response.body === 'string' ? response.body : '',
		};
	} catch (error) {
		const { message, cause, description } = error as NodeApiError & { cause?: { code?: string } };
		const refusal = noAnswer(endpoint, values, cause?.code);
		throw await refused(call, refusal ?? { message, description: description ?? undefined });
	}
}

/**
 * Reads an answer.
 * @param call the question it answers
 * @param answer the answer
 * @returns the JSON in it; undefined for an empty body
 * @throws NodeApiError for a status outside 200 to 299, a web page and anything that isn't JSON
 */
export async function read(call: ServiceCall, answer: Answer): Promise<unknown> {
	if (answer.status < 200 || answer.status > 299) {
		throw await refused(call, refusedStatus(call.endpoint, call.values, answer), answer.status);
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
	return await refused(call, unusableAnswer(call.endpoint, call.values, answer), answer.status);
}

/** Made from our words alone: n8n's own exception holds the request with the key in it. */
export async function refused(
	{ context }: ServiceCall,
	refusal: Refusal,
	status?: number,
): Promise<NodeApiError> {
	const { apiKey } = await context.getCredentials(credentialName);
	const withoutKey = (text: string) => text.replaceAll(String(apiKey).trim() || '\0', '[API key]');
	const words = {
		message: withoutKey(refusal.message),
		description: withoutKey(refusal.description ?? ''),
	};
	return new NodeApiError(context.getNode(), words, {
		...words,
		httpCode: status === undefined ? undefined : String(status),
		itemIndex: context.getItemIndex(),
	});
}
