import type { IDataObject } from 'n8n-workflow';
import { participantTotals } from './specification';

/** Missing is missing, whether it is written as null, as an empty text or not at all. */
export const isGiven = (value: unknown) => value !== undefined && value !== null && value !== '';

/** An email is the same participant's in any case. */
export const lowerCase = (email: unknown) => String(email).trim().toLowerCase();

/**
 * @returns what makes two rows of a list the same participant: a participant is one email in one
 * campaign, and the referral code is unique as well
 */
export function rowKey(row: IDataObject): string {
	const { email, referralCode, participantId } = row;
	if (isGiven(email) || isGiven(referralCode)) {
		return JSON.stringify([
			isGiven(email) && lowerCase(email),
			isGiven(referralCode) && referralCode,
		]);
	}
	return JSON.stringify(isGiven(participantId) ? participantId : row);
}

/** @returns who a participant is from one poll to the next: the code may change, and so do the totals */
export function participantKey(participant: IDataObject): string {
	const { email, referralCode, participantId } = participant;
	if (isGiven(email)) return lowerCase(email);
	const id = isGiven(referralCode) ? referralCode : participantId;
	if (isGiven(id)) return String(id);
	// What changes of a participant is numbers and whether they are qualified.
	const texts = Object.entries(participant).filter(
		([name, value]) =>
			typeof value === 'string' && isGiven(value) && !participantTotals.includes(name),
	);
	return JSON.stringify(texts);
}
