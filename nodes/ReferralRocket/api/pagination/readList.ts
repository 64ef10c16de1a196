import type { IDataObject } from 'n8n-workflow';
import { readCampaignTotal } from '../campaign';
import { createApiError } from '../errors';
import { maxConcurrentRequests } from '../requestQueue';
import { defaultPageSize, endpoints, maxPageSize } from '../specification';
import type { ApiCall } from '../apiCall';
import { ListProgress } from './listProgress';
import { isSamePage, readPage } from './page';

/*
 * Reading a list exactly: every participant who is in it all the while comes out once, none twice.
 * That holds while others join. Who is removed, or moved by the order that was chosen, can hide someone
 * between two pages; only a total shows that.
 *
 * New participants come in at the front and push others onto later pages. Read one page after the
 * other, that can only bring someone twice, and duplicates are dropped. Pages read at the same time can
 * miss someone: a page that was answered after a sign-up starts later in the list than one that was
 * answered before it. Such pages overlap with their neighbours, so any duplicate, or a changed total,
 * shows it, and those pages are read again one after the other.
 *
 * A list that has fewer than the total, or duplicates that no sign-up explains, is read a second time,
 * in pages of another size. If that brings the same people, it is the total that counts others as well.
 */

/** Far behind the end of any list: a service that has participants there ignores which page is asked. */
const pageBehindAnyEnd = 100_000;

/** How a list is read. */
interface Plan {
	call: ApiCall;
	pageSize: number;
	limit: number;
	/** Participants in the campaign, if it is read whole and the campaign says so. */
	campaignTotal?: number;
	beforeReading?: () => Promise<void>;
}

/**
 * @param call of the list, without page
 * @param limit how many participants at the most
 * @param transform makes of a participant what is kept of it
 * @param beforeReading is waited for before each page, or pages that are read at the same time
 * @returns everyone, once
 * @throws NodeApiError when the list can't be read to its end: part of it is never given as the whole
 */
export async function readList(
	call: ApiCall,
	limit: number,
	transform: (participant: IDataObject) => IDataObject,
	beforeReading?: () => Promise<void>,
): Promise<IDataObject[]> {
	const pageSize = Math.min(Number(call.values.pageSize ?? defaultPageSize), limit);
	const first = new ListProgress(transform);
	const [campaignTotal] = await Promise.all([
		limit === Infinity ? campaignTotalOf(call) : undefined,
		readSequentially({ call, pageSize, limit, beforeReading }, first, 0, 1),
	]);
	const plan = { call, pageSize, limit, campaignTotal, beforeReading };
	await readRemainingPages(plan, first);
	if (isComplete(plan, first)) return first.rows.slice(0, limit);

	const second = new ListProgress(transform);
	const secondPlan = { ...plan, pageSize: otherPageSize(plan, first) };
	if (limit === Infinity) secondPlan.campaignTotal = await campaignTotalOf(call);
	await readSequentially(secondPlan, second, 0, Infinity);
	// More than one page proves that the service honours paging; otherwise an empty third page of one does.
	const isPaged =
		Math.max(first.pagesWithNewRows, second.pagesWithNewRows) > 1 ||
		(first.rows.length < 2 && (await readPage(call, 2, 1)).rows.length === 0);
	const isConfirmed = isPaged && !second.hasDuplicates && second.hasSameParticipants(first);
	if (!isConfirmed && !isComplete(secondPlan, second)) {
		throw createIncompleteError(call, incompleteReason(plan, first));
	}
	return second.rows.slice(0, limit);
}

/** All on one page, where nobody can slip through, if there were several; else more than one. */
function otherPageSize(plan: Plan, progress: ListProgress): number {
	const { rows, pagesWithNewRows } = progress;
	if (pagesWithNewRows <= 1) return Math.max(Math.floor(rows.length / 2), 1);
	return Math.min(Math.max(expectedTotal(plan, progress), rows.length) + 1, maxPageSize);
}

/** The number of participants is a help, not a condition: the list can be read without it. */
async function campaignTotalOf(call: ApiCall): Promise<number | undefined> {
	if (call.endpoint.path !== endpoints.getAllParticipants.path) return undefined;
	return await readCampaignTotal(call).catch(() => undefined);
}

const expectedTotal = ({ campaignTotal }: Plan, { firstPage }: ListProgress) =>
	firstPage?.total ?? campaignTotal ?? 0;

function isComplete(plan: Plan, progress: ListProgress): boolean {
	const { hasEnded, isOrderUnstable, rows } = progress;
	if (!hasEnded) return rows.length >= plan.limit;
	return !isOrderUnstable && rows.length >= expectedTotal(plan, progress);
}

