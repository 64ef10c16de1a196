import type { IDataObject } from 'n8n-workflow';
import { rowKey } from '../participant';
import type { ServiceCall } from '../request';
import { exchange, isObject, read, unusable } from '../request';

/** One page of a list of participants. */
export interface Page {
	rows: IDataObject[];
	/** What makes a participant the same one; in the order of the rows. */
	keys: string[];
	isLast: boolean;
	/** Participants in the whole list, if the service says so. */
	total?: number;
	/** The service has answered with 404: there is no such page, or nothing at all any more. */
	isNotFound: boolean;
}

/**
 * @param call the question, without page
 * @param page its number; a service may count from 0 or from 1
 * @param pageSize how many participants to ask for
 * @returns the page; one behind the end has no rows
 * @throws NodeApiError when it can't be read
 */
export async function readPage(call: ServiceCall, page: number, pageSize: number): Promise<Page> {
	const pageCall = { ...call, values: { ...call.values, page, pageSize } };
	const answer = await exchange(pageCall);
	if (answer.status === 404 && page > 0) {
		return { rows: [], keys: [], isLast: true, isNotFound: true };
	}
	const body = await read(pageCall, answer);
	const rows = rowsIn(body);
	if (!rows) throw await unusable(pageCall, answer);
	// Spring Data's Page, or its PagedModel, which has the numbers in an object of their own.
	const envelope = isObject(body) ? body : {};
	const { totalElements, totalPages, number } = { ...envelope, ...(envelope.page as IDataObject) };
	return {
		rows,
		keys: rows.map(rowKey),
		isLast: rows.length === 0 || envelope.last === true || Number(number) + 1 >= Number(totalPages),
		total: typeof totalElements === 'number' ? totalElements : undefined,
		isNotFound: false,
	};
}

/** @returns the participants in the body of a page, an empty one included; undefined for anything else */
export function rowsIn(body: unknown): IDataObject[] | undefined {
	const list = isObject(body) && 'content' in body ? body.content : body;
	const rows = list ?? [];
	return Array.isArray(rows) && rows.every(isObject) ? rows : undefined;
}
