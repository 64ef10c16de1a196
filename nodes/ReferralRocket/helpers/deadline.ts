import { onAbort } from './abortable';

/** Node.js's timers can't wait longer: with a larger number, they fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * n8n's timeout only limits silence: a response that trickles in would never time out. The listener keeps
 * the deadline alive; AbortSignal.any() would let it be garbage-collected.
 * @param ms how long the work may take, in milliseconds
 * @param cancel also aborts the work
 * @param work must stop when its signal is aborted
 */
export async function withDeadline<Result>(
	ms: number,
	cancel: AbortSignal | undefined,
	work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
	const controller = new AbortController();
	const abort = () => controller.abort();
	const deadline = AbortSignal.timeout(Math.min(ms, longestTimerMs));
	deadline.addEventListener('abort', abort);
	const forgetCancel = onAbort(cancel, abort);
	try {
		return await work(controller.signal);
	} finally {
		deadline.removeEventListener('abort', abort);
		forgetCancel();
	}
}
