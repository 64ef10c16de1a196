import type { IDataObject } from 'n8n-workflow';
import type { ApiCall } from '../../api/apiCall';
import { readPage, rowKey, type Page } from '../../api/pagination/page';
import { readList } from '../../api/pagination/readList';
import { defaultPageSize } from '../../api/specification';
import { byJoining } from './compareParticipants';
import type { KnownParticipants } from './knownParticipants';

/** How often the whole list is read even if its newest participants would do, in milliseconds. */
const readAllEveryMs = 3_600_000;

/** Pages to read at the end where participants join. */
const maxPages = 5;

/** What is known about a list since all of it was read. */
interface LastRead {
	/** Participants in the list. */
	count: number;
	/** As the campaign says; another number counts something else, or is ahead of the list. */
	campaignTotal?: number;
	/** The end at which participants join; undefined if the list is in another order. */
	newestAt?: 'front' | 'back';
	/** When all of it was read, in epoch milliseconds. */
	readAt: number;
}

/** Participants to compare with those of the last poll: all, or only new ones. */
export interface Reading extends LastRead {
	rows: IDataObject[];
}

/*
 * Kept in memory: it changes at every poll, and n8n would have to store everything again. After a restart the
 * whole list is read once. A state that another process stored in the meantime shows in `participants`.
 */
const readings = new Map<string, LastRead & { participants: string }>();

function isRecent({ readAt }: LastRead): boolean {
	const ageMs = Date.now() - readAt;
	// A clock that was ahead once must not keep a list from being read.
	return ageMs >= 0 && ageMs < readAllEveryMs;
}

/**
 * @param trigger workflow and node
 * @param reading what a poll has read
 * @param participants what the trigger remembers from now on
 */
export function rememberReading(trigger: string, reading: Reading, participants: string): void {
	for (const [other, last] of readings) if (!isRecent(last)) readings.delete(other);
	const { count, campaignTotal, newestAt, readAt } = reading;
	readings.set(trigger, { count, campaignTotal, newestAt, readAt, participants });
}

/** @returns what is known about the list; undefined if it is time to read all of it */
export function recallReading(trigger: string, participants?: string): LastRead | undefined {
	const last = readings.get(trigger);
	return last && last.participants === participants && isRecent(last) ? last : undefined;
}

/** @returns whether the campaign has as many participants as when its list was read */
export const isUnchanged = (last: LastRead, campaignTotal: number | undefined) =>
	last.count === last.campaignTotal && last.count === campaignTotal;

/**
 * @param call of the campaign's participants
 * @returns all participants
 * @throws NodeApiError if they can't be read
 */
export async function readAllParticipants(call: ApiCall, campaignTotal?: number): Promise<Reading> {
	const rows: IDataObject[] = [];
	for await (const page of readList(call)) for (const row of page) rows.push(row);
	const orders = new Set(rows.slice(1).map((row, index) => byJoining(rows[index], row)));
	const newestAt = orders.has(1) ? 'front' : 'back';
	return {
		rows,
		count: rows.length,
		campaignTotal,
		newestAt: orders.has(1) === orders.has(-1) ? undefined : newestAt,
		readAt: Date.now(),
	};
}

/**
 * Reads the end of the list where participants join, until someone known comes.
 * @param call of the campaign's participants
 * @param known participants of the last poll
 * @param last what is known about the list
 * @param campaignTotal how many participants the campaign says it has
 * @returns the new participants; undefined if only the whole list shows who is new
 * @throws NodeApiError if a page can't be read
 */
export async function readNewcomers(
	call: ApiCall,
	known: KnownParticipants,
	last: LastRead,
	campaignTotal?: number,
): Promise<Reading | undefined> {
	if (last.newestAt === undefined) return undefined;
	const first = await readPage(call, 0, defaultPageSize);
	if (first.rows.length === 0) return undefined;
	const isAtFront = last.newestAt === 'front';
	const start = isAtFront ? 0 : Math.floor((last.count - 1) / first.rows.length);
	const isKnown = (row: IDataObject) => known.isKnown(row);
	const pages: Page[] = [];
	for (let isEnough = false; !isEnough;) {
		if (pages.length === maxPages) return undefined;
		const number = start + pages.length;
		const page = number === 0 ? first : await readPage(call, number, first.pageSize);
		pages.push(page);
		isEnough = page.isLast || (isAtFront && isKnown(page.rows[page.rows.length - 1]));
	}
	const rows = pages.flatMap((page) => page.rows);
	if (!isAtFront) rows.reverse();
	const firstKnown = rows.findIndex(isKnown);
	if (firstKnown < 0 || !rows.slice(firstKnown).every(isKnown)) return undefined;
	// Someone who was pushed onto the next page while others joined is on both.
	const keyed = rows
		.slice(0, firstKnown)
		.map((row) => [rowKey(call.endpoint.rowType, row), row] as const);
	const newcomers = [...new Map(keyed).values()];
	const count = last.count + newcomers.length;
	const total = last.count === last.campaignTotal ? campaignTotal : first.total;
	// Someone of whom only code or email are known has changed the other, or has the same hash as somebody.
	const isSure = newcomers.every((row) => known.isNew(row)) && (total ?? count) === count;
	return isSure ? { ...last, rows: newcomers, count, campaignTotal } : undefined;
}
