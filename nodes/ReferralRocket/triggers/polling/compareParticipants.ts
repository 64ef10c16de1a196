import type { IDataObject } from 'n8n-workflow';
import { forEachWithoutBlocking } from '../../api/eventLoop';
import { shortHash } from '../../api/hash';
import { participantKey } from '../../api/participant';
import { eventsOf, hasJoining, isOnlyJoining, type PolledEvent } from './events';
import { byJoining } from './joining';
import { keyLength, writeParticipants } from './pollState';
import { changesBetween, snapshotOf } from './snapshot';

/** What is known of participants: a snapshot of each, by key. */
export type Known = Map<string, string>;

/** @returns by what a participant is known */
export const keyOf = (participant: IDataObject) =>
	shortHash(participantKey(participant), keyLength);

/** What a poll has found out about participants. */
export interface Compared {
	/** In the order in which they joined. */
	polledEvents: PolledEvent[];
	/** What is to be remembered, as writeParticipants writes it; undefined where it is as before. */
	participants?: string;
}

/**
 * @param rows participants as they are
 * @param known as they were at the last poll; it is brought up to date
 * @param events that are chosen
 * @param told those of them to tell of
 */
export async function compareParticipants(
	rows: IDataObject[],
	known: Known,
	events: string[],
	told: string[],
): Promise<Compared> {
	const isOnlyNewcomers = isOnlyJoining(events);
	// Where nobody asks who has joined, someone who has nothing is as someone who was not there.
	const isEveryoneKept = hasJoining(events);
	const happened: PolledEvent[][] = [];
	const seen = new Set<string>();
	let isDifferent = false;
	await forEachWithoutBlocking(rows, (participant) => {
		const key = keyOf(participant);
		// Two rows of one participant would otherwise be a change at every poll.
		if (seen.has(key)) return;
		seen.add(key);
		const before = known.get(key);
		// For newcomers it is enough to know who is there.
		const now = isOnlyNewcomers ? '' : snapshotOf(participant);
		if (now === (before ?? (isEveryoneKept ? undefined : ''))) return;
		// Who is missing from one response and there in the next has not come anew: nobody is forgotten.
		if (now === '' && !isEveryoneKept) known.delete(key);
		else known.set(key, now);
		isDifferent = true;
		if (told.length === 0) return;
		const changes = changesBetween(before ?? '', snapshotOf(participant));
		const those = eventsOf({ participant, isNew: before === undefined, changes }, told);
		if (those.length > 0) happened.push(those);
	});
	return {
		polledEvents: happened.sort(([a], [b]) => byJoining(a.subject, b.subject)).flat(),
		participants: isDifferent ? await writeParticipants(known) : undefined,
	};
}
