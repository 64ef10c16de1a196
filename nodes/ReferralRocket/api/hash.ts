import { createHash } from 'crypto';

/**
 * What a participant or an event is remembered by.
 * @param content what it is
 * @param length how many characters to keep, of six bits each
 */
export const shortHash = (content: string, length: number) =>
	createHash('sha256').update(content).digest('base64').slice(0, length);
