import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import { shortHash } from '../helpers/hash';
import type { ApiCall } from './apiCall';
import { defaultHeaderName, usualAuthentications } from './specification';

/** @returns the key, without the spaces, the quotation marks or the "Bearer" that people copy with it */
export const keyOf = ({ apiKey }: ICredentialDataDecryptedObject): string =>
	String(apiKey ?? '').replace(/^[\s"'“”‘’]*(Bearer\s+["'“”‘’]*)?|[\s"'“”‘’]+$/gi, '');

/** @returns an ID of the account that a call uses: the base URL and a short hash of the key */
export const accountOf = ({
	connection,
	credentials,
}: Pick<ApiCall, 'connection' | 'credentials'>): string =>
	`${connection.baseURL} ${shortHash(keyOf(credentials), 12)}`;

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
 * @returns the usual ways to send a key, except the one selected in the credential
 */
export function otherAuthentications(credentials: ICredentialDataDecryptedObject) {
	const headerOf = (fields: ICredentialDataDecryptedObject) =>
		JSON.stringify(keyHeader(fields)).toLowerCase();
	return usualAuthentications.filter(
		(usual) => headerOf({ ...credentials, ...usual }) !== headerOf(credentials),
	);
}

/**
 * @param text from the service, which may echo the key
 * @param key the key
 * @returns the text with the key hidden, even if the key is JSON- or URL-escaped or its whitespace was altered
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
