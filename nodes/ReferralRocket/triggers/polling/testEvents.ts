import type { IDataObject } from 'n8n-workflow';
import { readCampaign } from '../../api/campaign';
import { readPage } from '../../api/pagination/page';
import { defaultPageSize } from '../../api/specification';
import type { ApiCall } from '../../api/apiCall';
import { statusEvent } from './detectChanges';
import { campaignStatusChanged, eventsOf, participantEvents, type PolledEvent } from './events';
import { byJoining } from './joining';
import { changesBetween, snapshotOf } from './snapshot';

/** Of each event; enough to see what the data looks like. */
const shownOfEach = 5;

/**
 * What a test in the editor shows: the campaign as it is, and participants as if they had just joined with
 * all that they have.
 * @param call of the campaign's participants
 * @param chosen events
 * @returns a few of each event, the newest first; of the two pages of the list where the newest may be
 */
export async function testEvents(call: ApiCall, chosen: string[]): Promise<PolledEvent[]> {
	const polledEvents: PolledEvent[] = [];
	if (chosen.includes(campaignStatusChanged)) {
		polledEvents.push(statusEvent(String(call.values.campaign), await readCampaign(call)));
	}
	const events = chosen.filter((event) => event in participantEvents);
	const rows = events.length > 0 ? await readTwoPages(call) : [];
	rows.sort((a, b) => byJoining(b, a));
	const found = rows.flatMap((participant) => {
		const changes = changesBetween('', snapshotOf(participant));
		return eventsOf({ participant, isNew: true, changes }, events);
	});
	for (const name of events) {
		polledEvents.push(...found.filter(({ event }) => event === name).slice(0, shownOfEach));
	}
	return polledEvents;
}

/** The first page, and the last or, where that is not known, the second. */
async function readTwoPages(call: ApiCall): Promise<IDataObject[]> {
	const first = await readPage(call, 0, defaultPageSize);
	if (first.isLast) return first.rows;
	const other = first.total ? Math.floor((first.total - 1) / first.rows.length) : 1;
	const second = await readPage(call, other, first.pageSize);
	const rows = new Map<string, IDataObject>();
	first.rows.forEach((row, index) => rows.set(first.keys[index], row));
	second.rows.forEach((row, index) => rows.set(second.keys[index], row));
	return [...rows.values()];
}
