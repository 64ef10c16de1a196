import type { IDataObject } from 'n8n-workflow';
import type { ApiCall } from '../api/apiCall';
import { readCampaign, totalOf } from '../api/campaign';
import { createApiError } from '../api/errors';
import { maxConcurrentRequests } from '../api/requestQueue';
import { defaultPageSize, endpoints, maxPageSize } from '../api/specification';
import { isSamePage, readPage, type Page } from './page';

/*
 * A list is an iterator that its reader stops when it has enough rows. Every row that is in the list
 * throughout is returned once. If some may be missing, the iterator throws.
 *
 * New rows at the front push others onto later pages. Read one by one, pages then repeat rows, which are
 * skipped. Read at the same time, they can miss rows, but then they overlap: they are read again one by one.
 * A row that is removed pulls others onto pages that were read before, which only a total reveals.
 */

/** Past the end of any list. */
const farPage = 100_000;

/**
 * @param call of the list, without page
 * @param limit how many rows the reader needs at most
 * @returns an iterator of the rows of each page; the last page may exceed the limit. Its return value says whether
 * every known total confirms that nobody is missing
 * @throws NodeApiError if a page can't be read, or if the list ends too early
 */
export async function* readList(
	call: ApiCall,
	limit = Infinity,
): AsyncGenerator<IDataObject[], boolean> {
	const pageSize = Math.min(Number(call.values.pageSize ?? defaultPageSize), limit);
	const first = await startPass(call, limit, pageSize);
	yield* first.read();
	if (first.isComplete) return first.isConfirmed;

	// If pages of another size contain the same rows, the total counts something else as well.
	const halfSize = Math.min(Math.max(Math.ceil(first.rowCount / 2), 1), maxPageSize);
	const second = await startPass(call, limit, halfSize, first.seen);
	yield* second.read(true);
	if (second.isComplete) return second.isConfirmed;
	// A service that ignores `page` also returns the same rows. Two pages with new rows prove that it doesn't; for
	// a single row, an empty third page does.
	const isPaged =
		Math.max(first.pagesWithNewRows, second.pagesWithNewRows) > 1 ||
		(first.rowCount < 2 && (await readPage(call, 2, 1)).rows.length === 0);
	if (isPaged && !second.hasDuplicates && second.hasSameRowsAs(first)) return false;
	throw createIncompleteError(
		call,
		`The list ended after ${first.rowCount} of ${first.total} ${call.endpoint.rowType?.plural}.`,
	);
}

