import type { IDataObject } from 'n8n-workflow';
import { InvalidInputError } from '../api/errors';
import { simplifiedCampaign, simplifiedParticipant } from '../api/specification';

interface Parameters {
	getNodeParameter(name: string, fallback: unknown): unknown;
}

type Shape = (row: IDataObject) => IDataObject;

/** @returns the fields of these names, as far as the service sent them; all where it sent none of them */
function pick(row: IDataObject, names: string[]): IDataObject {
	const kept = names.filter((name) => name in row);
	return kept.length === 0 ? row : Object.fromEntries(kept.map((name) => [name, row[name]]));
}

/** @returns a participant's most useful fields */
export const simplifiedFields: Shape = (participant) => pick(participant, simplifiedParticipant);

const simplifiedCampaignFields: Shape = (campaign) =>
	pick(
		campaign,
		Object.keys(campaign).filter((name) => simplifiedCampaign.test(name)),
	);

/**
 * @param context of an item, for its Output field
 * @param isCampaign whether rows are campaigns; participants otherwise
 * @returns what makes the output of a row
 * @throws InvalidInputError when no field is selected
 */
export function outputShape(context: Parameters, isCampaign: boolean): Shape {
	const output = context.getNodeParameter('output', 'simplified');
	if (output === 'simplified') return isCampaign ? simplifiedCampaignFields : simplifiedFields;
	if (output === 'raw') return (row) => row;
	// An expression may give them as one text.
	const fields = String(context.getNodeParameter('fields', []));
	const names = fields.split(/[\s,]+/).filter(Boolean);
	if (names.length === 0) throw new InvalidInputError("'Fields' is empty.", 'Choose at least one.');
	// Nothing else comes out, even where the service sent none of them.
	return (row) => Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
}
