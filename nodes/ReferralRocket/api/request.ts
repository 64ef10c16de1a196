import type {
	IDataObject,
	IExecuteSingleFunctions,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
	NodeApiError,
} from 'n8n-workflow';
import { cancelSignalOf, type ApiCall } from './apiCall';
import { accountOf, keyOf, withoutKey } from './authentication';
import { withDeadline } from '../helpers/deadline';
import { networkMessage, statusMessage, unreadableMessage } from './errorMessages';
import { createApiError } from './errors';
import { mayHaveArrived, networkCode } from './networkErrors';
import { isRow, isSuccess, type ApiResponse } from './response';
import { sendWithRetry, type Attempt } from './retry';
import { credentialName, parametersIn, type ParameterName } from './specification';

/** How long the service may send nothing, unless the user sets Request Options → Timeout. */
const defaultTimeoutMs = 60_000;

/**
 * Calls the service, and retries if that is safe.
 * @returns the response, whatever its status
 * @throws NodeApiError if there was no response
 */
export async function request(call: ApiCall): Promise<ApiResponse> {
	const { context, credentials, endpoint, signal = cancelSignalOf(context) } = call;
	const redact = (text: string) => withoutKey(text, keyOf(credentials));
	const sent = await sendWithRetry(accountOf(call), endpoint, signal, async () => await send(call));
	const { status, headers = {}, text = '', code, reason, attempts } = sent;
	if (status !== undefined) return { status, headers, text, redact, attempts };
	throw createApiError(call, networkMessage(call, code) ?? { message: redact(String(reason)) });
}

interface Sent extends Attempt {
	text?: string;
	/** Why n8n did not send the request, in n8n's words. */
	reason?: string;
}

async function send(call: ApiCall): Promise<Sent> {
	const { context, credentials, connection, endpoint, values } = call;
	const { customFields, ...others } = values;
	const parameters = { ...customFields } as IDataObject;
	for (const [name, value] of Object.entries(others)) {
		parameters[endpoint.parameters[name as ParameterName] as string] = value;
	}
	const timeout = connection.timeout ?? defaultTimeoutMs;
	const options = {
		...connection,
		method: endpoint.method,
		url: endpoint.path,
		[parametersIn(endpoint) === 'query' ? 'qs' : 'body']: parameters,
		headers: { Accept: 'application/json' },
		timeout,
		// Text, to distinguish an empty body, a web page and a truncated response.
		encoding: 'text',
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
		// A custom header with the key would follow a redirect to another host.
		disableFollowRedirect: true,
	} as IHttpRequestOptions;
	try {
		const received = await withDeadline(timeout * 5, cancelSignalOf(context), async (signal) => {
			// n8n reads both from `this`.
			const requester = Object.create(context, {
				getExecutionCancelSignal: { value: () => signal },
				getCredentials: { value: async () => credentials },
			}) as IExecuteSingleFunctions;
			return (await context.helpers.httpRequestWithAuthentication.call(
				requester,
				credentialName,
				options,
			)) as IN8nHttpFullResponse;
		});
		const { statusCode: status, headers, body } = received;
		if (status !== 429) call.onSent?.();
		const text = typeof body === 'string' ? body : '';
		// n8n decompresses a truncated body without complaint, and may find nothing in it.
		if (text === '' && Number(headers['content-length']) > 0) return { code: 'Z_BUF_ERROR' };
		return { status, headers, text };
	} catch (error) {
		const code = networkCode(error);
		if (mayHaveArrived(code)) call.onSent?.();
		return { code, reason: (error as Error).message };
	}
}

/**
 * @param call the response belongs to
 * @param response to the call
 * @returns the JSON in the response; undefined for an empty body
 * @throws NodeApiError for a status outside 200 to 299, a web page and anything that isn't JSON
 */
export function parseResponse(call: ApiCall, response: ApiResponse): unknown {
	if (!isSuccess(response)) {
		throw createApiError(call, statusMessage(call, redacted(response)), response);
	}
	if (response.text.trim() === '') return undefined;
	try {
		return JSON.parse(response.text);
	} catch {
		throw createUnreadableError(call, response);
	}
}

/**
 * @param call of an endpoint that returns one row
 * @param response to the call
 * @returns the campaign or participant in the response, untouched
 * @throws NodeApiError if the response contains anything else
 */
export function parseRow(call: ApiCall, response: ApiResponse): IDataObject {
	const { rowType } = call.endpoint;
	const body = parseResponse(call, response);
	if (rowType && isRow(rowType, body)) return body;
	throw createUnreadableError(call, response);
}

/** @returns the error to throw for a successful response that doesn't match the API's contract */
export const createUnreadableError = (call: ApiCall, response: ApiResponse): NodeApiError =>
	createApiError(call, unreadableMessage(call, redacted(response)), response);

/** @returns the response without the key, so that messages can quote it */
export function redacted(response: ApiResponse): ApiResponse {
	const { text, headers, redact } = response;
	const quotable = Object.entries(headers).map(([name, value]) => [name, redact(String(value))]);
	return { ...response, text: redact(text), headers: Object.fromEntries(quotable) };
}
