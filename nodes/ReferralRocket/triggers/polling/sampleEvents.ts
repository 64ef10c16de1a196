import type { IDataObject } from 'n8n-workflow';
import type { ApiCall } from '../../api/apiCall';
import { readPage } from '../../lists/page';
import { defaultPageSize } from '../../api/specification';
import { byJoining } from './compareParticipants';
import { eventsOf, type PolledEvent } from './events';
import { changesBetween, milestonesBetween, snapshotOf } from './snapshot';

/** Enough of each event to see what the data looks like. */
const samplesOfEach = 5;

/**
 * @param rows participants
 * @param selected participant events
 * @param milestones numbers of friends
 * @returns a few of each event, the newest first, as if participants had just joined with everything they have
 */
export function sampleEvents(
	rows: IDataObject[],
	selected: string[],
	milestones: number[],
): PolledEvent[] {
	const found = rows
		.sort((a, b) => byJoining(b, a))
		.flatMap((participant) => {
			const snapshot = snapshotOf(participant);
			const changes = changesBetween('', snapshot);
			const reached = milestonesBetween('', snapshot, milestones);
			return eventsOf({ participant, isNew: true, changes, milestones: reached }, selected);
		});
	return selected.flatMap((name) =>
		found.filter(({ event }) => event === name).slice(0, samplesOfEach),
	);
}

/**
 * @param call of the campaign's participants
 * @returns the first page and the last one or, if its number is unknown, the second
 * @throws NodeApiError if they can't be read
 */
export async function readBothEnds(call: ApiCall): Promise<IDataObject[]> {
	const first = await readPage(call, 0, defaultPageSize);
	if (first.isLast) return first.rows;
	const lastNumber = first.total ? Math.floor((first.total - 1) / first.rows.length) : 1;
	const last = await readPage(call, lastNumber, first.pageSize);
	return [...first.rows, ...last.rows.filter((_, index) => !first.keys.includes(last.keys[index]))];
}
