import type { ICredentialDataDecryptedObject, IHttpRequestOptions } from 'n8n-workflow';
import { defaultHeaderName } from './service';

/**
 * The header is not documented, so the builder can choose it.
 * @param credentials the fields of the Referral Rocket credential
 * @returns the header that carries the key; spaces around the key, as copying brings them, are left out
 */
export function keyHeader(credentials: ICredentialDataDecryptedObject): Record<string, string> {
	const key = String(credentials.apiKey ?? '').trim();
	if (credentials.authentication !== 'header') return { Authorization: `Bearer ${key}` };
	const name = String(credentials.headerName ?? '').trim();
	return { [name || defaultHeaderName]: key };
}

/** @returns the request with the key in it */
export const authenticated = (
	credentials: ICredentialDataDecryptedObject,
	request: IHttpRequestOptions,
): IHttpRequestOptions => ({
	...request,
	headers: { ...request.headers, ...keyHeader(credentials) },
});
