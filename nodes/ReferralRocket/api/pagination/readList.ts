import type { IDataObject } from 'n8n-workflow';
import { refused } from '../errors';
import { totalOf } from '../campaignTotal';
import { checkedLimit } from '../../parameters/validate';
import { ListReading } from './listReading';
import { readPage, type Page } from './page';
import { requestsInFlight } from '../retry';
import { defaultPageSize, endpoints, maxPageSize } from '../specification';
import { simplified } from '../../parameters/simplify';
import type { Produce, ServiceCall } from '../request';

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
 *
 * A list that has fewer than the total, or repeats that no sign-up explains, is read a second time, in
 * pages of another size. If that brings the same people, it is the total that counts others as well.
 */

/** Far behind the end of any list: a service that has participants there ignores which page is asked. */
const farPage = 100_000;

/** How a list is read. */
interface Plan {
	call: ServiceCall;
	pageSize: number;
	limit: number;
	/** Participants in the campaign, if it is read whole and the campaign tells. */
	campaignTotal?: number;
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
 * @param transform makes of a participant what is kept of it
 * @returns everyone, once
 * @throws NodeApiError as participants does
 */
export async function readList(
	call: ServiceCall,
	limit: number,
	transform: (participant: IDataObject) => IDataObject,
): Promise<IDataObject[]> {
	const pageSize = Math.min(Number(call.values.pageSize ?? defaultPageSize), limit);
	const reading = new ListReading(transform);
	const [campaignTotal] = await Promise.all([
		limit === Infinity ? campaignTotalOf(call) : undefined,
		readOneByOne({ call, pageSize, limit }, reading, 0, 1),
	]);
	const plan = { call, pageSize, limit, campaignTotal };
	await readOn(plan, reading);
	if (isWhole(plan, reading)) return reading.rows.slice(0, limit);

	const second = new ListReading(transform);
	const again = { ...plan, pageSize: otherPageSize(plan, reading) };
	if (limit === Infinity) again.campaignTotal = await campaignTotalOf(call);
	await readOneByOne(again, second, 0, Infinity);
	// Nobody on two pages: so many are in the list. More than one page: the service pages as it is asked to.
	const isPaged = Math.max(reading.pagesWithNews, second.pagesWithNews) > 1;
	const isConfirmed = isPaged && !second.hasRepeats && second.hasSameAs(reading);
	if (!isConfirmed && !isWhole(again, second)) throw incomplete(call, whatIsMissing(plan, reading));
	return second.rows.slice(0, limit);
}

/** All on one page, where nobody can slip through, if there were several; else more than one. */
function otherPageSize(plan: Plan, reading: ListReading): number {
	const { rows, pagesWithNews } = reading;
	if (pagesWithNews <= 1) return Math.max(Math.floor(rows.length / 2), 1);
	return Math.min(Math.max(expectedIn(plan, reading), rows.length) + 1, maxPageSize);
}

/** The number of participants is a help, not a condition: the list can be read without it. */
async function campaignTotalOf(call: ServiceCall): Promise<number | undefined> {
	if (call.endpoint.path !== endpoints.getAllParticipants.path) return undefined;
	return await totalOf(call).catch(() => undefined);
}

const expectedIn = ({ campaignTotal }: Plan, { first }: ListReading) =>
	first?.total ?? campaignTotal ?? 0;

function isWhole(plan: Plan, reading: ListReading): boolean {
	if (!reading.hasEnded) return reading.rows.length >= plan.limit;
	return !reading.hasOddRepeats && reading.rows.length >= expectedIn(plan, reading);
}

/** Reads from the second page on to the end or the limit, several pages at the same time where that is safe. */
async function readOn(plan: Plan, reading: ListReading): Promise<void> {
	for (let page = 1; !reading.hasEnded && reading.rows.length < plan.limit;) {
		const count = pagesAhead(plan, reading, page);
		const pages = count > 1 ? await readPages(plan, reading, page, count) : [];
		// A service that counts from 1 gives its first page for 0 as well as for 1.
		if (page === 1 && isSame(pages[0], reading.first)) pages.shift();
		if (count > 1 && reading.fits(pages)) pages.forEach((one) => reading.add(one));
		else await readOneByOne(plan, reading, page, page + count);
		page += count;
	}
	const { first, hasEnded, isNotFound } = reading;
	// Without totals, a whole page of sign-ups within one batch leaves no repeat. It does leave the
	// participant who was first more than a page behind the front. And where a page was not found, this
	// tells whether the list still is.
	if (!hasEnded || first?.total !== undefined || (reading.pagesWithNews < 2 && !isNotFound)) return;
	const [front] = await readPages(plan, reading, 0, 1);
	if (!first || front.keys.includes(first.keys[0])) return;
	reading.hasEnded = false;
	await readOneByOne(plan, reading, 0, Infinity);
}

/** How many pages to read at the same time: none beyond the limit or the end, where it is known. */
function pagesAhead(
	{ call, limit, campaignTotal }: Plan,
	reading: ListReading,
	page: number,
): number {
	const { first, total } = reading;
	if (!first || reading.pagesWithoutNews > 0) return 1;
	// Sorted by a field of the builder's choice, people come in anywhere, which only a total shows.
	if (total === undefined && call.values.sort !== undefined) return 1;
	const rowsPerPage = first.rows.length;
	const missing = Math.min(limit, total ?? Infinity) - reading.rows.length;
	const needed = Math.max(Math.ceil(missing / rowsPerPage), 1);
	// Where the end is not told, one page more than the campaign has, or than have been read.
	const expected = Math.ceil((campaignTotal ?? 0) / rowsPerPage) + 1 - page;
	const speculative = total === undefined ? Math.max(expected, page + 1) : needed;
	return Math.min(needed, speculative, requestsInFlight);
}

async function readPages(plan: Plan, reading: ListReading, from: number, count: number) {
	const { call, pageSize } = plan;
	const { rows } = reading;
	const soFar = rows.length
		? `${rows.length} participants had been read; none of them are passed on.`
		: undefined;
	const numbers = Array.from({ length: count }, (_, index) => from + index);
	return await Promise.all(
		numbers.map(async (page) => await readPage({ ...call, soFar }, page, pageSize)),
	);
}

async function readOneByOne(plan: Plan, reading: ListReading, from: number, to: number) {
	for (
		let page = from;
		page < to && !reading.hasEnded && reading.rows.length < plan.limit;
		page++
	) {
		const [next] = await readPages(plan, reading, page, 1);
		// A service that counts its pages from 1 gives the first one twice.
		if (page === 1 && isSame(next, reading.first)) reading.pagesWithoutNews++;
		else reading.add(next);
		if (reading.pagesWithoutNews !== 2 || reading.hasEnded) continue;
		const [far] = await readPages(plan, reading, page + farPage, 1);
		if (far.rows.length === 0) continue;
		// One that gives more than was asked for, or all that the campaign has, gives the whole list.
		const { rows } = reading;
		if (rows.length <= plan.pageSize && rows.length !== plan.campaignTotal) {
			throw incomplete(plan.call, `Every page was the same ${rows.length} participants.`);
		}
		reading.hasEnded = true;
	}
}

const isSame = (page: Page | undefined, other: Page | undefined) =>
	page?.total === other?.total && page?.keys.join('\n') === other?.keys.join('\n');

const whatIsMissing = (plan: Plan, reading: ListReading) =>
	reading.hasOddRepeats
		? 'The order of the list changed while it was read.'
		: `The list ended after ${reading.rows.length} of ${expectedIn(plan, reading)} participants.`;

function incomplete(call: ServiceCall, description: string) {
	return refused(call, {
		message: `Referral Rocket gave only part of the participants of campaign "${call.values.campaign}", so none are passed on. Run this again; if it stays so, try a smaller Options → Page Size.`,
		description,
	});
}