/** Reads from the second page on to the end or the limit, several pages at the same time where that is safe. */
async function readRemainingPages(plan: Plan, progress: ListProgress): Promise<void> {
	for (let page = 1; !progress.hasEnded && progress.rows.length < plan.limit;) {
		const count = concurrentPages(plan, progress, page);
		const pages = count > 1 ? await readConcurrently(plan, progress, page, count) : [];
		// A service that counts from 1 gives its first page for 0 as well as for 1.
		if (page === 1 && isSamePage(pages[0], progress.firstPage)) pages.shift();
		if (count > 1 && progress.isConsistentWith(pages)) pages.forEach((one) => progress.add(one));
		else await readSequentially(plan, progress, page, page + count);
		page += count;
	}
	const { firstPage, hasEnded, isNotFound, pagesWithNewRows } = progress;
	// Without totals, a whole page of sign-ups within one batch leaves no duplicate. It does leave the
	// participant who was first more than a page behind the front. And where a page was not found, this
	// shows whether the list still exists.
	if (!hasEnded || firstPage?.total !== undefined || (pagesWithNewRows < 2 && !isNotFound)) return;
	const [front] = await readConcurrently(plan, progress, 0, 1);
	if (!firstPage || front.keys.includes(firstPage.keys[0])) return;
	progress.hasEnded = false;
	await readSequentially(plan, progress, 0, Infinity);
}

/** How many pages to read at the same time: none beyond the limit or the end, where it is known. */
function concurrentPages(
	{ call, limit, campaignTotal }: Plan,
	progress: ListProgress,
	page: number,
): number {
	const { firstPage, total } = progress;
	if (!firstPage || progress.pagesWithoutNewRows > 0) return 1;
	// Sorted by a field of the user's choice, people come in anywhere, which only a total shows.
	if (total === undefined && call.values.sort !== undefined) return 1;
	const rowsPerPage = firstPage.rows.length;
	const missing = Math.min(limit, total ?? Infinity) - progress.rows.length;
	const needed = Math.max(Math.ceil(missing / rowsPerPage), 1);
	// Where the end is not known, one page more than the campaign has, or than have been read.
	const expected = Math.ceil((campaignTotal ?? 0) / rowsPerPage) + 1 - page;
	const speculative = total === undefined ? Math.max(expected, page + 1) : needed;
	return Math.min(needed, speculative, maxConcurrentRequests);
}

async function readConcurrently(plan: Plan, list: ListProgress, from: number, count: number) {
	const { call } = plan;
	const { rows, firstPage: { pageSize } = plan } = list;
	await plan.beforeReading?.();
	const progress = rows.length ? `${rows.length} participants had been read before.` : undefined;
	const numbers = Array.from({ length: count }, (_, index) => from + index);
	return await Promise.all(
		numbers.map(async (page) => await readPage({ ...call, progress }, page, pageSize)),
	);
}

async function readSequentially(plan: Plan, progress: ListProgress, from: number, to: number) {
	const { call, campaignTotal, limit } = plan;
	const { rows } = progress;
	for (let page = from; page < to && !progress.hasEnded && rows.length < limit; page++) {
		const [next] = await readConcurrently(plan, progress, page, 1);
		// A service that counts its pages from 1 gives the first one twice.
		if (page === 1 && isSamePage(next, progress.firstPage)) progress.pagesWithoutNewRows++;
		else progress.add(next);
		if (progress.pagesWithoutNewRows !== 2 || progress.hasEnded) continue;
		const [far] = await readConcurrently(plan, progress, page + pageBehindAnyEnd, 1);
		if (far.rows.length === 0) continue;
		// One that gives more than was asked for, or all that the campaign has, gives the whole list.
		if (rows.length <= far.pageSize && rows.length !== campaignTotal) {
			throw createIncompleteError(call, `Every page was the same ${rows.length} participants.`);
		}
		progress.hasEnded = true;
	}
}

const incompleteReason = (plan: Plan, progress: ListProgress) =>
	progress.isOrderUnstable
		? 'The order of the list changed while it was read.'
		: `The list ended after ${progress.rows.length} of ${expectedTotal(plan, progress)} participants.`;

const createIncompleteError = (call: ApiCall, details: string) =>
	createApiError(call, {
		message: `Referral Rocket returned only part of the participants of campaign "${call.values.campaign}".`,
		solution: "Run this again; if it stays so, try a smaller 'Page Size' in 'Options'.",
		details,
	});
