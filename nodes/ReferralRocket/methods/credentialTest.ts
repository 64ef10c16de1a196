import type {
	ICredentialDataDecryptedObject,
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	INodeCredentialTestResult,
} from 'n8n-workflow';
import { keyHeader, keyOf, withoutKey } from '../api/authentication';
import { validateBaseUrl } from '../api/baseUrl';
import { checkBaseUrl, networkMessage, statusMessage, webPageMessage } from '../api/errorMessages';
import { join, wordsOf, type ErrorMessage } from '../api/errors';
import { networkCode } from '../api/networkErrors';
import { redacted } from '../api/parseResponse';
import { isKeyRefused, isMarkup, isSuccess, type ApiResponse } from '../api/response';
import { endpoints, type Endpoint } from '../api/specification';
import { findAuthentication } from './findAuthentication';

/** Any response about a campaign that can't exist proves the key, so no real campaign is needed. */
export const unknownCampaign = 'n8n-credential-test';
export const unknownPath = '/api/v1/noSuchPath';
const { getCampaign, validateCode } = endpoints;
/** Without the campaign: nobody has chosen it. */
const call = { endpoint: getCampaign, values: {} };

/** Asks about the unknown campaign, with the key in a header or, for an empty one, without it. */
export type Ask = (header: Record<string, string>, endpoint?: Endpoint) => Promise<ApiResponse>;

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
	const fields = credential.data ?? {};
	const { helpers } = this;
	const ask: Ask = async (header, { method, path, parameters } = getCampaign) => {
		const names = Object.values(parameters);
		const { statusCode, headers, body } = await helpers.request({
			method,
			uri: validateBaseUrl(fields.baseUrl) + path,
			qs: Object.fromEntries(names.map((name) => [name, unknownCampaign])),
			headers: { Accept: 'application/json', ...header },
			timeout: 20_000,
			followRedirect: false,
			simple: false,
			resolveWithFullResponse: true,
		});
		const text = typeof body === 'string' ? body : JSON.stringify(body ?? null);
		const redact = (quoted: string) => withoutKey(quoted, keyOf(fields));
		return redacted({ status: statusCode, headers, text, redact });
	};
	try {
		const refusal = await refusalOf(ask, fields);
		if (!refusal) return { status: 'OK', message: 'The key works.' };
		const { message, solution, details } = refusal;
		return { status: 'Error', message: join(message, solution, details) };
	} catch (error) {
		const { message, solution } = networkMessage(call, networkCode(error)) ?? {
			message: wordsOf(error as Error),
		};
		return { status: 'Error', message: join(message, solution) };
	}
}

/** @returns what to change; undefined when the service knows the key */
async function refusalOf(
	ask: Ask,
	fields: ICredentialDataDecryptedObject,
): Promise<ErrorMessage | undefined> {
	const header = keyHeader(fields);
	const response = await ask(header);
	if (isKeyRefused(response)) {
		return await findAuthentication(ask, fields, statusMessage(call, response));
	}
	if (!isSuccess(response) && response.status !== 404) return statusMessage(call, response);
	if (isMarkup(response.text)) return webPageMessage(response);
	if (isSuccess(response)) return undefined;
	const askAbout = async (endpoint: Endpoint) => await ask(header, endpoint);
	if (!(await isEveryPathUnknown(askAbout, response))) return undefined;
	return {
		message: "The address in 'Base URL' responds, but it does not seem to be Referral Rocket.",
		solution: checkBaseUrl,
	};
}

/**
 * Tells another host, which answers alike whatever it is asked for. The service may do so for a campaign
 * and for a path where it is left to Spring, which names the time; then this can't be told.
 * @param ask asks about the unknown campaign
 * @param response to the first request, a 404
 */
export async function isEveryPathUnknown(
	ask: (endpoint: Endpoint) => Promise<Pick<ApiResponse, 'status' | 'text'>>,
	response: Pick<ApiResponse, 'status' | 'text'>,
): Promise<boolean> {
	if (response.text.includes('"timestamp"')) return false;
	if ((await ask(validateCode)).status !== 404) return false;
	const other = await ask({ ...getCampaign, path: unknownPath });
	const withoutPath = ({ text }: Pick<ApiResponse, 'text'>, path: string) =>
		text.replaceAll(path.slice(path.lastIndexOf('/')), '').replace(/\d[\d.:TZ+-]*/g, '');
	return (
		other.status === 404 &&
		withoutPath(other, unknownPath) === withoutPath(response, getCampaign.path)
	);
}
