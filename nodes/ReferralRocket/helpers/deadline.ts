import { onAbort } from './abortable';

/**
 * n8n's timeout is about silence: a service that goes on sending now and then would never end. The
 * listener on the deadline is what keeps it: AbortSignal.any would leave it to the garbage collector.
 * @param ms milliseconds that the work may take
 * @param cancel ends the work as well
 * @param work must end when its signal is aborted
 */
export async function withDeadline<Result>(
	ms: number,
	cancel: AbortSignal | undefined,
	work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
	const controller = new AbortController();
	const abort = () => controller.abort();
	const deadline = AbortSignal.timeout(ms);
	deadline.addEventListener('abort', abort);
	const forgetCancel = onAbort(cancel, abort);
	try {
		return await work(controller.signal);
	} finally {
		deadline.removeEventListener('abort', abort);
		forgetCancel();
	}
}
