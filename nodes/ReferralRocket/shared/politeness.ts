import { sleep } from 'n8n-workflow';
import type { Endpoint } from './service';

/*
 * How hard the service may be pressed. n8n starts the requests of all input items at once, so the
 * limit has to be held here, for all executions of one n8n process together.
 */

export const requestsInFlight = 10;
const tries = 5;
const firstWait = 500;
const longestWait = 60_000;

interface Line {
	inFlight: number;
	/** Each is called when it is its turn. */
	waiting: Set<() => void>;
	/** Until then, in epoch milliseconds, the service takes no requests. */
	pausedUntil: number;
}

const lines = new Map<string, Line>();

/** How a try ended: with a status and headers, or with the code of what went wrong on the network. */
export interface Outcome {
	status?: number;
	headers?: Record<string, unknown>;
	code?: string;
}

/**
 * Sends a request when it is its turn, and again where that is safe.
 * @param account the address and the key that the limit is for: one key must not hold up another
 * @param endpoint what is asked: only a GET may be repeated after it may have reached the service
 * @param signal ends all waiting at once, so that nothing is sent after it
 * @param send makes one try; must not throw
 * @returns how the last try ended, and how many there were
 * @throws the signal's reason
 */
export async function inTurn<Result extends Outcome>(
	account: string,
	endpoint: Endpoint,
	signal: AbortSignal | undefined,
	send: () => Promise<Result>,
): Promise<Result & { tries: number }> {
	const line = lines.get(account) ?? { inFlight: 0, waiting: new Set(), pausedUntil: 0 };
	lines.set(account, line);
	await enter(line, signal);
	try {
		for (let made = 1; ; made++) {
			signal?.throwIfAborted();
			while (line.pausedUntil > Date.now()) await pause(line.pausedUntil - Date.now(), signal);
			const outcome = await send();
			if (made === tries || !mayRepeat(endpoint, outcome)) return { ...outcome, tries: made };
			const wait = askedWait(outcome.headers) ?? backOff(made);
			if (outcome.status === 429) line.pausedUntil = Math.max(line.pausedUntil, Date.now() + wait);
			await pause(wait, signal);
		}
	} finally {
		leave(line);
		if (line.inFlight === 0 && line.pausedUntil <= Date.now()) lines.delete(account);
	}
}

async function enter(line: Line, signal: AbortSignal | undefined) {
	signal?.throwIfAborted();
	if (line.inFlight < requestsInFlight) {
		line.inFlight++;
		return;
	}
	await untilAborted(signal, (done) => {
		line.waiting.add(done);
		return () => line.waiting.delete(done);
	});
}

/** Whoever waits longest gets the place that becomes free, so that nobody can take it meanwhile. */
function leave(line: Line) {
	const [next] = line.waiting;
	if (next) {
		line.waiting.delete(next);
		next();
	} else {
		line.inFlight--;
	}
}

/** Waits; in n8n 1, sleep takes no signal. */
const pause = async (milliseconds: number, signal: AbortSignal | undefined) =>
	await untilAborted(signal, (done) => {
		void sleep(milliseconds, signal).then(done, done);
		return () => {};
	});

/**
 * @param start is given what ends the waiting, and returns what is to be done when it is aborted
 * @throws the signal's reason, as soon as it aborts
 */
async function untilAborted(
	signal: AbortSignal | undefined,
	start: (done: () => void) => () => void,
) {
	await new Promise<void>((resolve, reject) => {
		const abort = () => {
			cleanUp();
			reject(signal?.reason as Error);
		};
		const done = () => {
			signal?.removeEventListener('abort', abort);
			resolve();
		};
		signal?.addEventListener('abort', abort, { once: true });
		const cleanUp = start(done);
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
function askedWait(headers: Record<string, unknown> = {}): number | undefined {
	const asked = String(headers['retry-after'] ?? '').trim();
	const isDate = /\d\d:\d\d:\d\d GMT$/.test(asked);
	if (!isDate && !/^\d+$/.test(asked)) return undefined;
	const milliseconds = isDate ? Date.parse(asked) - Date.now() : Number(asked) * 1000;
	return Math.min(Math.max(milliseconds, 0), longestWait);
}

/** Twice as long after every try, and up to as much again, so that not all come back at once. */
const backOff = (made: number) => firstWait * 2 ** (made - 1) * (1 + Math.random());
