import type { IDataObject } from 'n8n-workflow';
import type { ApiCall } from '../api/apiCall';
import { InvalidInputError } from '../api/errors';
import type { RowType } from '../api/specification';

/** @returns the named fields that the row has; all of its fields if it has none of them */
export function pick(row: IDataObject, names: string[]): IDataObject {
	const present = names.filter((name) => name in row);
	return present.length === 0 ? row : Object.fromEntries(present.map((name) => [name, row[name]]));
}

/** @returns a row's most useful fields */
export function simplify({ simplified, alsoSimplified }: RowType, row: IDataObject): IDataObject {
	const others = Object.keys(row).filter((name) => alsoSimplified?.test(name));
	return pick(row, [...simplified, ...others]);
}

/**
 * @param call of an operation with an Output field
 * @returns a function that turns a row into an output item
 * @throws InvalidInputError if no field is selected
 */
export function outputShape({ context, endpoint }: ApiCall): (row: IDataObject) => IDataObject {
	const { rowType } = endpoint;
	const output = context.getNodeParameter('output', 'simplified');
	if (output === 'raw' || !rowType) return (row) => row;
	if (output === 'simplified') return (row) => simplify(rowType, row);
	// An expression may return the names in one text.
	const fields = String(context.getNodeParameter('fields', []));
	const names = fields.split(/[\s,]+/).filter(Boolean);
	if (names.length === 0) throw new InvalidInputError("'Fields' is empty.", 'Choose at least one.');
	// Always exactly these fields, even if the service sent none of them.
	return (row) => Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
}
