import { abortable } from './abortable';

export const maxConcurrentRequests = 10;

/** Limits how many requests an account gets at the same time, from all executions of this n8n process. */
export class RequestQueue {
	private concurrentRequests = 0;
	/** Let the next ones in, in the order they came. */
	private readonly waiting = new Set<() => void>();
	/** Until then, in epoch milliseconds, the service takes no requests. */
	pausedUntil = 0;

	get isIdle(): boolean {
		return this.concurrentRequests === 0 && this.pausedUntil <= Date.now();
	}

	/**
	 * Waits for a free place. Whoever gets one must release it.
	 * @throws the signal's reason
	 */
	async acquire(signal?: AbortSignal): Promise<void> {
		signal?.throwIfAborted();
		if (this.concurrentRequests < maxConcurrentRequests) {
			this.concurrentRequests++;
			return;
		}
		let admit = () => {};
		const admitted = new Promise<void>((resolve) => (admit = resolve));
		this.waiting.add(admit);
		// At once, as otherwise a place could be handed on to someone who has just given up.
		await abortable(signal, admitted, () => this.waiting.delete(admit));
	}

	release(): void {
		const [next] = this.waiting;
		if (next) {
			// The place is handed on, so the number stays as it is.
			this.waiting.delete(next);
			next();
		} else {
			this.concurrentRequests--;
		}
	}
}

const queues = new Map<string, RequestQueue>();

/**
 * @param account the service's address and, in short, the key
 * @returns the account's queue; a new one takes the place of idle ones
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
