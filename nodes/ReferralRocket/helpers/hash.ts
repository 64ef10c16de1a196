import { createHash } from 'crypto';

/**
 * @param content of any length
 * @param length of the hash, in characters of six bits each
 * @returns a short fingerprint of the content
 */
export const shortHash = (content: string, length: number) =>
	createHash('sha256').update(content).digest('base64').slice(0, length);
