/** Maximum remembered events; the oldest are forgotten first. */
const maxEvents = 5000;
const dayInMs = 86_400_000;
/** The service retries for several days; an older event is rejected. */
const maxAgeInDays = 7;
/** Two days longer: one because a day is remembered from its start, one in case the service's clock is ahead. */
const daysRemembered = maxAgeInDays + 2;
/** For this long, the service may retry an event even after 5,000 newer ones. */
const minAgeInDays = 1;
const today = () => Math.floor(Date.now() / dayInMs);
/** How long storing may be put off while n8n keeps starting executions, or hangs. */
const maxUnstoredMs = 1000;

/** Characters of a key, of six bits each: with 5,000 remembered events, 1 new event in 14 million looks seen. */
export const keyLength = 6;

/** What n8n stores for the node: for each day, the keys of the events received, concatenated. */
export interface StoredEvents {
	/** By day, in days since 1970. */
	received?: Record<string, string>;
}

/** The part of Node.js's ServerResponse that is used here. */
export interface DeliveryResponse {
	statusCode: number;
	/** n8n has responded, even if the service has disconnected. */
	writableEnded: boolean;
	/** The service has disconnected. */
	destroyed: boolean;
	once(event: 'close', listener: () => void): unknown;
}

export type Outcome = 'new' | 'repeat' | 'inProgress' | 'tooOld';

/**
 * Remembers which events have started the workflow. The service sends no delivery ID, and it delivers an event again
 * unless it gets a 200, so an event counts as seen only once n8n has started the workflow.
 *
 * For each delivery, n8n reads what it has stored, and writes it again if it has changed. Writes may overtake each
 * other, so each writes everything that this process knows, and the next begins only after n8n has responded to the
 * delivery that wrote.
 */
export class SeenEvents {
	/** Key → the day it was received, oldest first. */
	private readonly seen = new Map<string, number>();
	/** Events for which n8n could not start the workflow, even if they are stored as seen. */
	private readonly notStarted = new Set<string>();
	private readonly inProgress = new Map<
		string,
		{ response: DeliveryResponse; isStarting: boolean }
	>();
	/** The response that n8n sends once it has written. */
	private writing: DeliveryResponse | undefined;
	/** Lets the newest delivery stop waiting. */
	private continueNewest = () => {};
	/** When the first event was seen that isn't stored yet; Unix time in milliseconds. */
	private unstoredSince: number | undefined;

	/**
	 * @param key identifies the event
	 * @param time the latest time in the event, in Unix milliseconds, if it has one
	 * @param stored what n8n has stored; other processes may have added to it
	 * @param response to the delivery
	 * @returns what to do with the delivery: only a new event starts the workflow
	 */
	async receive(
		key: string,
		time: number | undefined,
		stored: StoredEvents,
		response: DeliveryResponse,
	): Promise<Outcome> {
		this.settle();
		if (this.inProgress.has(key)) return 'inProgress';
		const isComplete = this.load(stored);
		const day = this.seen.get(key);
		if (day !== undefined) {
			// Remembered from now on, as this delivery may be replayed for as long as the first one.
			if (day !== today()) this.remember(key);
			if (day !== today() || (!isComplete && !this.writing)) this.write(stored, response);
			return 'repeat';
		}
		if (time !== undefined && time < this.forgottenUntil()) return 'tooOld';
		this.notStarted.delete(key);
		this.inProgress.set(key, { response, isStarting: true });
		// Only the newest delivery waits for the write to end: it writes for those before it.
		this.continueNewest();
		if (this.writing) await new Promise<void>((resolve) => (this.continueNewest = resolve));
		return 'new';
	}

	/**
	 * Marks a new event as seen.
	 * @param stored what n8n writes next
	 */
	markSeen(key: string, stored: StoredEvents): void {
		const delivery = this.inProgress.get(key);
		if (!delivery?.isStarting) return;
		delivery.isStarting = false;
		this.remember(key);
		this.write(stored, delivery.response);
	}

	private remember(key: string): void {
		this.seen.delete(key);
		this.seen.set(key, today());
		for (const [oldest, day] of this.seen) {
			if (this.seen.size <= maxEvents && day > today() - daysRemembered) break;
			this.seen.delete(oldest);
		}
	}

	/** Once n8n has responded, its status says whether it has started the workflow. */
	private settle(): void {
		for (const [key, { response }] of this.inProgress) {
			if (!response.writableEnded) continue;
			this.inProgress.delete(key);
			if (response.statusCode < 400) continue;
			this.seen.delete(key);
			this.notStarted.add(key);
		}
		for (const key of this.notStarted) {
			if (this.notStarted.size <= maxEvents) break;
			this.notStarted.delete(key);
		}
	}

	/** @returns the time before which an event that isn't remembered may have been forgotten; Unix milliseconds */
	private forgottenUntil(): number {
		const now = Date.now();
		const tooOld = now - maxAgeInDays * dayInMs;
		if (this.seen.size < maxEvents) return tooOld;
		const [oldestDay] = this.seen.values();
		return Math.max(tooOld, Math.min((oldestDay + 1) * dayInMs, now - minAgeInDays * dayInMs));
	}

	/** @returns whether everything known is stored */
	private load({ received = {} }: StoredEvents): boolean {
		let storedKeys = 0;
		for (const [day, keys] of Object.entries(received)) {
			for (let start = 0; start < keys.length; start += keyLength) {
				const key = keys.slice(start, start + keyLength);
				storedKeys++;
				if (!this.seen.has(key) && !this.notStarted.has(key)) this.seen.set(key, Number(day));
			}
		}
		return storedKeys === this.seen.size;
	}

	/** Leaves writing to the last delivery for which n8n is still starting the workflow: one write is enough. */
	private write(stored: StoredEvents, response: DeliveryResponse): void {
		const isLast = ![...this.inProgress.values()].some(
			(other) => other.isStarting && !other.response.writableEnded,
		);
		const now = Date.now();
		this.unstoredSince ??= now;
		if (!isLast && (this.writing || now - this.unstoredSince < maxUnstoredMs)) return;
		this.unstoredSince = undefined;
		const received: Record<string, string> = {};
		for (const [key, day] of this.seen) received[day] = (received[day] ?? '') + key;
		stored.received = received;
		if (response.destroyed) return;
		this.writing = response;
		response.once('close', () => {
			if (this.writing === response) this.writing = undefined;
			this.continueNewest();
		});
	}
}
