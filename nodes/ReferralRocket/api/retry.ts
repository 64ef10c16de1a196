import { sleep } from 'n8n-workflow';
import type { Endpoint } from './specification';

/*
 * How hard the service may be pressed: one queue for each account, for all executions of one n8n
 * process together.
 */

export const requestsInFlight = 10;
const maxAttempts = 5;
const firstWaitMs = 500;
const longestWaitMs = 60_000;

interface RequestQueue {
	inFlight: number;
	/** Let the next ones in, in the order they came. */
	waiting: Set<() => void>;
	/** Until then, in epoch milliseconds, the service takes no requests. */
	pausedUntil: number;
}

const queues = new Map<string, RequestQueue>();

/** How an attempt ended: with a status and headers, or with the code of what went wrong on the network. */
export interface Outcome {
	status?: number;
	headers?: Record<string, unknown>;
	code?: string;
}

/**
 * Sends a request when it is its turn, and again where that is safe.
 * @param account whose limit it is: the service's address and, in short, the key
 * @param endpoint what is asked: only a GET may be repeated after it may have reached the service
 * @param signal ends the waiting for a place and between attempts; then nothing is sent any more
 * @param send makes one attempt; must not throw
 * @returns how the last attempt ended, and how many there were
 * @throws the signal's reason
 */
export async function sendWithRetry<Result extends Outcome>(
	account: string,
	endpoint: Endpoint,
	signal: AbortSignal | undefined,
	send: () => Promise<Result>,
): Promise<Result & { tries: number }> {
	const queue = queueOf(account);
	await enter(queue, signal);
	try {
		for (let tries = 1; ; tries++) {
			while (queue.pausedUntil > Date.now()) await wait(queue.pausedUntil - Date.now(), signal);
			signal?.throwIfAborted();
			const outcome = await send();
			if (tries === maxAttempts || !mayRepeat(endpoint, outcome)) return { ...outcome, tries };
			const waitMs = retryAfterMs(outcome.headers) ?? backOffMs(tries);
			if (outcome.status === 429) {
				queue.pausedUntil = Math.max(queue.pausedUntil, Date.now() + waitMs);
			}
			await wait(waitMs, signal);
		}
	} finally {
		leave(queue);
	}
}

/** @returns the account's queue; a new one takes the place of those that nobody needs any more */
function queueOf(account: string): RequestQueue {
	let queue = queues.get(account);
	if (queue) return queue;
	for (const [name, { inFlight, pausedUntil }] of queues) {
		if (inFlight === 0 && pausedUntil <= Date.now()) queues.delete(name);
	}
	queue = { inFlight: 0, waiting: new Set(), pausedUntil: 0 };
	queues.set(account, queue);
	return queue;
}

async function enter(queue: RequestQueue, signal?: AbortSignal): Promise<void> {
	signal?.throwIfAborted();
	if (queue.inFlight < requestsInFlight) {
		queue.inFlight++;
		return;
	}
	await new Promise<void>((resolve, reject) => {
		const goIn = () => {
			signal?.removeEventListener('abort', giveUp);
			resolve();
		};
		const giveUp = () => {
			queue.waiting.delete(goIn);
			reject(signal?.reason);
		};
		queue.waiting.add(goIn);
		signal?.addEventListener('abort', giveUp, { once: true });
	});
}

function leave(queue: RequestQueue): void {
	const [next] = queue.waiting;
	if (next) {
		// The place is handed on, so inFlight stays as it is.
		queue.waiting.delete(next);
		next();
	} else {
		queue.inFlight--;
	}
}

/**
 * n8n's own sleep can't be ended in n8n 1.
 * @param ms milliseconds
 * @param signal ends the waiting
 * @throws the signal's reason
 */
export async function wait(ms: number, signal?: AbortSignal): Promise<void> {
	signal?.throwIfAborted();
	await new Promise<void>((resolve, reject) => {
		const giveUp = () => reject(signal?.reason);
		signal?.addEventListener('abort', giveUp, { once: true });
		sleep(ms, signal).then(() => {
			signal?.removeEventListener('abort', giveUp);
			resolve();
		}, reject);
	});
}

/** With 429 the service says that it did nothing; anything else may have changed something. */
function mayRepeat({ method }: Endpoint, { status, code }: Outcome): boolean {
	if (status === 429) return true;
	if (method !== 'GET') return false;
	return status === undefined
		? isCutOff(code) || isTimeout(code)
		: [500, 502, 503, 504].includes(status);
}

/** @returns whether a connection that stood has ended before the answer did */
export const isCutOff = (code: string | undefined) =>
	/^(ECONNRESET|EPIPE|ERR_BAD_RESPONSE|ERR_STREAM_PREMATURE_CLOSE|HPE_.*|Z_.*)$/.test(code ?? '');

/** @returns whether the answer did not come in time */
export const isTimeout = (code: string | undefined) =>
	/^(ETIMEDOUT|ECONNABORTED|ERR_CANCELED)$/.test(code ?? '');

/** @returns what Retry-After asks for, in milliseconds and at most a minute; it holds seconds or a date */
function retryAfterMs(headers: Record<string, unknown> = {}): number | undefined {
	const asked = String(headers['retry-after'] ?? '').trim();
	const isDate = /\d\d:\d\d:\d\d GMT$/.test(asked);
	if (!isDate && !/^\d+$/.test(asked)) return undefined;
	const milliseconds = isDate ? Date.parse(asked) - Date.now() : Number(asked) * 1000;
	return Math.min(Math.max(milliseconds, 0), longestWaitMs);
}

/** Twice as long after every attempt, and up to as much again, so that not all come back at once. */
const backOffMs = (tries: number) => firstWaitMs * 2 ** (tries - 1) * (1 + Math.random());
