import { createHmac, timingSafeEqual } from 'crypto';
import type { IDataObject } from 'n8n-workflow';
import { shortHash } from './hash';
import { eventNames, signatureHeader, webhookFields } from './service';
import { isObject } from './transport';

/** An event as the service posts it. */
export interface ServiceEvent extends IDataObject {
	eventType: string;
	data: IDataObject;
	/** Epoch milliseconds. */
	createdAt?: number | null;
}

const rememberedEvents = 5000;

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

/** @returns the participant under the names that its fields have everywhere else, and what happened when */
export function participantOf({ eventType, data, createdAt }: ServiceEvent): IDataObject {
	const fields = Object.entries(data).map(([name, value]) => [webhookFields[name] ?? name, value]);
	const time = new Date(typeof createdAt === 'number' ? createdAt : NaN);
	const eventAt = Number.isNaN(time.getTime()) ? null : time.toISOString();
	return { event: eventType, eventAt, ...Object.fromEntries(fields) };
}

/** Events that have arrived; the oldest are forgotten beyond 5,000. */
export interface Memory {
	seen?: string[];
}

/**
 * The service delivers again for days what it thinks did not arrive, and sends no ID of a delivery:
 * what makes an event the same one is its name, its time and whom it is about.
 * @param event the event
 * @param body its bytes, which stand for it when it has no time
 * @returns what is remembered of it, 12 characters
 */
export function identityOf({ eventType, createdAt, data }: ServiceEvent, body: Buffer): string {
	const { campaignId, participantId, email } = data;
	const identity =
		createdAt == null
			? body
			: JSON.stringify([eventType, createdAt, campaignId, participantId, email]);
	return shortHash(identity, 12);
}

/** Remembers an event and returns whether it was remembered already. */
export function isRepeat(identity: string, memory: Memory): boolean {
	const seen = memory.seen ?? [];
	if (seen.includes(identity)) return true;
	memory.seen = [...seen, identity].slice(-rememberedEvents);
	return false;
}

/** Makes an event one that has not arrived, so that it is taken when it comes again. */
export function forget(identity: string, memory: Memory): void {
	memory.seen = memory.seen?.filter((known) => known !== identity);
}
