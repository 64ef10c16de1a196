import type { IDataObject } from 'n8n-workflow';
import { createUnreadableError, parseResponse } from '../parseResponse';
import { rowKey } from '../participant';
import { request } from '../request';
import { isObject } from '../response';
import { smallerPageSizes } from '../specification';
import type { ApiCall } from '../apiCall';

/** One page of a list of participants. */
export interface Page {
	rows: IDataObject[];
	/** What makes a participant the same one; in the order of the rows. */
	keys: string[];
	isLast: boolean;
	/** Participants in the whole list, if the service says so. */
	total?: number;
	/** The service has responded with 404: there is no such page, or no list any more. */
	isNotFound: boolean;
	/** The page size that was asked for. Following pages must use it too. */
	pageSize: number;
}

/**
 * @param call of the list, without page
 * @param page its number; a service may count from 0 or from 1
 * @param pageSize how many participants to ask for; if the service rejects the first page, fewer are tried
 * @returns the page; one behind the end has no rows
 * @throws NodeApiError when it can't be read
 */
export async function readPage(call: ApiCall, page: number, pageSize: number): Promise<Page> {
	const pageCall = { ...call, values: { ...call.values, page, pageSize } };
	const response = await request(pageCall);
	if (response.status === 404 && page > 0) {
		return { rows: [], keys: [], isLast: true, isNotFound: true, pageSize };
	}
	const smallerSize = smallerPageSizes.find((size) => size < pageSize);
	if (response.status === 400 && page === 0 && smallerSize) {
		return await readPage(call, page, smallerSize);
	}
	const body = parseResponse(pageCall, response);
	const rows = rowsIn(body);
	if (!rows) throw createUnreadableError(pageCall, response);
	// Spring Data's Page, or its PagedModel, which has the numbers in an object of their own.
	const envelope = isObject(body) ? body : {};
	const { totalElements, totalPages, number } = { ...envelope, ...(envelope.page as IDataObject) };
	return {
		rows,
		keys: rows.map(rowKey),
		isLast: rows.length === 0 || envelope.last === true || Number(number) + 1 >= Number(totalPages),
		total: typeof totalElements === 'number' ? totalElements : undefined,
		isNotFound: false,
		pageSize,
	};
}

/** @returns the participants in the body of a page, an empty one included; undefined for anything else */
export function rowsIn(body: unknown): IDataObject[] | undefined {
	const list = isObject(body) && 'content' in body ? body.content : body;
	const rows = list ?? [];
	return Array.isArray(rows) && rows.every(isObject) ? rows : undefined;
}

/** @returns whether both hold the same participants */
export const isSamePage = (page: Page | undefined, other: Page | undefined) =>
	page?.total === other?.total && page?.keys.join('\n') === other?.keys.join('\n');
