import { sleep } from 'n8n-workflow';
import { abortable } from '../helpers/abortable';
import { rateLimit } from './specification';

export const maxConcurrentRequests = 10;
/** After this many accepted requests, one more may be in flight. */
const acceptedPerStep = 20;

/**
 * Limits how many requests of an account are in flight, from all executions of this n8n process, and slows
 * down when the service reports that its rate limit is reached.
 */
export class RequestQueue {
	private inFlight = 0;
	private limit = maxConcurrentRequests;
	private accepted = 0;
	/** Each admits one request, in the order in which they were queued. */
	private readonly waiting = new Set<() => void>();
	private pauses = 0;
	/** The pauses since the queue was idle or the service accepted a request, in milliseconds. */
	private pausedMs = 0;

	get isIdle(): boolean {
		return this.inFlight === 0 && this.pauses === 0;
	}

	/**
	 * Waits until a request may be sent. The caller must then call release.
	 * @param signal aborts the wait
	 * @throws the signal's reason
	 */
	async acquire(signal?: AbortSignal): Promise<void> {
		if (this.isIdle) this.pausedMs = 0;
		let admit = () => {};
		const admitted = new Promise<void>((resolve) => (admit = resolve));
		this.waiting.add(admit);
		this.admitNext();
		if (!this.waiting.has(admit)) return;
		// Removed at once, or a request that was just aborted could be admitted.
		await abortable(signal, admitted, () => this.waiting.delete(admit));
	}

	release(): void {
		this.inFlight--;
		this.admitNext();
	}

	/** Call this before release if the service has accepted the request, whatever its response. */
	speedUp(): void {
		this.pausedMs = 0;
		this.accepted++;
		if (this.accepted % acceptedPerStep === 0 && this.limit < maxConcurrentRequests) this.limit++;
	}

	/**
	 * Call this before release if the service has refused the request because of its rate limit.
	 * @param retryAfterMs the wait that the service asks for, if it does
	 * @returns false if the account's requests have been refused for minutes, with none accepted meanwhile
	 */
	slowDown(retryAfterMs?: number): boolean {
		const { windowMs } = rateLimit;
		const firstPauseMs = windowMs / 120;
		// Requests that were in flight together are refused together: they count once.
		const isNew = this.pauses === 0;
		if (isNew) {
			this.limit = Math.max(Math.floor(this.limit / 2), 1);
			this.accepted = 0;
			if (this.pausedMs >= 3 * windowMs) return false;
		}
		// Doubles from half a second to a minute. Retry-After can be too short.
		const pauseMs = Math.max(retryAfterMs ?? firstPauseMs, isNew ? this.pausedMs : 0);
		if (isNew) this.pausedMs += Math.max(Math.min(pauseMs, windowMs), firstPauseMs);
		void this.pause(Math.min(pauseMs, windowMs));
		return true;
	}

	private async pause(ms: number): Promise<void> {
		this.pauses++;
		await sleep(ms);
		this.pauses--;
		this.admitNext();
	}

	private admitNext(): void {
		for (const admit of this.waiting) {
			if (this.pauses > 0 || this.inFlight >= this.limit) return;
			this.waiting.delete(admit);
			this.inFlight++;
			admit();
		}
	}
}

const queues = new Map<string, RequestQueue>();

/**
 * @param account as accountOf returns it
 * @returns the account's queue; a new one replaces idle ones
 */
export function queueOf(account: string): RequestQueue {
	let queue = queues.get(account);
	if (queue) return queue;
	for (const [name, { isIdle }] of queues) {
		if (isIdle) queues.delete(name);
	}
	queue = new RequestQueue();
	queues.set(account, queue);
	return queue;
}
