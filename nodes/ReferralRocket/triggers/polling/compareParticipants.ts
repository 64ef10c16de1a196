import type { IDataObject } from 'n8n-workflow';
import { forEachWithoutBlocking } from '../../api/eventLoop';
import { eventsOf, hasJoining, isOnlyJoining, type PolledEvent } from './events';
import { byJoining } from './joining';
import type { KnownParticipants } from './knownParticipants';
import { recognize } from './recognize';
import { changesBetween, snapshotOf } from './snapshot';

/** What a poll has found out about participants. */
export interface Compared {
	/** In the order in which they joined. */
	polledEvents: PolledEvent[];
	/** What to remember, as KnownParticipants writes it; undefined if nothing has changed. */
	participants?: string;
}

/**
 * @param rows participants of now
 * @param known participants of the last poll; updated
 * @param events that are selected
 * @param reported those of them to report
 */
export async function compareParticipants(
	rows: IDataObject[],
	known: KnownParticipants,
	events: string[],
	reported: string[],
): Promise<Compared> {
	const isOnlyNewcomers = isOnlyJoining(events);
	// Unless somebody asks who has joined, participants who have nothing need not be remembered.
	const isEveryoneKept = hasJoining(events);
	const happened: PolledEvent[][] = [];
	let isDifferent = false;
	await forEachWithoutBlocking(await recognize(rows, known), ({ row, identity, known: one }) => {
		const before = one?.snapshot ?? '';
		// What a newcomer has is reported once and not remembered if nothing else is selected.
		const now = isOnlyNewcomers && one ? '' : snapshotOf(row, before);
		const snapshot = isOnlyNewcomers ? '' : now;
		const isKept = isEveryoneKept || snapshot !== '';
		if (one && isKept) isDifferent = known.update(one, identity, snapshot) || isDifferent;
		else if (one || isKept) isDifferent = true;
		// Nobody is forgotten who is missing from a response, so that they don't join anew in the next one.
		if (one && !isKept) known.delete(one);
		if (!one && isKept) known.add({ ...identity, snapshot });
		if (reported.length === 0 || (one && now === before)) return;
		const difference = { participant: row, isNew: !one, changes: changesBetween(before, now) };
		const events = eventsOf(difference, reported);
		if (events.length > 0) happened.push(events);
	});
	return {
		polledEvents: happened.sort(([a], [b]) => byJoining(a.subject, b.subject)).flat(),
		participants: isDifferent ? await known.write() : undefined,
	};
}
