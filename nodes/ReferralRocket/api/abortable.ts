import { sleep } from 'n8n-workflow';

/**
 * @param signal ends the waiting
 * @param work what is waited for
 * @param onAbort called in the same moment as the signal is aborted
 * @returns what the work gives
 * @throws the signal's reason
 */
export async function abortable<Result>(
	signal: AbortSignal | undefined,
	work: Promise<Result>,
	onAbort?: () => void,
): Promise<Result> {
	let abort: (() => void) | undefined;
	const aborted = new Promise<never>((_, reject) => {
		abort = () => {
			onAbort?.();
			reject(signal?.reason);
		};
		signal?.addEventListener('abort', abort, { once: true });
	});
	try {
		return await Promise.race([work, aborted]);
	} finally {
		if (abort) signal?.removeEventListener('abort', abort);
	}
}

/**
 * n8n's own sleep can't be ended in n8n 1.
 * @param ms milliseconds
 * @param signal ends the waiting
 * @throws the signal's reason
 */
export async function abortableSleep(ms: number, signal?: AbortSignal): Promise<void> {
	signal?.throwIfAborted();
	await abortable(signal, sleep(ms, signal));
}
