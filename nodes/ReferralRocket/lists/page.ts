import type { IDataObject } from 'n8n-workflow';
import type { ApiCall } from '../api/apiCall';
import { createUnreadableError, parseResponse, request } from '../api/request';
import { hasValue, isNotFound, isObject } from '../api/response';
import { smallerPageSizes, type RowType } from '../api/specification';

/** One page of a list. */
export interface Page {
	rows: IDataObject[];
	/** A key for each row that identifies it, in the same order. */
	keys: string[];
	isLast: boolean;
	/** Rows in the whole list, if the service says so. */
	total?: number;
	/** The requested page size. Following pages must use it too. */
	pageSize: number;
}

/**
 * @param call of the list; its page and page size are ignored
 * @param number of the page; a service may count from 0 or from 1
 * @param pageSize how many rows to request; if the service rejects the first page, fewer are tried
 * @returns the page; one past the end has no rows
 * @throws NodeApiError if it can't be read
 */
export async function readPage(call: ApiCall, number: number, pageSize: number): Promise<Page> {
	const pageCall = { ...call, values: { ...call.values, page: number, pageSize } };
	const response = await request(pageCall);
	const { status } = response;
	// Past the end.
	if (number > 0 && isNotFound(response)) return { rows: [], keys: [], isLast: true, pageSize };
	const smallerSize = smallerPageSizes.find((size) => size < pageSize);
	if (status === 400 && number === 0 && smallerSize) return await readPage(call, 0, smallerSize);
	const page = parsePage(parseResponse(pageCall, response));
	if (!page) throw createUnreadableError(pageCall, response);
	return { ...page, keys: page.rows.map((row) => rowKey(call.endpoint.rowType, row)), pageSize };
}

/** @returns the key of a row: its identity fields, or all of its fields if none of these has a value */
export function rowKey(rowType: RowType | undefined, row: IDataObject): string {
	const values = rowType?.identityFields.map((name) => row[name] ?? null) ?? [];
	return JSON.stringify(values.some(hasValue) ? values : row);
}

/**
 * @param body of a response: an array, Spring Data's Page, Slice or PagedModel, null or undefined
 * @returns the page; undefined for anything else
 */
export function parsePage(body: unknown): Pick<Page, 'rows' | 'isLast' | 'total'> | undefined {
	const envelope = isObject(body) ? body : {};
	const rows = ('content' in envelope ? envelope.content : body) ?? [];
	if (!Array.isArray(rows) || !rows.every(isObject)) return undefined;
	// A PagedModel nests these numbers in `page`.
	const { totalElements, totalPages, number } = { ...envelope, ...(envelope.page as IDataObject) };
	return {
		rows,
		isLast: rows.length === 0 || envelope.last === true || Number(number) + 1 >= Number(totalPages),
		total: typeof totalElements === 'number' ? totalElements : undefined,
	};
}

export const isSamePage = (page: Page, other: Page) =>
	page.total === other.total && page.keys.join('\n') === other.keys.join('\n');