async function startPass(call: ApiCall, limit: number, pageSize: number, earlier?: Set<string>) {
	// The total is requested first: later it may no longer count someone on the first page.
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

/** Reads the list once, from the first page to the end. */
class Pass {
	readonly seen = new Set<string>();
	rowCount = 0;
	pagesWithNewRows = 0;
	hasDuplicates = false;
	private hasEnded = false;
	private latest: Page;
	/** How many of the latest pages contained nothing new. */
	private repeatedPages = 0;
	/** An empty page before this one is not the end. */
	private lastPageWithRows = 0;

	/** @param earlier keys of rows that were already returned */
	constructor(
		private readonly call: ApiCall,
		private readonly limit: number,
		private readonly firstPage: Page,
		private readonly campaignTotal?: number,
		private readonly earlier = new Set<string>(),
	) {
		this.latest = firstPage;
	}

	get total(): number {
		return this.firstPage.total ?? this.campaignTotal ?? 0;
	}

	/** Whether there is a total and no larger one. */
	get isConfirmed(): boolean {
		const totals = [this.firstPage.total, this.campaignTotal].filter((one) => one !== undefined);
		return totals.length > 0 && this.rowCount > 0 && Math.max(...totals) <= this.rowCount;
	}

	get isComplete(): boolean {
		return this.rowCount >= (this.hasEnded ? this.total : this.limit);
	}

	hasSameRowsAs({ seen }: Pass): boolean {
		return seen.size === this.seen.size && [...seen].every((key) => this.seen.has(key));
	}

	/** @param isOneByOne whether no pages are read at the same time */
	async *read(isOneByOne = false): AsyncGenerator<IDataObject[]> {
		const { firstPage } = this;
		yield this.add(firstPage, 0);
		yield* this.readFrom(1, isOneByOne ? Infinity : 1);
		// Without a total, whole pages of new rows leave no trace in pages that are read at the same time. They do
		// push the first row onto a later page.
		if (isOneByOne || !this.hasEnded || firstPage.total !== undefined || this.pagesWithNewRows < 2)
			return;
		if ((await this.readPage(0)).keys.includes(firstPage.keys[0])) return;
		this.hasEnded = false;
		yield* this.readFrom(0, Infinity);
	}

	private async *readFrom(start: number, oneByOneUntil: number): AsyncGenerator<IDataObject[]> {
		for (let number = start; !this.hasEnded && this.rowCount < this.limit;) {
			const count = number < oneByOneUntil ? 1 : this.concurrentPages(number);
			const numbers = Array.from({ length: count }, (_, index) => number + index);
			const pages = await Promise.all(numbers.map(async (each) => await this.readPage(each)));
			const hasGap = pages.some(
				({ rows }, index) => rows.length === 0 && number + index < this.lastPageWithRows,
			);
			if (count > 1 && (hasGap || !this.isConsistent(pages, number))) {
				oneByOneUntil = number + count;
				continue;
			}
			if (hasGap) {
				const details = `Page ${number + 1} was empty, but page ${this.lastPageWithRows + 1} was not.`;
				throw createIncompleteError(this.call, details);
			}
			for (const page of pages) yield this.add(page, number++);
			if (this.repeatedPages === 2 && !this.hasEnded) await this.checkPaging(number);
		}
	}

	private async readPage(number: number): Promise<Page> {
		const { call, firstPage, rowCount } = this;
		const progress = `${rowCount} ${call.endpoint.rowType?.plural} had been read before.`;
		const page = await readPage({ ...call, progress }, number, firstPage.pageSize);
		if (page.rows.length > 0) this.lastPageWithRows = Math.max(this.lastPageWithRows, number);
		return page;
	}

	/** How many pages to read at the same time: none past the limit or the end, as far as that is known. */
	private concurrentPages(number: number): number {
		const { call, campaignTotal, firstPage, latest, limit, rowCount } = this;
		// In an order that the user chose, new rows can appear anywhere, which only the list's own total reveals.
		const isSafe = latest.total !== undefined || call.values.sort === undefined;
		if (!isSafe || this.repeatedPages > 0) return 1;
		const pagesOf = (count: number) => Math.ceil(count / firstPage.rows.length);
		const needed = pagesOf(Math.min(limit, latest.total ?? Infinity) - rowCount);
		// If the end is unknown: one page more than the campaign has, or as many as have been read.
		const expected = Math.max(pagesOf(campaignTotal ?? 0) + 1 - number, number + 1);
		const likely = latest.total === undefined ? expected : needed;
		// A list can go on after as many rows as its total, for example if its order changes.
		return Math.max(Math.min(needed, likely, maxConcurrentRequests), 1);
	}

	/** @returns whether pages that were read at the same time show no sign of a row added or removed meanwhile */
	private isConsistent(pages: Page[], number: number): boolean {
		const others = this.isFirstPageAgain(pages[0], number) ? pages.slice(1) : pages;
		const keys = others.flatMap((page) => page.keys);
		return (
			new Set(keys).size === keys.length &&
			!keys.some((key) => this.seen.has(key)) &&
			others.every(({ total }) => total === this.latest.total)
		);
	}

	/** A service that counts pages from 1 returns its first page for 0 and for 1. */
	private isFirstPageAgain(page: Page, number: number): boolean {
		return number === 1 && isSamePage(page, this.firstPage);
	}

	/** @returns the new rows. If one page contains a row twice, both are kept, as the service sent them. */
	private add(page: Page, number: number): IDataObject[] {
		const isNew = page.keys.map((key) => !this.seen.has(key));
		const hasNewRows = isNew.includes(true);
		this.repeatedPages = hasNewRows ? 0 : this.repeatedPages + 1;
		if (this.isFirstPageAgain(page, number)) return [];
		this.pagesWithNewRows += hasNewRows ? 1 : 0;
		this.hasDuplicates ||= isNew.includes(false);
		this.hasEnded = page.isLast;
		this.latest = page;
		this.rowCount += isNew.filter(Boolean).length;
		for (const key of page.keys) this.seen.add(key);
		return page.rows.filter((_, index) => isNew[index] && !this.earlier.has(page.keys[index]));
	}

	/** Only a page far past the end shows whether the service ignores `page`, or many people have just joined. */
	private async checkPaging(number: number): Promise<void> {
		if ((await this.readPage(number + farPage)).rows.length === 0) return;
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
