import { abortableSleep } from './abortable';
import { isConnectionLost, isTimeout } from './networkErrors';
import { queueOf } from './requestQueue';
import type { Endpoint } from './specification';
import { isReadOnly } from './specification';

const maxAttempts = 5;
const firstDelayMs = 500;
const maxRetryAfterMs = 60_000;

/** How an attempt ended: with a status and headers, or with the code of a network error. */
export interface Attempt {
	status?: number;
	headers?: Record<string, unknown>;
	code?: string;
}

/**
 * Sends a request when the account's queue has a free place, and again where that is safe.
 * @param account whose limit counts: the service's address and, in short, the key
 * @param endpoint what is called: only what is read-only may be repeated after it may have arrived
 * @param signal ends the waiting in the queue and between attempts; then nothing more is sent
 * @param send makes one attempt; must not throw
 * @returns how the last attempt ended, and how many there were
 * @throws the signal's reason
 */
export async function sendWithRetry<Result extends Attempt>(
	account: string,
	endpoint: Endpoint,
	signal: AbortSignal | undefined,
	send: () => Promise<Result>,
): Promise<Result & { attempts: number }> {
	const queue = queueOf(account);
	await queue.acquire(signal);
	try {
		for (let attempts = 1; ; attempts++) {
			while (queue.pausedUntil > Date.now()) {
				await abortableSleep(queue.pausedUntil - Date.now(), signal);
			}
			signal?.throwIfAborted();
			const attempt = await send();
			if (attempts === maxAttempts || !mayRetry(endpoint, attempt)) return { ...attempt, attempts };
			const delayMs = retryAfterMs(attempt.headers) ?? backOffMs(attempts);
			if (attempt.status === 429) {
				queue.pausedUntil = Math.max(queue.pausedUntil, Date.now() + delayMs);
			}
			await abortableSleep(delayMs, signal);
		}
	} finally {
		queue.release();
	}
}

/** With 429 the service says that it did nothing; anything else may have changed something. */
function mayRetry(endpoint: Endpoint, { status, code }: Attempt): boolean {
	if (status === 429) return true;
	if (!isReadOnly(endpoint)) return false;
	return status === undefined
		? isConnectionLost(code) || isTimeout(code)
		: [500, 502, 503, 504].includes(status);
}

/** @returns what Retry-After asks for, in milliseconds and at most a minute; it holds seconds or a date */
function retryAfterMs(headers: Record<string, unknown> = {}): number | undefined {
	const given = String(headers['retry-after'] ?? '').trim();
	const isDate = /\d\d:\d\d:\d\d GMT$/.test(given);
	if (!isDate && !/^\d+$/.test(given)) return undefined;
	const ms = isDate ? Date.parse(given) - Date.now() : Number(given) * 1000;
	return Math.min(Math.max(ms, 0), maxRetryAfterMs);
}

/** Doubles after every attempt, plus up to as much again, so that not all come back at once. */
const backOffMs = (attempts: number) => firstDelayMs * 2 ** (attempts - 1) * (1 + Math.random());
