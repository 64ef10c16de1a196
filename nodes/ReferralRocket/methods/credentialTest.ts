import type {
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	INodeCredentialTestResult,
} from 'n8n-workflow';
import { keyHeader, keyOf, withoutKey } from '../api/authentication';
import { validateBaseUrl } from '../api/baseUrl';
import { networkMessage, statusMessage, webPageMessage } from '../api/errorMessages';
import { join, type ErrorMessage } from '../api/errors';
import { isMarkup, isSuccess } from '../api/response';
import { endpoints } from '../api/specification';

/** Any response about a campaign that can't exist proves the key, so no real campaign is needed. */
export const unknownCampaign = 'n8n-credential-test';
const endpoint = endpoints.getCampaign;
/** Without the campaign: nobody has chosen it. */
const call = { endpoint, values: {} };

/**
 * Tests a credential. A declarative test can't do this: n8n 1.x has no way to accept a 404 and
 * still refuse a 401.
 * @param credential the Referral Rocket credential
 * @returns OK when the service knows the key; else what to change
 */
export async function testCredential(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	const failure = ({ message, solution }: ErrorMessage) => ({
		status: 'Error' as const,
		message: join(message, solution),
	});
	const { helpers } = this;
	try {
		const {
			statusCode: status,
			headers,
			body,
		} = await helpers.request({
			method: endpoint.method,
			uri: validateBaseUrl(credential.data?.baseUrl) + endpoint.path,
			qs: { [endpoint.parameters.campaign]: unknownCampaign },
			headers: { Accept: 'application/json', ...keyHeader(credential.data ?? {}) },
			timeout: 20_000,
			followRedirect: false,
			simple: false,
			resolveWithFullResponse: true,
		});
		const text = typeof body === 'string' ? body : JSON.stringify(body ?? null);
		const redact = (quoted: string) => withoutKey(quoted, keyOf(credential.data ?? {}));
		const response = { status, headers, text, redact };
		if (!isSuccess(response) && status !== 404) return failure(statusMessage(call, response));
		if (isMarkup(text)) return failure(webPageMessage(response));
		return { status: 'OK', message: 'The key works.' };
	} catch (error) {
		const code = (error as { code?: string; cause?: { code?: string } }).code;
		return failure(networkMessage(call, code) ?? { message: (error as Error).message });
	}
}
