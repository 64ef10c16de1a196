import type { IDataObject } from 'n8n-workflow';
import type { ApiCall } from '../apiCall';
import { readCampaign, totalOf } from '../campaign';
import { createApiError } from '../errors';
import { maxConcurrentRequests } from '../requestQueue';
import { defaultPageSize, endpoints, maxPageSize } from '../specification';
import { isSamePage, readPage, type Page } from './page';

/*
 * A list is an iterator that its reader stops when it has enough rows. Every row that is in the list all
 * the time is returned once, and part of a list is never taken for the whole: then the iterator throws.
 *
 * New rows at the front push others onto later pages. Read one by one, pages then repeat rows, which are
 * skipped. Pages that are read at the same time can miss a row; as they overlap with others then, or
 * the total changes, they are read again one by one.
 *
 * A row that is removed pulls others onto earlier pages. Only a total reveals that, so a list with fewer rows
 * is read again. If that returns the same rows, the total counts something else as well.
 */

/** Past the end of any list. */
const farPage = 100_000;

/**
 * @param call of the list, without page
 * @param limit how many rows the reader wants at most
 * @returns an iterator of the rows of each page; the last of them may exceed the limit
 * @throws NodeApiError if a page can't be read, or if the list ends too early
 */
export async function* readList(call: ApiCall, limit = Infinity): AsyncGenerator<IDataObject[]> {
	const pageSize = Math.min(Number(call.values.pageSize ?? defaultPageSize), limit);
	const first = await startPass(call, limit, pageSize);
	yield* first.read();
	if (first.isComplete) return;

	const halfSize = Math.min(Math.max(Math.ceil(first.rowCount / 2), 1), maxPageSize);
	const second = await startPass(call, limit, halfSize, first.seen);
	yield* second.read(true);
	if (second.isComplete) return;
	// Two pages prove that the service honors paging. The only row of a list can't fill two, but leaves the third empty.
	const isPaged =
		Math.max(first.pagesWithNewRows, second.pagesWithNewRows) > 1 ||
		(first.rowCount < 2 && (await readPage(call, 2, 1)).rows.length === 0);
	const isSame = first.seen.size === second.seen.size && !second.hasNewRows;
	if (isPaged && isSame && !second.hasDuplicates) return;
	throw createIncompleteError(
		call,
		`The list ended after ${first.rowCount} of ${first.total} ${call.endpoint.rowType?.plural}.`,
	);
}

async function startPass(call: ApiCall, limit: number, pageSize: number, earlier?: Set<string>) {
	// The total is requested first: later it may no longer count someone whom the first page has.
	const [campaignTotal, page] = await Promise.all([
		limit === Infinity ? campaignTotalOf(call) : undefined,
		readPage(call, 0, pageSize),
	]);
	return new Pass(call, limit, page, campaignTotal, earlier);
}

/** The total helps, but the list can be read without it. */
async function campaignTotalOf(call: ApiCall): Promise<number | undefined> {
	if (call.endpoint.path !== endpoints.getAllParticipants.path) return undefined;
	return await readCampaign(call).then(totalOf, () => undefined);
}

/** Reading the list once, from the first page to the end. */
class Pass {
	readonly seen = new Set<string>();
	rowCount = 0;
	pagesWithNewRows = 0;
	hasDuplicates = false;
	/** Whether there were rows that an earlier pass had not returned. */
	hasNewRows = false;
	private hasEnded = false;
	private isNotFound = false;
	private currentTotal?: number;
	/** How many of the latest pages brought nothing new. */
	private repeatedPages = 0;

	constructor(
		private readonly call: ApiCall,
		private readonly limit: number,
		private readonly firstPage: Page,
		private readonly campaignTotal: number | undefined,
		private readonly earlier = new Set<string>(),
	) {}

	get total(): number {
		return this.firstPage.total ?? this.campaignTotal ?? 0;
	}

	get isComplete(): boolean {
		return this.rowCount >= (this.hasEnded ? this.total : this.limit);
	}

	/** @returns the rows of each page that neither this pass nor an earlier one has returned */
	async *read(isOneByOne = false): AsyncGenerator<IDataObject[]> {
		yield this.add(this.firstPage, 0);
		yield* this.readFrom(1, isOneByOne ? Infinity : 1);
		const { firstPage, hasEnded, pagesWithNewRows } = this;
		if (isOneByOne || !hasEnded || firstPage.total !== undefined) return;
		if (pagesWithNewRows < 2 && !this.isNotFound) return;
		// Without totals, a whole page of sign-ups during one batch leaves no duplicate. It does leave the first
		// row on a later page. If a page was not found, this also finds out whether the list still exists.
		const front = await this.readPage(0);
		if (front.keys.includes(firstPage.keys[0])) return;
		this.hasEnded = false;
		yield* this.readFrom(0, Infinity);
	}

