import { setTimeout as wait } from 'node:timers/promises';
import axios from 'axios';
import type { N8n } from '../n8n/n8n.mts';

/** What an execution costs everyone else who uses the same n8n. */
export interface Load {
	/** The longest time n8n took to respond to a health check, in milliseconds. */
	unresponsive: number;
	/** Peak memory of n8n's process in bytes. */
	memory: number;
}

/** Measures n8n while a workflow runs. */
export async function watch<Result>(
	n8n: N8n,
	run: () => Promise<Result>,
): Promise<Load & { result: Result }> {
	let isFinished = false;
	const unresponsive = longestUnresponsiveTime(n8n, () => isFinished);
	const memory = peakMemory(n8n, () => isFinished);
	const result = await run().finally(() => (isFinished = true));
	return { result, unresponsive: await unresponsive, memory: await memory };
}

async function longestUnresponsiveTime(n8n: N8n, isFinished: () => boolean): Promise<number> {
	let longest = 0;
	while (!isFinished()) {
		const start = performance.now();
		await axios.get(`${n8n.url}/healthz`);
		longest = Math.max(longest, performance.now() - start);
		await wait(10);
	}
	return longest;
}

async function peakMemory(n8n: N8n, isFinished: () => boolean): Promise<number> {
	let peak = 0;
	while (!isFinished()) {
		peak = Math.max(peak, await n8n.memory());
		await wait(200);
	}
	return peak;
}
