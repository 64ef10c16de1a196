import type { IDataObject } from 'n8n-workflow';
import { checkedLimit } from './checks';
import { requestsInFlight } from './politeness';
import { defaultPageSize } from './service';
import { simplified } from './simplify';
import type { Produce, ServiceCall } from './transport';
import { exchange, isObject, read, refused, unusable } from './transport';

/*
 * Reading a list exactly: every participant who is in it all the while comes out once, none twice.
 * That holds while others join. Who is removed, or moved by the order that was chosen, can hide someone
 * between two pages; only a total shows that.
 *
 * New participants come in at the front and push others onto later pages. Read one page after the
 * other, that can only bring someone twice, and repeats are dropped. Pages read at the same time can
 * miss someone: a page that was answered after a sign-up starts later in the list than one that was
 * answered before it. Such pages overlap with their neighbours, so any repeat, or a changed total,
 * shows it, and those pages are read again one after the other.
 */

/** Far behind the end of any list: a service that has participants there ignores which page is asked. */
const farPage = 100_000;

interface Page {
	rows: IDataObject[];
	/** What makes a participant the same one; in the order of the rows. */
	keys: string[];
	isLast: boolean;
	/** Participants in the whole list, if the service says so. */
	total?: number;
}

/**
 * The Produce of operations that answer with participants.
 * @throws NodeApiError when the list can't be read to its end: part of it is never given as the whole
 */
export const participants: Produce = async (call) => {
	const { context } = call;
	const limit = context.getNodeParameter('returnAll', false)
		? Infinity
		: checkedLimit(context.getNodeParameter('limit', 50));
	return await readList(call, limit, simplified(context));
};

/**
 * @param call the question, without page
 * @param limit how many participants at the most
 * @param keep makes of a participant what is kept of it
 * @returns everyone, once
 * @throws NodeApiError as participants does
 */
export async function readList(
	call: ServiceCall,
	limit: number,
	keep: (participant: IDataObject) => IDataObject,
): Promise<IDataObject[]> {
	const pageSize = Math.min(Number(call.values.pageSize ?? defaultPageSize), limit);
	const seen = new Set<string>();
	const rows: IDataObject[] = [];
	let first: Page | undefined;
	let total: number | undefined;
	let pagesWithoutNews = 0;
	let ended = false;
	let usedParallelPages = false;

	const readPages = async (from: number, count: number) => {
		const soFar = rows.length
			? `${rows.length} participants had been read; none of them are passed on.`
			: undefined;
		const numbers = Array.from({ length: count }, (_, index) => from + index);
		return await Promise.all(
			numbers.map(async (page) => await readPage({ ...call, soFar }, page, pageSize)),
		);
	};

	const take = (page: Page) => {
		const known = seen.size;
		page.rows.forEach((row, index) => {
			if (seen.has(page.keys[index])) return;
			seen.add(page.keys[index]);
			rows.push(keep(row));
		});
		const hasNews = seen.size > known;
		pagesWithoutNews = hasNews ? 0 : pagesWithoutNews + 1;
		ended = page.isLast;
		first ??= page;
		total = page.total;
	};

	/** Pages that were read at the same time fit together if nobody signed up meanwhile. */
	const fit = (pages: Page[]) => {
		const keys = pages.flatMap((page) => page.keys);
		return (
			new Set(keys).size === keys.length &&
			!keys.some((key) => seen.has(key)) &&
			pages.every((page) => page.total === total)
		);
	};

	/** How many pages to read at the same time: none beyond the limit or the end, where it is known. */
	const pagesAhead = (page: number) => {
		// Page 0 tells how many a page really holds, and page 1 whether the service counts from 0 or 1.
		if (first === undefined || page < 2 || pagesWithoutNews > 0) return 1;
		// Sorted by a field of the builder's choice, people come in anywhere, which only a total shows.
		if (total === undefined && call.values.sort !== undefined) return 1;
		const missing = Math.min(limit, total ?? Infinity) - rows.length;
		const needed = Math.max(Math.ceil(missing / first.rows.length), 1);
		// Where the end is not known, no more than have been read, so that few are asked for in vain.
		const ventured = total === undefined ? page : requestsInFlight;
		return Math.min(needed, ventured, requestsInFlight);
	};

	const readOneByOne = async (from: number, to: number) => {
		for (let page = from; page < to && !ended && rows.length < limit; page++) {
			const [next] = await readPages(page, 1);
			take(next);
			// Once is how a service looks that counts its pages from 1.
			if (pagesWithoutNews !== 2 || ended) continue;
			const [far] = await readPages(page + farPage, 1);
			if (far.rows.length > 0) {
				throw incomplete(call, `Every page was the same ${rows.length} participants.`);
			}
		}
	};

	for (let page = 0; !ended && rows.length < limit;) {
		const count = pagesAhead(page);
		const pages = count > 1 ? await readPages(page, count) : [];
		if (count > 1 && fit(pages)) {
			usedParallelPages = true;
			pages.forEach(take);
		} else {
			await readOneByOne(page, page + count);
		}
		page += count;
	}

	// Without totals, a whole page of sign-ups within one batch leaves no repeat. It does leave the
	// participant who was first more than a page behind the front.
	if (ended && usedParallelPages && first?.total === undefined) {
		const [front] = await readPages(0, 1);
		if (!front.keys.includes(String(first?.keys[0]))) {
			ended = false;
			await readOneByOne(0, Infinity);
		}
	}

	const expected = first?.total ?? 0;
	if (ended && rows.length < expected) {
		throw incomplete(call, `The list ended after ${rows.length} of ${expected} participants.`);
	}
	return rows.slice(0, limit);
}

async function readPage(call: ServiceCall, page: number, pageSize: number): Promise<Page> {
	const pageCall = { ...call, values: { ...call.values, page, pageSize } };
	const answer = await exchange(pageCall);
	const body = await read(pageCall, answer);
	const rows = rowsIn(body);
	if (!rows) throw unusable(pageCall, answer);
	const { last, totalElements } = isObject(body) ? body : {};
	return {
		rows,
		keys: rows.map(keyOf),
		isLast: rows.length === 0 || last === true,
		total: typeof totalElements === 'number' ? totalElements : undefined,
	};
}

/** @returns the participants in the body of a page, an empty one included; undefined for anything else */
export function rowsIn(body: unknown): IDataObject[] | undefined {
	const rows = isObject(body) ? body.content : (body ?? []);
	return Array.isArray(rows) && rows.every(isObject) ? rows : undefined;
}

/** A participant is one email in one campaign, and the referral code is unique as well. */
export function keyOf(row: IDataObject): string {
	const { email, referralCode } = row;
	return email === undefined && referralCode === undefined
		? JSON.stringify(row)
		: `${String(email)} ${String(referralCode)}`;
}

function incomplete(call: ServiceCall, description: string) {
	return refused(call, {
		message: `Referral Rocket gave only part of the participants of campaign "${call.values.campaign}", so none are passed on. Run this again; if it stays so, try a smaller Options → Page Size.`,
		description,
	});
}
