import type { IDataObject } from 'n8n-workflow';
import { readList } from '../../api/pagination/readList';
import type { ApiCall } from '../../api/apiCall';
import { compareParticipants, type Compared } from './compareParticipants';
import { isOnlyJoining } from './events';
import { newestAt } from './joining';
import { lastReadOf, type LastRead } from './lastReads';
import { readNewcomers } from './newcomers';
import { identityOf, KnownParticipants } from './knownParticipants';
import type { PollState } from './pollState';

/** What is polled. */
export interface Watch {
	/** Of the campaign's participants. */
	call: ApiCall;
	/** The trigger's workflow and node. */
	trigger: string;
	/** What the workflow is to be started for. */
	events: string[];
}

interface Found extends Compared {
	participants: string;
	/** What is known of the list from now on, where that can spare reading it whole. */
	lastRead?: LastRead;
}

/**
 * Reads as much of the list as is needed for the chosen events.
 * @param watch what is polled
 * @param remembered what is known of the campaign
 * @param told the events to tell of
 * @param total how many participants the campaign says it has
 * @returns what has happened to participants, and what is to be remembered of them
 * @throws NodeApiError when the list can't be read
 */
export async function findParticipants(
	{ call, events, trigger }: Watch,
	{ participants: written = '' }: PollState,
	told: string[],
	total?: number,
): Promise<Found> {
	const isOnlyNewcomers = isOnlyJoining(events);
	const last = isOnlyNewcomers ? lastReadOf(trigger, written) : undefined;
	if (last?.isTotalRight && last.count === total)
		return { polledEvents: [], participants: written };

	const known = await KnownParticipants.read(written);
	const isKnown = (row: IDataObject) => {
		const identity = identityOf(row);
		return !identity || known.findExactly(identity) !== undefined;
	};
	const atOneEnd = last && (await readNewcomers(call, isKnown, last, total));
	// Someone whose code or email is known has changed the other, or shares a hash with someone.
	const newcomers = atOneEnd?.every((row) => known.isNew(identityOf(row))) ? atOneEnd : undefined;
	const rows = newcomers ?? (await readWholeList(call));
	const compared = await compareParticipants(rows, known, events, told);
	const found = { ...compared, participants: compared.participants ?? written };
	if (!isOnlyNewcomers) return found;

	const whole =
		newcomers && last ? last : { count: 0, newestAt: newestAt(rows), readAt: Date.now() };
	const count = whole.count + rows.length;
	return {
		...found,
		lastRead: {
			...whole,
			participants: found.participants,
			count,
			// A total that the list does not bear out counts something else, or is ahead of the list.
			isTotalRight: total === count,
		},
	};
}

async function readWholeList(call: ApiCall): Promise<IDataObject[]> {
	const all: IDataObject[] = [];
	for await (const rows of readList(call)) for (const row of rows) all.push(row);
	return all;
}
