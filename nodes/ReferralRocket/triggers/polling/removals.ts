import { isIdentified, type Absence, type Known } from './knownParticipants';
import type { Reading } from './readParticipants';

/** A message names a few participants, so that the user can look them up. */
const maxCodes = 5;

/**
 * What a trigger's last poll could not decide, by the IDs of workflow and node. In memory, because n8n stores nothing
 * of a poll that fails.
 */
const lastPolls = new Map<string, { undecided: number; isShown: boolean }>();

/**
 * Absent participants have been removed if a total confirms it and at most one in ten is absent. Otherwise a message
 * says so, once: whoever is still absent at the next poll no longer counts, and isn't reported. A total may lag behind
 * the list, so it gets a second poll. So does everyone after a start of n8n, which only logs the first poll's message.
 * @param trigger the IDs of workflow and node
 * @returns the participants to report as removed; those who no longer count as present, reported or not; the message to
 * show instead of all events of this poll, which the next one reports
 */
export function judgeAbsence(
	trigger: string,
	{ absent, present }: Absence,
	{ rows, isConfirmed = false }: Reading,
) {
	const last = lastPolls.get(trigger);
	const isComplete = absent.length === 0 || rows.every(isIdentified);
	// A single one may be more than one in ten.
	const isMany = absent.length > 1 && absent.length * 10 > absent.length + present;
	const isSure = absent.length === 0 || (isConfirmed && isComplete && !isMany);
	const isAccepted = last?.isShown === true && absent.length <= last.undecided;
	const isDecided = isSure || isAccepted;
	const isShown =
		!isDecided && last !== undefined && (last.undecided > 0 || (isMany && isComplete));
	lastPolls.set(trigger, { undecided: isDecided ? 0 : absent.length, isShown });
	return {
		removed: isSure ? absent : [],
		gone: isDecided ? absent : [],
		message: isShown ? messageAbout(absent, present, isMany) : undefined,
	};
}

function messageAbout(absent: Known[], present: number, isMany: boolean) {
	const codes = absent.slice(0, maxCodes).map(({ referralCode }) => referralCode || 'none');
	const others = absent.length - codes.length;
	const count = `${absent.length} of ${absent.length + present} participants`;
	const reason = isMany
		? 'which is more than one in ten'
		: "and the campaign's number of participants does not confirm it";
	return {
		message: `${count} are no longer in the campaign's list, ${reason}. They are not reported as removed.`,
		description: `If they have left the campaign, there is nothing to do: the next check continues without them, and reports whatever else has happened. If they have not, they are back as soon as the list shows them again. Their referral codes: ${codes.join(', ')}${others > 0 ? ` and ${others} more` : ''}.`,
	};
}