	private async *readFrom(start: number, oneByOneUntil: number): AsyncGenerator<IDataObject[]> {
		for (let number = start; !this.hasEnded && this.rowCount < this.limit;) {
			const count = number < oneByOneUntil ? 1 : this.concurrentPages(number);
			const numbers = Array.from({ length: count }, (_, index) => number + index);
			const pages = await Promise.all(numbers.map(async (one) => await this.readPage(one)));
			if (count > 1 && !this.isConsistent(pages, number)) {
				oneByOneUntil = number + count;
				continue;
			}
			for (const page of pages) yield this.add(page, number++);
			if (this.repeatedPages === 2) await this.checkPaging(number);
		}
	}

	private async readPage(number: number): Promise<Page> {
		const { call, firstPage, rowCount } = this;
		const progress = `${rowCount} ${call.endpoint.rowType?.plural} had been read before.`;
		return await readPage({ ...call, progress }, number, firstPage.pageSize);
	}

	/** How many pages to read at the same time: none past the limit or the end, if that is known. */
	private concurrentPages(number: number): number {
		const { call, campaignTotal, currentTotal: total, firstPage } = this;
		// In an order that the user chose, new rows can come in anywhere, which only a total reveals.
		const isSafe = total !== undefined || call.values.sort === undefined;
		if (!isSafe || this.repeatedPages > 0) return 1;
		const rowsPerPage = firstPage.rows.length;
		const missing = Math.min(this.limit, total ?? Infinity) - this.rowCount;
		const needed = Math.max(Math.ceil(missing / rowsPerPage), 1);
		// If the end is unknown: one page more than the campaign has, or as many as have been read.
		const expected = Math.ceil((campaignTotal ?? 0) / rowsPerPage) + 1 - number;
		const likely = total === undefined ? Math.max(expected, number + 1) : needed;
		return Math.min(needed, likely, maxConcurrentRequests);
	}

	/** Nothing was added while pages were read at the same time if none overlap and nothing follows the end. */
	private isConsistent(pages: Page[], number: number): boolean {
		const others = this.isFirstPageAgain(pages[0], number) ? pages.slice(1) : pages;
		const end = others.findIndex(({ isLast }) => isLast);
		const inList = end === -1 ? others : others.slice(0, end + 1);
		const keys = others.flatMap((page) => page.keys);
		return (
			new Set(keys).size === keys.length &&
			!keys.some((key) => this.seen.has(key)) &&
			inList.every(({ total }) => total === this.currentTotal) &&
			others.slice(inList.length).every(({ rows }) => rows.length === 0)
		);
	}

	/** A service that counts pages from 1 returns its first page for 0 and for 1. */
	private isFirstPageAgain(page: Page, number: number): boolean {
		return number === 1 && isSamePage(page, this.firstPage);
	}

	private add(page: Page, number: number): IDataObject[] {
		// Rows that a page itself repeats are the service's own.
		const isNew = page.keys.map((key) => !this.seen.has(key));
		if (isNew.includes(true)) {
			this.pagesWithNewRows++;
			this.repeatedPages = 0;
		} else {
			this.repeatedPages++;
		}
		if (this.isFirstPageAgain(page, number)) return [];
		this.hasDuplicates ||= isNew.includes(false);
		this.hasEnded = page.isLast;
		this.isNotFound = page.isNotFound === true;
		this.currentTotal = page.total;
		const rows = page.rows.filter((_, index) => isNew[index]);
		this.rowCount += rows.length;
		for (const key of page.keys) this.seen.add(key);
		const newRows = page.rows.filter(
			(_, index) => isNew[index] && !this.earlier.has(page.keys[index]),
		);
		this.hasNewRows ||= newRows.length > 0;
		return newRows;
	}

	/** Only a page far past the end tells a service that ignores `page` from one where many have signed up. */
	private async checkPaging(number: number): Promise<void> {
		if (this.hasEnded || (await this.readPage(number + farPage)).rows.length === 0) return;
		const { call, campaignTotal, firstPage, rowCount } = this;
		// More rows than requested, or as many as the campaign has, are the whole list.
		this.hasEnded = rowCount > firstPage.pageSize || rowCount === campaignTotal;
		if (this.hasEnded) return;
		const rows = `${rowCount} ${call.endpoint.rowType?.plural}`;
		throw createIncompleteError(call, `Every page was the same ${rows}.`);
	}
}

const createIncompleteError = (call: ApiCall, details: string) =>
	createApiError(call, {
		message: `Referral Rocket returned only part of the ${call.endpoint.rowType?.plural} of campaign "${call.values.campaign}", so none are returned.`,
		solution: "Run this again. If it happens again, try a smaller 'Page Size' in 'Options'.",
		details,
	});
