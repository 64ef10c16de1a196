import { createHmac, timingSafeEqual } from 'crypto';
import type { IDataObject } from 'n8n-workflow';
import { signatureHeader } from '../../api/specification';

/**
 * The service's two code samples read the secret differently, as text and as hex, so a signature that is valid under
 * either reading is accepted.
 * @param body the bytes of the body, unchanged
 * @param headers the request's headers, in lower case
 * @param secrets the webhook secrets of the credential
 * @returns whether the service signed the body
 */
export function verifySignature(body: Buffer, headers: IDataObject, secrets: string[]): boolean {
	const header = headers[signatureHeader];
	if (typeof header !== 'string' || !/^[0-9a-f]{64}$/i.test(header)) return false;
	const keys = secrets.map((secret) => Buffer.from(secret, 'utf8'));
	// Anything else would decode to a short or empty key, which anyone can guess.
	const hexSecrets = secrets.filter((secret) => /^([0-9a-f]{2})+$/i.test(secret));
	keys.push(...hexSecrets.map((secret) => Buffer.from(secret, 'hex')));
	const signature = Buffer.from(header, 'hex');
	// All keys are tried, so that the time it takes reveals nothing about them.
	return keys
		.map((key) => timingSafeEqual(createHmac('sha256', key).update(body).digest(), signature))
		.includes(true);
}
