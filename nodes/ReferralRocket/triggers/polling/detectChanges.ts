import type { IDataObject } from 'n8n-workflow';
import { readCampaignTotal } from '../../api/campaignTotal';
import { forEachWithoutBlocking } from '../../api/eventLoop';
import { shortHash } from '../../api/hash';
import { readList } from '../../api/pagination/readList';
import { participantKey } from '../../api/participant';
import { participantTotals } from '../../api/specification';
import type { ApiCall } from '../../api/apiCall';
import { readStates, writeStates, type PollState } from './pollState';

/** How often the list is read even though the campaign's total says that nobody came, in milliseconds. */
const readAtLeastEveryMs = 3_600_000;

/** Characters, of six bits each: one newcomer in 2.8 billion is taken for one of 100,000 known ones. */
const keyLength = 8;

/**
 * What an event compares from poll to poll. n8n may give a poll an older state, because it stores what
 * a poll has learned only when the workflow starts. So what makes no difference to a newcomer has no
 * state: then it does not matter whether a participant has been seen before.
 */
interface ChangeDetector {
	/** Characters of a state. */
	stateLength: number;
	/** What is remembered of a participant; undefined where nothing is, as of one whom nobody has seen. */
	stateOf: (participant: IDataObject) => string | undefined;
	hasChanged: (now: string | undefined, before: string | undefined) => boolean;
}

const hasAppeared = (now: string | undefined, before: string | undefined) =>
	now !== undefined && before === undefined;

const changeDetectors: Record<string, ChangeDetector> = {
	participantAdded: { stateLength: 0, stateOf: () => '', hasChanged: hasAppeared },
	participantQualified: {
		stateLength: 0,
		stateOf: ({ rewardEventCompleted }) => (rewardEventCompleted === true ? '' : undefined),
		hasChanged: hasAppeared,
	},
	participantUpdated: {
		// 24 bits: one update in 16 million goes unnoticed.
		stateLength: 4,
		stateOf: (participant) => {
			// However a number is written, and null for none, it is the same number.
			const totals = participantTotals.map((name) => Number(participant[name] ?? 0));
			return totals.some((total) => total !== 0) ? shortHash(totals.join(), 4) : undefined;
		},
		hasChanged: (now, before) => now !== before,
	},
};

/**
 * Finds what has changed since the last poll.
 * @param call of the campaign's participants
 * @param event one of changeDetectors
 * @param state as of the last poll; it is brought up to date once everything has been read
 * @returns the participants it happened to, in the order in which they joined; none the first time,
 * and none when a later poll has overtaken this one
 * @throws NodeApiError when the list can't be read; the state is as before then, so nothing is missed
 */
export async function changesSince(
	call: ApiCall,
	event: string,
	state: PollState,
): Promise<IDataObject[]> {
	const detector = changeDetectors[event];
	const campaign = String(call.values.campaign);
	const before = state.states;
	const isFirst = state.campaign !== campaign || state.event !== event || before === undefined;
	const total = event === 'participantAdded' ? await readCampaignTotal(call) : undefined;
	const isUnchanged = total !== undefined && total === state.total;
	if (!isFirst && isUnchanged && isRecent(state.readAt)) return [];

	const participants = await readList(call, Infinity, (participant) => participant);
	const states = await readStates(isFirst ? '' : before, keyLength, detector.stateLength);
	const changed: IDataObject[] = [];
	const seen = new Set<string>();
	await forEachWithoutBlocking(participants, (participant) => {
		const key = shortHash(participantKey(participant), keyLength);
		// Two rows of one participant would otherwise be a change at every poll.
		if (seen.has(key)) return;
		seen.add(key);
		const now = detector.stateOf(participant);
		if (detector.hasChanged(now, states.get(key))) changed.push(participant);
		// Who is missing from one answer and there in the next has not come anew.
		if (now === undefined) states.delete(key);
		else states.set(key, now);
	});
	const after = await writeStates(states);
	// A later poll has been faster: what this one has seen is older than what the state holds by now.
	if (state.states !== before) return [];
	if (isFirst) clear(state);
	// A total that the list does not bear out counts something else, or is ahead of the list.
	const trustedTotal = total === participants.length ? total : undefined;
	Object.assign(state, {
		campaign,
		event,
		states: after,
		total: trustedTotal,
		readAt: Date.now(),
	});
	return isFirst ? [] : changed.sort(byJoining);
}

/**
 * @param call of the campaign's participants
 * @param event one of changeDetectors
 * @param count how many
 * @returns those to whom the event applies and who joined last, the newest first
 */
export async function newestParticipants(
	call: ApiCall,
	event: string,
	count: number,
): Promise<IDataObject[]> {
	const { stateOf } = changeDetectors[event];
	const participants = await readList(call, Infinity, (participant) => participant);
	let found: IDataObject[] = [];
	await forEachWithoutBlocking(participants, (participant) => {
		if (stateOf(participant) === undefined) return;
		if (found.length === count && byJoining(participant, found[count - 1]) <= 0) return;
		found = [...found, participant].sort((a, b) => byJoining(b, a)).slice(0, count);
	});
	return found;
}

/** A clock that was ahead once must not keep the list from being read. */
function isRecent(readAt = 0) {
	const ageMs = Date.now() - readAt;
	return ageMs >= 0 && ageMs < readAtLeastEveryMs;
}

/** What another event, another campaign or an earlier version has left. */
function clear(state: PollState) {
	for (const name of Object.keys(state)) Reflect.deleteProperty(state, name);
}

/** Texts as ISO 8601 writes times, which sort as such. */
const byJoining = (a: IDataObject, b: IDataObject) => {
	const [first, second] = [String(a.createdOn), String(b.createdOn)];
	if (first === second) return 0;
	return first < second ? -1 : 1;
};
