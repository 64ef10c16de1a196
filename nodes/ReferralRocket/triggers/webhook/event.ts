import type { IDataObject } from 'n8n-workflow';
import { shortHash } from '../../api/hash';
import { isObject } from '../../api/response';
import { eventNames, webhookFields } from '../../api/specification';
import { titleOf } from '../../parameters/titles';
import { keyLength } from './seenEvents';

/** An event as the service posts it. */
export interface ServiceEvent extends IDataObject {
	eventType: string;
	data: IDataObject;
	/** Epoch milliseconds. */
	createdAt?: number | null;
}

/** @returns the event in a body; undefined for anything else */
export function parseEvent(body: Buffer): ServiceEvent | undefined {
	try {
		const event: unknown = JSON.parse(body.toString('utf8'));
		const isEvent = isObject(event) && typeof event.eventType === 'string' && isObject(event.data);
		return isEvent ? (event as ServiceEvent) : undefined;
	} catch {
		return undefined;
	}
}

/** @returns whether the event is one of those that the user has selected */
export const isSelected = ({ eventType }: ServiceEvent, selected: string[]) =>
	selected.some((name) => eventNames[name]?.test(eventType));

/** @returns how the user selects an event of this name alone, for example Reward Unlocked; undefined for an unknown one */
export function optionFor({ eventType }: ServiceEvent): string | undefined {
	const found = Object.keys(eventNames).find(
		(name) => name !== 'any' && eventNames[name].test(eventType),
	);
	return found && titleOf(found);
}

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
