import type { IDataObject } from 'n8n-workflow';
import { forEachWithoutBlocking } from '../../api/eventLoop';
import { shortHash } from '../../api/hash';
import { readList } from '../../api/pagination/readList';
import { participantKey } from '../../api/participant';
import type { ApiCall } from '../../api/apiCall';
import { happeningsOf, hasJoining, isOnlyJoining, type Happening } from './events';
import { byJoining, newestAt } from './joining';
import { lastReadOf, type LastRead } from './lastReads';
import { readNewcomers } from './newcomers';
import { keyLength, readParticipants, writeParticipants, type PollState } from './pollState';
import { changesBetween, snapshotOf } from './snapshot';

/** What is polled. */
export interface Watch {
	/** Of the campaign's participants. */
	call: ApiCall;
	/** The trigger's workflow and node. */
	trigger: string;
	/** What the workflow is to be started for. */
	events: string[];
}

/** What a poll has found out about participants. */
interface Found {
	/** In the order in which they joined. */
	happenings: Happening[];
	/** What is to be remembered: PollState.participants. */
	participants: string;
	/** What is known of the list from now on, where that spares reading it whole. */
	lastRead?: LastRead;
}

const keyOf = (participant: IDataObject) => shortHash(participantKey(participant), keyLength);

/**
 * @param watch what is polled
 * @param remembered what is known of the campaign
 * @param told the events to tell of
 * @param total how many participants the campaign says it has
 */
export async function findParticipants(
	{ call, events, trigger }: Watch,
	remembered: PollState,
	told: string[],
	total?: number,
): Promise<Found> {
	const written = remembered.participants;
	const isOnlyNewcomers = isOnlyJoining(events);
	// Elsewhere someone who has nothing is as someone who was not there.
	const isEveryoneKept = hasJoining(events);
	const last = isOnlyNewcomers ? lastReadOf(trigger, written) : undefined;
	if (last?.isTotalRight && last.count === total) {
		return { happenings: [], participants: last.participants };
	}

	const known = await readParticipants(written ?? '');
	const newcomers =
		last && (await readNewcomers(call, (one) => known.has(keyOf(one)), last, total));
	const rows = newcomers ?? (await readList(call, Infinity, (participant) => participant));
	const happenings: Happening[] = [];
	const seen = new Set<string>();
	let isDifferent = written === undefined;
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
		happenings.push(...happeningsOf({ participant, isNew: before === undefined, changes }, told));
	});
	const participants = isDifferent ? await writeParticipants(known) : String(written);
	happenings.sort((a, b) => byJoining(a.subject, b.subject));
	if (!isOnlyNewcomers) return { happenings, participants };
	const lastWhole = newcomers ? last : undefined;
	const count = lastWhole ? lastWhole.count + rows.length : rows.length;
	return {
		happenings,
		participants,
		lastRead: {
			participants,
			count,
			// A total that the list does not bear out counts something else, or is ahead of the list.
			isTotalRight: total === count,
			newestAt: lastWhole ? lastWhole.newestAt : newestAt(rows),
			readAt: lastWhole ? lastWhole.readAt : Date.now(),
		},
	};
}
