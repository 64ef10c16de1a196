import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import { keyHeader, keyOf, otherAuthentications } from '../api/authentication';
import { statusMessage } from '../api/errorMessages';
import { join, type ErrorMessage } from '../api/errors';
import { isNotFound, isWebPage, type ApiResponse } from '../api/response';
import { endpoints, type Endpoint } from '../api/specification';

/** A campaign, an address and a key that can't exist: the test needs no real campaign. */
export const unknownValue = 'n8n-credential-test';

/** Requests the unknown campaign, another endpoint or another campaign, with the key in this header. */
export type Ask = (
	header: Record<string, string>,
	endpoint?: Endpoint,
	value?: string,
) => Promise<ApiResponse>;

/**
 * A response by itself proves nothing: another server, or a public endpoint, may send it to anyone.
 * @param ask sends a request
 * @param fields the fields of the credential
 * @param response to a request with the key of these fields
 * @param endpoint that the response is from
 * @returns whether the response proves that the key is right: an unknown key is refused instead
 */
export async function provesKey(
	ask: Ask,
	fields: ICredentialDataDecryptedObject,
	response: ApiResponse,
	endpoint?: Endpoint,
): Promise<boolean> {
	// The service may not expect an unknown campaign.
	const isUnexpected = [400, 500].includes(response.status) && !isWebPage(response);
	if (!isNotFound(response) && !isUnexpected) return false;
	const { status } = await ask(keyHeader({ ...fields, apiKey: unknownValue }), endpoint);
	return status !== response.status && ((status >= 300 && status <= 403) || status === 500);
}

/**
 * Tries the usual ways to send a key that was refused, each once.
 * @param ask sends a request
 * @param fields the fields of the credential, with the way that was refused
 * @param refusal the message about it; it quotes the service, which may say for example which plan is needed
 * @returns what to choose if one of the ways works; otherwise the refusal, with what to check
 */
export async function findAuthentication(
	ask: Ask,
	fields: ICredentialDataDecryptedObject,
	refusal: ErrorMessage,
): Promise<ErrorMessage> {
	const solution = "Check 'API Key', and that your Referral Rocket plan includes the API.";
	if (keyOf(fields) === '') return { ...refusal, solution };
	for (const { authentication, headerName } of otherAuthentications(fields)) {
		const otherFields = { ...fields, authentication, headerName };
		const response = await ask(keyHeader(otherFields));
		if (response.status === 429) {
			return statusMessage({ endpoint: endpoints.getCampaign, values: {} }, response);
		}
		if (!(await provesKey(ask, otherFields, response))) continue;
		return {
			message: 'The API key is right, but Referral Rocket expects it to be sent differently.',
			solution:
				authentication === 'bearer'
					? "Choose Bearer Token in 'Authentication' and save."
					: `Choose Custom Header in 'Authentication', enter ${headerName} in 'Header Name' and save.`,
		};
	}
	const tried =
		"All usual ways to send the key were tried. If Referral Rocket gave you another header name, choose Custom Header in 'Authentication' and enter it in 'Header Name'.";
	return { ...refusal, solution: join(solution, tried) };
}
