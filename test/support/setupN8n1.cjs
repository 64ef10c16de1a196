/*
 * Jest must not wait for what n8n 1 does not end: it cleans up its SSH connections every minute as long as
 * its process runs, and its sleep can't be stopped.
 */
const { setInterval, setTimeout } = globalThis;
const longestTest = 600_000;

globalThis.setInterval = (...parameters) => setInterval(...parameters).unref();

globalThis.setTimeout = Object.assign((run, ms, ...parameters) => {
	const timer = setTimeout(run, ms, ...parameters);
	return ms > longestTest ? timer.unref() : timer;
}, setTimeout);
