import { abortableSleep } from '../helpers/abortable';
import { isConnectionLost, isTimeout } from './networkErrors';
import { queueOf } from './requestQueue';
import { retryAfterOf } from './response';
import { isReadOnly, rateLimit, type Endpoint } from './specification';

/** For a request that may be repeated; attempts that the rate limit refused don't count. */
const maxAttempts = 5;
/** For a request that the rate limit keeps refusing while others pass. */
const maxRefusals = 30;
const firstDelayMs = 500;
/** After these, the service or a proxy in front of it may soon recover. */
const retriableStatuses = [408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524];

/** How an attempt ended: with a status and headers, or with the code of a network error. */
export interface Attempt {
	status?: number;
	headers?: Record<string, unknown>;
	code?: string;
}

/**
 * Sends a request when it is its turn in the account's queue, and again if that is safe.
 * @param account as accountOf returns it; each has its own queue
 * @param endpoint decides whether a request may be repeated if it may have arrived
 * @param signal aborts the wait in the queue and between attempts; then nothing more is sent
 * @param send makes one attempt; must not throw
 * @returns the result of the last attempt, and how many there were
 * @throws the signal's reason
 */
export async function sendWithRetry<Result extends Attempt>(
	account: string,
	endpoint: Endpoint,
	signal: AbortSignal | undefined,
	send: () => Promise<Result>,
): Promise<Result & { attempts: number }> {
	const queue = queueOf(account);
	for (let attempts = 1, refusals = 0; ; attempts++) {
		await queue.acquire(signal);
		let attempt: Result;
		let mayRepeat: boolean;
		try {
			signal?.throwIfAborted();
			attempt = await send();
			if (attempt.status === 429) {
				mayRepeat = queue.slowDown(retryAfterOf(attempt.headers)) && ++refusals < maxRefusals;
			} else {
				if (attempt.status !== undefined) queue.speedUp();
				mayRepeat = attempts - refusals < maxAttempts && isSafeToRepeat(endpoint, attempt);
			}
		} finally {
			queue.release();
		}
		if (!mayRepeat) return { ...attempt, attempts };
		// After 429 the queue waits.
		if (attempt.status === 429) continue;
		const delayMs = retryAfterOf(attempt.headers) ?? backOffMs(attempts - refusals);
		await abortableSleep(Math.min(delayMs, rateLimit.windowMs), signal);
	}
}

/** A request that changes something may have taken effect, whatever its response. */
function isSafeToRepeat(endpoint: Endpoint, { status, code }: Attempt): boolean {
	if (!isReadOnly(endpoint)) return false;
	return status === undefined
		? isConnectionLost(code) || isTimeout(code)
		: retriableStatuses.includes(status);
}

/** Doubles after every attempt. Up to 100 percent is added at random, so that not all retry at once. */
const backOffMs = (attempts: number) => firstDelayMs * 2 ** (attempts - 1) * (1 + Math.random());
