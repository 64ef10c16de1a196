import type { IDataObject } from 'n8n-workflow';
import { forEachWithoutBlocking } from '../../helpers/eventLoop';
import { causesOf, eventsOf, removal, type PolledEvent } from './events';
import type { Known, KnownParticipants, Recognized } from './knownParticipants';
import { changesBetween, milestonesBetween, snapshotOf } from './snapshot';

/** Sorts by the time of joining, the earliest first: ISO 8601 times sort as texts. */
export function byJoining(a: IDataObject, b: IDataObject): number {
	const [first, second] = [String(a.createdOn), String(b.createdOn)];
	if (first === second) return 0;
	return first < second ? -1 : 1;
}

/**
 * @param recognized current participants
 * @param known participants of the last poll; this function updates them
 * @param judged those who are no longer in the list: to report, and to forget
 * @param selected events, which decide what to remember
 * @param reported the selected events to report
 * @param milestones numbers of friends
 * @returns the events, in the order in which the participants joined, then removals, and whether `known` has changed
 */
export async function compareParticipants(
	recognized: Recognized[],
	known: KnownParticipants,
	{ removed, gone }: Record<'removed' | 'gone', Known[]>,
	selected: string[],
	reported: string[],
	milestones: number[],
): Promise<{ polledEvents: PolledEvent[]; hasChanged: boolean }> {
	const causes = causesOf(selected);
	// Unless joins are selected, participants who have nothing need not be remembered.
	const kept = { everyone: causes.has('join'), codes: causes.has('removal') };
	const happened: PolledEvent[][] = [];
	let hasChanged = false;
	await forEachWithoutBlocking(recognized, (current) => {
		const before = current.known?.snapshot ?? '';
		const now = snapshotOf(current.row, before);
		hasChanged = known.update(current, causes.has('numbers') ? now : '', kept) || hasChanged;
		if (reported.length === 0 || (current.known && now === before)) return;
		const difference = {
			participant: current.row,
			isNew: !current.known,
			changes: changesBetween(before, now),
			milestones: milestonesBetween(before, now, milestones),
		};
		const events = eventsOf(difference, reported);
		if (events.length > 0) happened.push(events);
	});
	const removals: PolledEvent[] = [];
	await forEachWithoutBlocking(removed, ({ referralCode }) =>
		removals.push(...eventsOf(removal(referralCode), reported)),
	);
	await forEachWithoutBlocking(gone, (one) => {
		const current = { ...one, row: {}, known: one };
		hasChanged = known.update(current, one.snapshot, { ...kept, codes: false }) || hasChanged;
	});
	return {
		polledEvents: happened
			.sort(([a], [b]) => byJoining(a.subject, b.subject))
			.flat()
			.concat(removals),
		hasChanged,
	};
}
