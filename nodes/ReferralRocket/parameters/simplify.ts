import type { IDataObject } from 'n8n-workflow';
import { simplifiedParticipant } from '../api/specification';

/** @returns a participant's most useful fields, as far as the service sent them; all where it sent none */
export function simplifiedFields(participant: IDataObject): IDataObject {
	const kept = simplifiedParticipant.filter((field) => field in participant);
	if (kept.length === 0) return participant;
	return Object.fromEntries(kept.map((field) => [field, participant[field]]));
}

/**
 * @param context what runs, for its Simplify switch
 * @returns a function that keeps a participant's most useful fields, or all of them with Simplify off
 */
export function simplified(context: {
	getNodeParameter(name: string, fallback: boolean): unknown;
}) {
	return context.getNodeParameter('simplify', true)
		? simplifiedFields
		: (participant: IDataObject) => participant;
}
