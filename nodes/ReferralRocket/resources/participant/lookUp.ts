import type { IDataObject } from 'n8n-workflow';
import { abortableSleep } from '../../helpers/abortable';
import { cancelSignalOf, type ApiCall } from '../../api/apiCall';
import { parseRow, request } from '../../api/request';
import { isNotFound, type ApiResponse } from '../../api/response';
import { endpoints } from '../../api/specification';

/** A change may only show a few seconds after its request. In milliseconds; tests shorten these pauses. */
export const lookUpPausesMs = [1000, 2000, 4000, 8000];

interface LookUp {
	/** The call, with the address that was used last. */
	call: ApiCall;
	response: ApiResponse;
}

/**
 * Looks up the participant of a call by the address as entered and, if the service doesn't know it, by the
 * address in lower case: it isn't documented whether the service distinguishes them.
 */
export async function lookUp(call: ApiCall): Promise<LookUp> {
	const lookUpBy = async (email: string) => {
		const values = { campaign: call.values.campaign, email };
		const ownCall = { ...call, endpoint: endpoints.getParticipant, values, onSent: undefined };
		return { call: ownCall, response: await request(ownCall) };
	};
	const email = String(call.values.email);
	const lowerCase = email.toLowerCase();
	const asEntered = await lookUpBy(email);
	const isKnown = !isNotFound(asEntered.response);
	return isKnown || lowerCase === email ? asEntered : await lookUpBy(lowerCase);
}

/**
 * @returns the participant; undefined if the service says that nobody has this address
 * @throws NodeApiError for any other response
 */
export const participantIn = ({ call, response }: LookUp): IDataObject | undefined =>
	isNotFound(response) ? undefined : parseRow(call, response);

/**
 * Looks a participant up until a change shows.
 * @param call that may have changed the participant
 * @param isShown whether the participant has changed
 * @returns the participant; undefined if the change doesn't show even after the last pause
 * @throws NodeApiError if a look-up fails; the signal's reason
 */
export async function lookUpUntil(
	call: ApiCall,
	isShown: (participant: IDataObject) => boolean,
): Promise<IDataObject | undefined> {
	const { context, signal = cancelSignalOf(context) } = call;
	for (const pauseMs of [0, ...lookUpPausesMs]) {
		if (pauseMs > 0) await abortableSleep(pauseMs, signal);
		const participant = participantIn(await lookUp(call));
		if (participant && isShown(participant)) return participant;
	}
	return undefined;
}
