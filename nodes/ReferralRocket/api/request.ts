import type {
	IDataObject,
	IExecuteSingleFunctions,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
} from 'n8n-workflow';
import { cancelSignalOf, type ApiCall } from './apiCall';
import { accountOf, keyOf, withoutKey } from './authentication';
import { withDeadline } from '../helpers/deadline';
import { networkMessage } from './errorMessages';
import { createApiError } from './errors';
import { mayHaveArrived, networkCode } from './networkErrors';
import type { Attempt } from './retry';
import { sendWithRetry } from './retry';
import type { ParameterName } from './specification';
import { credentialName, parametersIn } from './specification';
import type { ApiResponse } from './response';

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
	const { response, code, reason, attempts } = await sendWithRetry(
		accountOf(call),
		endpoint,
		signal,
		async () => await send(call),
	);
	if (response) return { ...response, redact, attempts };
	throw createApiError(call, networkMessage(call, code) ?? { message: redact(String(reason)) });
}

interface Sent extends Attempt {
	response?: Pick<ApiResponse, 'status' | 'headers' | 'text'>;
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
		return { status, headers, response: { status, headers, text } };
	} catch (error) {
		const code = networkCode(error);
		if (mayHaveArrived(code)) call.onSent?.();
		return { code, reason: (error as Error).message };
	}
}
