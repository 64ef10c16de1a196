import type { IDataObject } from 'n8n-workflow';
import type { ApiCall } from '../../api/apiCall';
import { readPage, type Page } from '../../lists/page';
import { readList } from '../../lists/readList';
import { defaultPageSize } from '../../api/specification';
import { byJoining } from './compareParticipants';
import type { KnownParticipants } from './knownParticipants';

/** How often the whole list is read even if its newest participants would be enough, in milliseconds. */
const readAllEveryMs = 3_600_000;

/** Pages to read at the end where participants join. */
const maxPages = 5;

/** What is known about a list since the whole list was last read. */
interface LastRead {
	/** Participants in the list. */
	count: number;
	/** The campaign's own number. If it differs, it counts something else, or is ahead of the list. */
	campaignTotal?: number;
	/** The end at which participants join; undefined if the list is in another order. */
	newestAt?: 'front' | 'back';
	/** When the whole list was read; Unix time in milliseconds. */
	readAt: number;
}

/** Participants to compare with those of the last poll: all, only the new ones, or none. */
export interface Reading extends LastRead {
	rows: IDataObject[];
	/** Whether a total confirms that nobody else is in the list. */
	isConfirmed?: boolean;
}

/*
 * Kept in memory: it changes at every poll, and n8n would have to store everything again. After a restart the
 * whole list is read once. If another process has polled in the meantime, `participants` differs.
 */
const readings = new Map<string, Reading & { participants: string }>();

function isRecent({ readAt }: LastRead): boolean {
	const ageMs = Date.now() - readAt;
	// If the clock was ahead once, the list must be read all the same.
	return ageMs >= 0 && ageMs < readAllEveryMs;
}

/**
 * @param trigger the IDs of workflow and node
 * @param reading what a poll has read
 * @param participants as the trigger stores them from now on
 */
export function rememberReading(trigger: string, reading: Reading, participants: string): void {
	for (const [other, last] of readings) if (!isRecent(last)) readings.delete(other);
	readings.set(trigger, { ...reading, rows: [], participants });
}

/** @returns what is known about the list; undefined if it is time to read the whole list */
export function recallReading(trigger: string, participants?: string): LastRead | undefined {
	const last = readings.get(trigger);
	return last && last.participants === participants && isRecent(last) ? last : undefined;
}

/**
 * @param call of the campaign's participants
 * @param known participants of the last poll
 * @param campaignTotal the campaign's own number of participants
 * @param last what is known about the list, if only new participants matter
 * @returns as few participants as possible, including all new ones
 * @throws NodeApiError if they can't be read
 */
export async function readParticipants(
	call: ApiCall,
	known: KnownParticipants,
	campaignTotal?: number,
	last?: LastRead,
): Promise<Reading> {
	if (last && isTotalRight(last) && last.count === campaignTotal) return { ...last, rows: [] };
	const newcomers = last && (await readNewcomers(call, known, campaignTotal, last));
	return newcomers ?? (await readAll(call, campaignTotal));
}

const isTotalRight = ({ count, campaignTotal }: LastRead) => count === campaignTotal;

async function readAll(call: ApiCall, campaignTotal?: number): Promise<Reading> {
	const rows: IDataObject[] = [];
	const pages = readList(call);
	let page = await pages.next();
	for (; !page.done; page = await pages.next()) for (const row of page.value) rows.push(row);
	const orders = new Set(rows.slice(1).map((row, index) => byJoining(rows[index], row)));
	const isOrdered = orders.has(1) !== orders.has(-1);
	const newestAt = orders.has(1) ? 'front' : 'back';
	return {
		rows,
		isConfirmed: page.value,
		count: rows.length,
		campaignTotal,
		newestAt: isOrdered ? newestAt : undefined,
		readAt: Date.now(),
	};
}

/** @returns undefined if only the whole list shows who is new */
async function readNewcomers(
	call: ApiCall,
	known: KnownParticipants,
	campaignTotal: number | undefined,
	last: LastRead,
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

	const newcomers = await known.recognize(rows.slice(0, firstKnown));
	const count = last.count + newcomers.length;
	const total = isTotalRight(last) ? campaignTotal : first.total;
	// Someone who is partly known has changed email or code, or shares a hash with somebody else.
	const isSure = newcomers.every(({ known }) => !known) && (total ?? count) === count;
	return isSure
		? { ...last, rows: newcomers.map(({ row }) => row), count, campaignTotal }
		: undefined;
}

/**
 * @param call of the campaign's participants
 * @returns the first page and the last one or, if its number is unknown, the second
 * @throws NodeApiError if they can't be read
 */
export async function readBothEnds(call: ApiCall): Promise<IDataObject[]> {
	const first = await readPage(call, 0, defaultPageSize);
	if (first.isLast) return first.rows;
	const lastNumber = first.total ? Math.floor((first.total - 1) / first.rows.length) : 1;
	const last = await readPage(call, lastNumber, first.pageSize);
	return [...first.rows, ...last.rows.filter((_, index) => !first.keys.includes(last.keys[index]))];
}
