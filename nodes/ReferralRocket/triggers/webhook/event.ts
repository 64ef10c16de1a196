import { createHmac, timingSafeEqual } from 'crypto';
import type { IDataObject } from 'n8n-workflow';
import { shortHash } from '../../api/hash';
import { keyLength } from './seenEvents';
import { eventNames, signatureHeader, webhookFields } from '../../api/specification';
import { isObject } from '../../api/request';

/** An event as the service posts it. */
export interface ServiceEvent extends IDataObject {
	eventType: string;
	data: IDataObject;
	/** Epoch milliseconds. */
	createdAt?: number | null;
}

/**
 * Whether the service signed a body. Its two code samples read the secret differently, as text and as
 * hex, so a signature that is right under either reading counts.
 * @param body the body's bytes, as they came
 * @param headers the request's headers, in lower case
 * @param secret the webhook secret of the credential
 */
export function isSigned(body: Buffer, headers: IDataObject, secret: string): boolean {
	const given = headers[signatureHeader];
	if (typeof given !== 'string' || !/^[0-9a-f]{64}$/i.test(given)) return false;
	const readings = [Buffer.from(secret, 'utf8')];
	// Anything else would decode to fewer bytes or none, a key that everyone knows.
	if (/^([0-9a-f]{2})+$/i.test(secret)) readings.push(Buffer.from(secret, 'hex'));
	const signature = Buffer.from(given, 'hex');
	return readings
		.map((key) => timingSafeEqual(createHmac('sha256', key).update(body).digest(), signature))
		.includes(true);
}

/** @returns the event in a body; undefined for anything else */
export function eventIn(body: Buffer): ServiceEvent | undefined {
	try {
		const event: unknown = JSON.parse(body.toString('utf8'));
		const isEvent = isObject(event) && typeof event.eventType === 'string' && isObject(event.data);
		return isEvent ? (event as ServiceEvent) : undefined;
	} catch {
		return undefined;
	}
}

/** @returns whether the builder has ticked a box that the event belongs to */
export const isWanted = ({ eventType }: ServiceEvent, ticked: string[]) =>
	ticked.some((box) => eventNames[box]?.test(eventType));

/** @returns the participant under the names that its fields have everywhere else */
export const participantOf = ({ data }: ServiceEvent): IDataObject =>
	Object.fromEntries(
		Object.entries(data).map(([name, value]) => [webhookFields[name] ?? name, value]),
	);

/** @returns when an event happened, as text; null where the service does not say so in milliseconds */
export function eventTime({ createdAt }: ServiceEvent): string | null {
	const time = new Date(typeof createdAt === 'number' ? createdAt : NaN);
	return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

/**
 * The service sends no ID of an event or of a delivery: what makes an event the same one is its name,
 * its time and all its data. The time of a delivery, updatedAt, may differ.
 * @returns what is remembered of an event
 */
export const dedupeKey = ({ eventType, createdAt, data }: ServiceEvent): string =>
	shortHash(JSON.stringify([eventType, createdAt, data]), keyLength);
