import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import { keyHeader, keyOf, otherAuthentications } from '../api/authentication';
import { statusMessage } from '../api/errorMessages';
import { join, type ErrorMessage } from '../api/errors';
import { isKeyRefused, isMarkup, isSuccess } from '../api/response';
import { endpoints } from '../api/specification';
import type { Ask } from './credentialTest';

/**
 * Tries the usual ways to send a key that was refused, each once.
 * @param ask asks the service; a success or a 404 proves the key
 * @param fields of the credential, as they were refused
 * @param refusal what is told of that; the service may have said more, for example which plan is needed
 * @returns what to choose, if one of them works; else the refusal, with what to check
 */
export async function findAuthentication(
	ask: Ask,
	fields: ICredentialDataDecryptedObject,
	refusal: ErrorMessage,
): Promise<ErrorMessage> {
	const solution = "Check 'API Key', and that your Referral Rocket plan includes the API.";
	if (keyOf(fields) === '') return { ...refusal, solution };
	for (const { authentication, headerName } of otherAuthentications(fields)) {
		const response = await ask(keyHeader({ ...fields, authentication, headerName }));
		if (response.status === 429) {
			return statusMessage({ endpoint: endpoints.getCampaign, values: {} }, response);
		}
		const isTaken = isSuccess(response) || response.status === 404;
		if (!isTaken || isMarkup(response.text)) continue;
		// Where a request without a key is not refused either, the response proves nothing.
		if (!isKeyRefused(await ask({}))) return { ...refusal, solution };
		return {
			message: 'The API key is right, but Referral Rocket takes it in another way.',
			solution:
				authentication === 'bearer'
					? "Choose Bearer Token in 'Authentication' and save."
					: `Choose Custom Header in 'Authentication', enter ${headerName} in 'Header Name' and save.`,
		};
	}
	const tried =
		"All usual ways to send the key were tried. If Referral Rocket told you another header for it, choose Custom Header in 'Authentication' and enter its name in 'Header Name'.";
	return { ...refusal, solution: join(solution, tried) };
}
