import type { IDataObject } from 'n8n-workflow';
import { shortHash } from '../../helpers/hash';
import { isObject } from '../../api/response';
import { changedByPayout, eventNames, rewards, webhookFields } from '../../api/specification';
import { titleOf } from '../../helpers/titles';
import { keyLength } from './seenEvents';

/** An event, as the service sends it. */
export interface ServiceEvent extends IDataObject {
	eventType: string;
	data: IDataObject;
	/** Unix time in milliseconds. */
	createdAt?: number | null;
	/** The same time, or perhaps that of this delivery. */
	updatedAt?: number | null;
}

/** @returns the event in a request body; undefined if the body isn't one */
export function parseEvent(body: Buffer): ServiceEvent | undefined {
	try {
		const event: unknown = JSON.parse(body.toString('utf8'));
		const isEvent = isObject(event) && typeof event.eventType === 'string' && isObject(event.data);
		return isEvent ? (event as ServiceEvent) : undefined;
	} catch {
		return undefined;
	}
}

/** @returns whether the user has selected the event */
export const isSelected = ({ eventType }: ServiceEvent, selected: string[]) =>
	selected.some((name) => eventNames[name]?.test(eventType));

/** @returns the option of 'Trigger On' for this event, for example Reward Unlocked; undefined if unknown */
export function optionFor({ eventType }: ServiceEvent): string | undefined {
	const found = Object.keys(eventNames).find(
		(name) => name !== 'any' && eventNames[name].test(eventType),
	);
	return found && titleOf(found);
}

/** @returns the participant, with the field names of the REST API */
export const participantOf = ({ data }: ServiceEvent): IDataObject =>
	Object.fromEntries(
		Object.entries(data).map(([name, value]) => [webhookFields[name] ?? name, value]),
	);

/** Whether a value is a Unix time in milliseconds. In seconds, it would be a day in 1970. */
const isTime = (value: unknown): value is number =>
	typeof value === 'number' && value > 1e12 && value < 8e15;

/** @returns the time of an event, in ISO 8601; null if the event has none in milliseconds */
export const eventTime = ({ createdAt }: ServiceEvent): string | null =>
	isTime(createdAt) ? new Date(createdAt).toISOString() : null;

/** @returns the later of an event's two times, in Unix milliseconds; undefined if it has none */
export const latestTime = ({ createdAt, updatedAt }: ServiceEvent): number | undefined =>
	[createdAt, updatedAt].filter(isTime).sort().at(-1);

/**
 * The service sends no event ID, and may fill in current values when it delivers an event again. An event is
 * identified by its name, its time, its participant and, unless the participant is new, what they have earned. If
 * one of these is missing, by all of its data.
 * @returns the key by which an event is remembered
 */
export function dedupeKey(event: ServiceEvent): string {
	const { eventType, createdAt, data } = event;
	const participant = data.participantId || data.email || data.code;
	const isKnown = isTime(createdAt) && participant;
	const isCreated =
		eventNames.referrerCreated.test(eventType) || eventNames.refereeCreated.test(eventType);
	const subject = isKnown ? [data.campaignId, participant, !isCreated && earningsIn(data)] : data;
	return shortHash(JSON.stringify([eventType, createdAt, subject]), keyLength);
}

/** @returns the fields about rewards, without those that change when a reward is paid out */
function earningsIn(data: IDataObject) {
	const isTotalKnown = rewards.some(({ earned }) => typeof data[earned] === 'number');
	return Object.entries(data).filter(
		([name]) => /reward/i.test(name) && !(isTotalKnown && changedByPayout.test(name)),
	);
}
