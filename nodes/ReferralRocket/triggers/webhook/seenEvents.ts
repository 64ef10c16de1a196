import { sleep } from 'n8n-workflow';

/** Events that are remembered at the most; beyond that the oldest are forgotten first. */
const maxEvents = 5000;
/** The service delivers again for several days. */
const daysRemembered = 8;
const dayInMs = 86_400_000;

/** Characters of a key, of six bits each: with 5,000 remembered, 1 new event in 14 million looks seen. */
export const keyLength = 6;

/** What n8n keeps with the workflow: the keys of the events of each day, one after the other. */
export interface StoredEvents {
	/** By day, in days since 1970. */
	received?: Record<string, string>;
}

/** The response to a delivery, the part of Node.js's ServerResponse that matters here. */
interface DeliveryResponse {
	statusCode: number;
	/** n8n has responded, whether or not the service still listens. */
	writableEnded: boolean;
	/** The service has hung up. */
	destroyed: boolean;
}

/** How long a delivery waits for others at the most, in milliseconds: what it waits for may hang. */
const maxWaitMs = 5000;

/**
 * Remembers which events have started the workflow. The service sends no ID of a delivery and delivers
 * again what did not get a 200, so an event counts as seen only when n8n has started the
 * workflow for it. n8n reads and writes what it stores for each delivery anew, so deliveries at the
 * same time overwrite one another there: what this process knows is kept here as well.
 */
export class SeenEvents {
	/** Key → the day it came, the oldest first. */
	private readonly seen = new Map<string, number>();
	/** Events that n8n could not start the workflow for, also where they are stored as seen. */
	private readonly notStarted = new Set<string>();
	private readonly inProgress = new Map<string, DeliveryResponse>();
	private arrivals = 0;

	/**
	 * Tells whether a delivery is the first of its event. While n8n still works on another delivery of
	 * the same event, it waits for what becomes of that one. n8n may store an older state last where it
	 * works on several deliveries at once, so the newest delivery waits until n8n has responded to all others
	 * or a newer one comes: what is stored in the end holds them all.
	 * @param key what makes the event the same one
	 * @param stored what n8n has stored; other processes may have added to it
	 * @param response to the delivery
	 */
	async markInProgress(
		key: string,
		stored: StoredEvents,
		response: DeliveryResponse,
	): Promise<boolean> {
		const arrival = ++this.arrivals;
		const latest = Date.now() + maxWaitMs;
		const mustWait = () =>
			this.inProgress.has(key) ||
			(arrival === this.arrivals && this.inProgress.size > 0 && Date.now() < latest);
		this.settle();
		while (mustWait() && !response.destroyed) {
			await sleep(20);
			this.settle();
		}
		const isComplete = this.load(stored);
		if (this.inProgress.has(key)) return false;
		this.inProgress.set(key, response);
		if (!this.seen.has(key)) {
			this.notStarted.delete(key);
			return true;
		}
		if (!isComplete) this.save(stored);
		return false;
	}

	/**
	 * Makes an event a seen one, and writes everything that is known into what n8n stores.
	 * @param key of an event that is in progress
	 */
	markSeen(key: string, stored: StoredEvents): void {
		const today = Math.floor(Date.now() / dayInMs);
		this.seen.set(key, today);
		for (const [oldest, day] of this.seen) {
			if (this.seen.size <= maxEvents && day > today - daysRemembered) break;
			this.seen.delete(oldest);
		}
		this.save(stored);
	}

	/** Once n8n has responded, it is known whether it has started the workflow. */
	private settle(): void {
		for (const [key, { writableEnded, statusCode }] of this.inProgress) {
			if (!writableEnded) continue;
			this.inProgress.delete(key);
			if (statusCode < 400) continue;
			this.seen.delete(key);
			this.notStarted.add(key);
		}
		for (const key of this.notStarted) {
			if (this.notStarted.size <= maxEvents) break;
			this.notStarted.delete(key);
		}
	}

	/** @returns whether all that is known is stored */
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

	private save(stored: StoredEvents): void {
		const received: Record<string, string> = {};
		for (const [key, day] of this.seen) received[day] = (received[day] ?? '') + key;
		stored.received = received;
	}
}
