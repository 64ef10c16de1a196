import { sleep } from 'n8n-workflow';

const callbacksOf = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Node.js warns of a leak if a signal has more than ten listeners, so all callbacks share one listener.
 * @param signal of an execution or an item
 * @param callback called synchronously when the signal is aborted, or at once if it already is
 * @returns a function that removes the callback
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
	if (!signal) return () => undefined;
	let callbacks = callbacksOf.get(signal);
	if (!callbacks) {
		const all = new Set<() => void>();
		signal.addEventListener('abort', () => all.forEach((call) => call()), { once: true });
		callbacksOf.set(signal, all);
		callbacks = all;
	}
	callbacks.add(callback);
	if (signal.aborted) callback();
	return () => callbacks.delete(callback);
}

/**
 * @param signal aborts the wait
 * @param work what to wait for
 * @param onAborted called synchronously when the signal is aborted
 * @returns the result of the work
 * @throws the signal's reason
 */
export async function abortable<Result>(
	signal: AbortSignal | undefined,
	work: Promise<Result>,
	onAborted?: () => void,
): Promise<Result> {
	let forget = () => {};
	const aborted = new Promise<never>((_, reject) => {
		forget = onAbort(signal, () => {
			onAborted?.();
			reject(signal?.reason);
		});
	});
	try {
		return await Promise.race([work, aborted]);
	} finally {
		forget();
	}
}

/**
 * n8n 1's own `sleep` can't be aborted.
 * @param ms milliseconds
 * @param signal aborts the wait
 * @throws the signal's reason
 */
export async function abortableSleep(ms: number, signal?: AbortSignal): Promise<void> {
	const sleeping = new AbortController();
	await abortable(signal, sleep(ms, sleeping.signal), () => sleeping.abort());
}
