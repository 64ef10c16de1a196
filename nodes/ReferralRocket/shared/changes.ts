import type { IDataObject } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';
import { totalOf } from './campaignTotal';
import { shortHash } from './hash';
import { readList } from './lists';
import { participantKey } from './participant';
import { participantTotals } from './service';
import type { ServiceCall } from './transport';

/** How often the list is read even though the campaign's total says that nobody came, in milliseconds. */
const readAtLeastEvery = 3_600_000;

/** Characters, of six bits each: among 100,000 participants, 1 newcomer in 690,000 is taken for a known one. */
const identityLength = 6;

/** How many participants are compared before n8n gets time for other things. */
const sliceSize = 1000;

interface ChangeDetector {
	/** Characters in which a participant's state is remembered, and how it is written in them. */
	stateLength: number;
	stateOf: (participant: IDataObject) => string;
	/** Whether to tell of a participant; `before` is undefined for one who was not there. */
	hasChanged: (now: string, before: string | undefined) => boolean;
}

/** What each event of the polling trigger compares from poll to poll. */
const changeDetectors: Record<string, ChangeDetector> = {
	participantAdded: {
		stateLength: 0,
		stateOf: () => '',
		hasChanged: (_now, before) => before === undefined,
	},
	participantQualified: {
		stateLength: 1,
		stateOf: ({ rewardEventCompleted }) => (rewardEventCompleted === true ? '1' : '0'),
		hasChanged: (now, before) => now === '1' && before !== '1',
	},
	participantUpdated: {
		stateLength: 4,
		// However a number is written, and null for none, it is the same number.
		stateOf: (participant) =>
			shortHash(participantTotals.map((name) => Number(participant[name] ?? 0)).join(), 4),
		hasChanged: (now, before) => before !== undefined && now !== before,
	},
};

/** What a poll remembers for the next one; n8n keeps it with the workflow. */
export interface PollState {
	campaign?: string;
	event?: string;
	/** Everyone who was ever there: six characters for who it is, and then the state. */
	participants?: string;
	/** Participants that the campaign says it has, if the list held as many. */
	total?: number;
	/** When the list was read, in epoch milliseconds. */
	readAt?: number;
}

/**
 * Finds what has changed since the last poll.
 * @param call the question for the campaign's participants
 * @param event what to look for, one of changeDetectors
 * @param state as of the last poll; it is brought up to date once everything has been read
 * @returns the participants it happened to, in the order in which they joined; none the first time,
 * and none when a later poll has overtaken this one
 * @throws NodeApiError when the list can't be read; the state is as before then, so nothing is missed
 */
export async function changesSince(
	call: ServiceCall,
	event: string,
	state: PollState,
): Promise<IDataObject[]> {
	const detector = changeDetectors[event];
	const { readAt } = state;
	const campaign = String(call.values.campaign);
	const isFirst =
		state.campaign !== campaign || state.event !== event || state.participants === undefined;
	const total = event === 'participantAdded' ? await totalOf(call) : undefined;
	if (!isFirst && total !== undefined && total === state.total && isRecent(readAt)) return [];

	const participants = await readList(call, Infinity, (participant) => participant);
	// What this poll has seen is older than what the state holds by now.
	if (state.readAt !== readAt) return [];
	const known = await statesIn(isFirst ? '' : String(state.participants), detector);
	const changed: IDataObject[] = [];
	await inSlices(participants, (participant) => {
		const identity = shortHash(participantKey(participant), identityLength);
		const now = detector.stateOf(participant);
		if (detector.hasChanged(now, known.get(identity))) changed.push(participant);
		// Nobody is forgotten: who is missing from one answer and there in the next has not come anew.
		known.set(identity, now);
	});
	let remembered = '';
	await inSlices(known, ([identity, now]) => (remembered += identity + now));
	if (state.readAt !== readAt) return [];
	Object.assign(state, {
		campaign,
		event,
		participants: remembered,
		// A number that the list does not bear out counts something else, or is ahead of the list.
		total: total === participants.length ? total : undefined,
		readAt: Date.now(),
	});
	return isFirst ? [] : changed.sort(byJoining);
}

/**
 * @param call the question for the campaign's participants
 * @param count how many
 * @returns those who joined last, the newest first
 */
export async function newest(call: ServiceCall, count: number): Promise<IDataObject[]> {
	const participants = await readList(call, Infinity, (participant) => participant);
	return participants.sort((a, b) => byJoining(b, a)).slice(0, count);
}

/** A clock that was ahead once must not keep the list from being read. */
function isRecent(readAt = 0) {
	const age = Date.now() - readAt;
	return age >= 0 && age < readAtLeastEvery;
}

/** Texts as ISO 8601 writes times, which sort as such. */
const byJoining = (a: IDataObject, b: IDataObject) => {
	const [first, second] = [String(a.createdOn), String(b.createdOn)];
	if (first === second) return 0;
	return first < second ? -1 : 1;
};

async function statesIn(
	remembered: string,
	{ stateLength }: ChangeDetector,
): Promise<Map<string, string>> {
	const states = new Map<string, string>();
	const length = identityLength + stateLength;
	const starts = Array.from({ length: remembered.length / length }, (_, index) => index * length);
	await inSlices(starts, (start) => {
		const identity = remembered.slice(start, start + identityLength);
		states.set(identity, remembered.slice(start + identityLength, start + length));
	});
	return states;
}

/** Does some work for each, and lets n8n do other things in between. */
async function inSlices<One>(all: Iterable<One>, work: (one: One) => void): Promise<void> {
	let done = 0;
	for (const one of all) {
		work(one);
		if (++done % sliceSize === 0) await sleep(0);
	}
}
