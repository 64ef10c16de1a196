import type { End } from './joining';

/** How often a list is read whole even where its newest participants would do, in milliseconds. */
const wholeAtLeastEveryMs = 3_600_000;

/** What is known of a campaign's list since it was last read whole. */
export interface LastRead {
	/** What was remembered of the campaign then: PollState.participants. */
	participants: string;
	/** Participants in the list. */
	count: number;
	/** Whether the campaign said that it had as many. */
	isTotalRight: boolean;
	/** Where the newest were. */
	newestAt?: End;
	/** When it was read whole, in epoch milliseconds. */
	readAt: number;
}

/*
 * Kept in this process and not by n8n: it changes at every poll, and n8n would have to store all that is
 * remembered again. After a restart the list is read whole once.
 */
const lastReads = new Map<string, LastRead>();

/** A clock that was ahead once must not keep a list from being read. */
function isRecent(readAt: number) {
	const ageMs = Date.now() - readAt;
	return ageMs >= 0 && ageMs < wholeAtLeastEveryMs;
}

/**
 * @param trigger its workflow and node
 * @param participants what is remembered of the campaign now
 * @returns what is known of the list; undefined where it is time to read it whole, also because n8n has
 * given this poll another state than the one that the last poll left
 */
export function lastReadOf(trigger: string, participants?: string): LastRead | undefined {
	const last = lastReads.get(trigger);
	return last && last.participants === participants && isRecent(last.readAt) ? last : undefined;
}

/** Keeps what is known of the list of a trigger, and forgets what is of no use any more. */
export function keepLastRead(trigger: string, last: LastRead): void {
	for (const [other, { readAt }] of lastReads) if (!isRecent(readAt)) lastReads.delete(other);
	lastReads.set(trigger, last);
}
