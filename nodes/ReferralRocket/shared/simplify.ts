import type { IDataObject, IExecutePaginationFunctions } from 'n8n-workflow';
import { simplifiedParticipant } from './service';

/**
 * @param context the item's context, for its Simplify switch
 * @returns a function that keeps a participant's most useful fields, or all of them with Simplify off
 */
export function simplified(context: IExecutePaginationFunctions) {
	if (!context.getNodeParameter('simplify', true)) return (participant: IDataObject) => participant;
	return (participant: IDataObject) => {
		const kept = simplifiedParticipant.filter((field) => field in participant);
		return Object.fromEntries(kept.map((field) => [field, participant[field]]));
	};
}
