import type { IDataObject } from 'n8n-workflow';
import { filterOf } from '../lists/filter';
import { readList } from '../lists/readList';
import { parseRow, request } from '../api/request';
import type { ApiCall } from '../api/apiCall';
import { outputShape } from '../fields/simplify';
import * as validators from '../validation/validators';

/** Produces the output of an operation for one input item. */
export type Handler = (call: ApiCall) => Promise<IDataObject[]>;

/**
 * The handler of operations that return one row.
 * @throws NodeApiError if the response isn't a row
 */
export const returnObject: Handler = async (call) => {
	const shape = outputShape(call);
	return [shape(parseRow(call, await request(call)))];
};

/**
 * The handler of operations that return a list.
 * @throws NodeApiError if the list can't be read to its end: a partial list is never returned
 */
export const returnList: Handler = async (call) => {
	const { context } = call;
	const limit = context.getNodeParameter('returnAll', false)
		? Infinity
		: validators.limit(context.getNodeParameter('limit', 50), "'Limit'");
	const shape = outputShape(call);
	const filter = filterOf(call);
	const items: IDataObject[] = [];
	// Which rows pass the filter is known only once they are read.
	for await (const rows of readList(call, filter.isEmpty ? limit : Infinity)) {
		for (const row of rows) if (filter.passes(row)) items.push(shape(row));
		if (items.length >= limit || filter.isPast(rows)) break;
	}
	return items.slice(0, limit);
};
