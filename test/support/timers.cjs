/*
 * Keeps Jest from waiting for timers that n8n 1 never clears: it cleans up SSH connections every minute
 * for as long as the process runs, and its sleep can't be aborted.
 */
const { setInterval, setTimeout } = globalThis;
const longestTest = 600_000;

globalThis.setInterval = (...parameters) => setInterval(...parameters).unref();

globalThis.setTimeout = Object.assign((run, ms, ...parameters) => {
	const timer = setTimeout(run, ms, ...parameters);
	return ms > longestTest ? timer.unref() : timer;
}, setTimeout);
