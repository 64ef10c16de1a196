import { createHmac, timingSafeEqual } from 'crypto';
import type { IDataObject } from 'n8n-workflow';
import { signatureHeader } from '../../api/specification';

/**
 * The service's two code samples read the secret differently, as text and as hex, so a signature that is
 * right under either reading counts.
 * @param body the body's bytes, as they came
 * @param headers the request's headers, in lower case
 * @param secret the webhook secret of the credential
 * @returns whether the service signed the body
 */
export function verifySignature(body: Buffer, headers: IDataObject, secret: string): boolean {
	const given = headers[signatureHeader];
	if (typeof given !== 'string' || !/^[0-9a-f]{64}$/i.test(given)) return false;
	const keys = [Buffer.from(secret, 'utf8')];
	// Anything else would decode to fewer bytes or none, a key that everyone knows.
	if (/^([0-9a-f]{2})+$/i.test(secret)) keys.push(Buffer.from(secret, 'hex'));
	const signature = Buffer.from(given, 'hex');
	return keys
		.map((key) => timingSafeEqual(createHmac('sha256', key).update(body).digest(), signature))
		.includes(true);
}
