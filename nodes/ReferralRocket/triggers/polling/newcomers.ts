import type { IDataObject } from 'n8n-workflow';
import { readPage, rowKey, type Page } from '../../api/pagination/page';
import { defaultPageSize } from '../../api/specification';
import type { ApiCall } from '../../api/apiCall';
import type { End } from './joining';
import type { LastRead } from './lastReads';

/*
 * Finds who has joined without reading the whole list. Who joins stands at its front or at its back, and
 * which of them it is shows in what is read: either as many new participants stand there as the total
 * has grown by, or there is no total and the last time the whole list was in the order of joining. In all
 * other cases the list has to be read whole.
 */

/** Pages to read at one end at the most. */
const maxPages = 4;

/**
 * @param call of the campaign's participants
 * @param isKnown whether a participant was there at an earlier poll
 * @param last what is known of the list
 * @param campaignTotal how many participants the campaign says it has
 * @returns who has joined; undefined where that can't be said without reading the whole list
 * @throws NodeApiError when a page can't be read
 */
export async function readNewcomers(
	call: ApiCall,
	isKnown: (participant: IDataObject) => boolean,
	last: LastRead,
	campaignTotal?: number,
): Promise<IDataObject[] | undefined> {
	const first = await readPage(call, 0, defaultPageSize);
	const total = last.isTotalRight ? campaignTotal : first.total;
	if (last.count === 0 || first.rows.length === 0 || (total !== undefined && total < last.count))
		return undefined;
	const areAll = (newcomers: IDataObject[] | undefined, end: End) =>
		newcomers !== undefined &&
		(total === undefined ? last.newestAt === end : last.count + newcomers.length === total);

	const atFront = newcomersBefore(call, await readFront(call, first, isKnown), isKnown);
	if (areAll(atFront, 'front')) return atFront;
	if (total === undefined && last.newestAt !== 'back') return undefined;
	const expectedEnd = Math.floor((last.count - 1) / first.rows.length);
	const back = await readBack(call, expectedEnd, first.pageSize, isKnown);
	const atBack = newcomersBefore(call, back.reverse(), isKnown)?.reverse();
	return areAll(atBack, 'back') ? atBack : undefined;
}

type IsKnown = Parameters<typeof readNewcomers>[1];

/** Reads from the first page on until a page ends with someone known. */
async function readFront(call: ApiCall, first: Page, isKnown: IsKnown) {
	const pages = [first];
	for (let page = first; !page.isLast && !isKnown(page.rows[page.rows.length - 1]);) {
		if (pages.length === maxPages) return [];
		page = await readPage(call, pages.length, first.pageSize);
		pages.push(page);
	}
	return pages.flatMap(({ rows }) => rows);
}

/** Reads from where the list ended to where it ends, and back until a page begins with someone known. */
async function readBack(call: ApiCall, expectedEnd: number, pageSize: number, isKnown: IsKnown) {
	const pages: Page[] = [];
	while (!pages[pages.length - 1]?.isLast) {
		if (pages.length === maxPages) return [];
		pages.push(await readPage(call, expectedEnd + pages.length, pageSize));
	}
	const rows = pages.flatMap((page) => page.rows);
	for (
		let number = expectedEnd - 1;
		number >= 0 && !(rows.length > 0 && isKnown(rows[0]));
		number--
	) {
		if (expectedEnd - number > maxPages) return [];
		rows.unshift(...(await readPage(call, number, pageSize)).rows);
	}
	return rows;
}

/** @returns those who are new, if they all stand before those who are known */
function newcomersBefore(
	call: ApiCall,
	rows: IDataObject[],
	isKnown: IsKnown,
): IDataObject[] | undefined {
	const firstKnown = rows.findIndex(isKnown);
	if (firstKnown < 0 || !rows.slice(firstKnown).every(isKnown)) return undefined;
	// Someone who was pushed onto the next page while others joined comes twice.
	const newcomers = new Map(
		rows.slice(0, firstKnown).map((row) => [rowKey(call.endpoint.rowType, row), row]),
	);
	return [...newcomers.values()];
}
