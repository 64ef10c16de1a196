import type { ICredentialDataDecryptedObject, IHttpRequestOptions } from 'n8n-workflow';
import { shortHash } from './hash';
import { defaultHeaderName, usualAuthentications } from './specification';

/** @returns the key, without what copying brings along: spaces around it or "Bearer" in front of it */
export const keyOf = ({ apiKey }: ICredentialDataDecryptedObject): string =>
	String(apiKey ?? '')
		.trim()
		.replace(/^Bearer\s+/i, '');

/**
 * @param baseUrl the service's address
 * @param credentials the fields of the Referral Rocket credential
 * @returns what tells accounts apart, with the key in short
 */
export const accountOf = (
	baseUrl: string | undefined,
	credentials: ICredentialDataDecryptedObject,
): string => `${baseUrl} ${shortHash(keyOf(credentials), 12)}`;

/**
 * The header is not documented, so the user can choose it.
 * @param credentials the fields of the Referral Rocket credential
 * @returns the header that carries the key
 */
export function keyHeader(credentials: ICredentialDataDecryptedObject): Record<string, string> {
	const key = keyOf(credentials);
	if (credentials.authentication !== 'header') return { Authorization: `Bearer ${key}` };
	const name = String(credentials.headerName ?? '').trim();
	return { [name || defaultHeaderName]: key };
}

/**
 * @param credentials the fields of the Referral Rocket credential
 * @returns the usual ways to send a key, without the one that is chosen there
 */
export function otherAuthentications(credentials: ICredentialDataDecryptedObject) {
	const headerOf = (fields: ICredentialDataDecryptedObject) =>
		Object.keys(keyHeader(fields))[0].toLowerCase() + Object.values(keyHeader(fields))[0];
	return usualAuthentications.filter(
		(usual) => headerOf({ ...credentials, ...usual }) !== headerOf(credentials),
	);
}

/** @returns the request with the key in it */
export const authenticated = (
	credentials: ICredentialDataDecryptedObject,
	request: IHttpRequestOptions,
): IHttpRequestOptions => ({
	...request,
	headers: { ...request.headers, ...keyHeader(credentials) },
});

/**
 * @param text what the service sent; it may repeat the key
 * @param key the key
 * @returns the text with the key hidden, also where JSON or an address writes its characters as codes,
 * and where the line breaks or spaces within it were lost or changed on the way
 */
export function withoutKey(text: string, key: string): string {
	if (!/[!-~]/.test(key)) return text;
	const space = '(?:\\s|\\\\[nrtbfv]|\\\\u00[012]\\w|%[012]\\w|\\+)*';
	const codes = (character: string) => {
		const code = character.charCodeAt(0).toString(16).padStart(4, '0');
		return `(?:\\\\?\\u${code}|\\\\u${code}|%${code.slice(-2)})`;
	};
	const parts = key.split(/[\s\p{Cc}]+/u).map((part) => part.split('').map(codes).join(''));
	return text.replace(new RegExp(parts.join(space), 'gi'), '[API key]');
}
