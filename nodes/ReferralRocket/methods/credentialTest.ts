import type {
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	INodeCredentialTestResult,
} from 'n8n-workflow';
import { keyHeader } from '../api/authentication';
import { checkedBaseUrl } from '../api/baseUrl';
import { isMarkup, noAnswer, refusedStatus, webPage } from '../api/errorMessages';
import { endpoints } from '../api/specification';

/** Any answer about a campaign that can't exist proves the key, so no real campaign is needed. */
export const unknownCampaign = 'n8n-credential-test';
const values = { campaign: unknownCampaign };
const endpoint = endpoints.getCampaign;

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
	const no = (message: string) => ({ status: 'Error' as const, message });
	const { helpers } = this;
	try {
		const response = await helpers.request({
			method: endpoint.method,
			uri: checkedBaseUrl(credential.data?.baseUrl) + endpoint.path,
			qs: { [endpoint.parameters.campaign]: values.campaign },
			headers: { Accept: 'application/json', ...keyHeader(credential.data ?? {}) },
			timeout: 20_000,
			followRedirect: false,
			simple: false,
			resolveWithFullResponse: true,
		});
		const { body } = response;
		const text = typeof body === 'string' ? body : JSON.stringify(body ?? null);
		const answer = { status: response.statusCode, headers: response.headers, text };
		const isAnswered = (answer.status >= 200 && answer.status <= 299) || answer.status === 404;
		if (!isAnswered) return no(refusedStatus(endpoint, values, answer).message);
		if (isMarkup(text)) return no(webPage(answer).message);
		return { status: 'OK', message: 'The key works.' };
	} catch (error) {
		const code = (error as { code?: string; cause?: { code?: string } }).code;
		return no(noAnswer(endpoint, values, code)?.message ?? (error as Error).message);
	}
}
