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

/**
 * @param text what the service sent; it may repeat the key
 * @param key the key
 * @returns the text with the key hidden, also where JSON or an address writes its characters as codes
 */
export function withoutKey(text: string, key: string): string {
	if (key === '') return text;
	const characters = Array.from(key, (character) => {
		const code = character.charCodeAt(0).toString(16).padStart(4, '0');
		const inJson = JSON.stringify(character).slice(1, -1);
		const ways = [character, inJson, `\\${character}`, `\\u${code}`, `%${code.slice(-2)}`];
		return `(?:${ways.map(literally).join('|')})`;
	});
	return text.replace(new RegExp(characters.join(''), 'gi'), '[API key]');
}

const literally = (text: string) => text.replace(/[^a-z0-9]/gi, (sign) => `\\${sign}`);
