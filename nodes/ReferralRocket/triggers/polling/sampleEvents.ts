import type { IDataObject } from 'n8n-workflow';
import { byJoining } from './compareParticipants';
import { eventsOf, removal, type Changes, type Difference, type PolledEvent } from './events';
import { changesBetween, milestonesBetween, snapshotOf } from './snapshot';

/** Enough of each event to see what the data looks like. */
const samplesOfEach = 5;

/**
 * @param rows participants
 * @param selected participant events
 * @param milestones numbers of friends
 * @returns a few of each event, the newest first, as if participants had just joined with everything they have;
 * if there are none, as if their numbers had just halved; as removed, only someone who doesn't exist
 */
export function sampleEvents(
	rows: IDataObject[],
	selected: string[],
	milestones: number[],
): PolledEvent[] {
	rows.sort((a, b) => byJoining(b, a));
	const joined = rows.map((participant): Difference => {
		const snapshot = snapshotOf(participant);
		const reached = milestonesBetween('', snapshot, milestones);
		const changes = changesBetween('', snapshot);
		return { participant, isNew: true, changes, milestones: reached };
	});
	const halved = joined.map((difference) => ({
		...difference,
		isNew: false,
		changes: halvedTo(difference.changes),
		milestones: [],
	}));
	// Nobody real: the workflow may delete whoever was removed.
	const removed = rows.slice(0, 1).map(() => removal('SAMPLE'));
	return selected.flatMap((name) => {
		const found = [joined, halved, removed].map((differences) =>
			differences.flatMap((difference) => eventsOf(difference, [name])),
		);
		return (found.find(({ length }) => length > 0) ?? []).slice(0, samplesOfEach);
	});
}

const halvedTo = (changes: Changes): Changes =>
	Object.fromEntries(
		Object.entries(changes)
			.filter(([, { to }]) => typeof to === 'number')
			.map(([name, { to }]) => [name, { from: 2 * Number(to), to }]),
	);
