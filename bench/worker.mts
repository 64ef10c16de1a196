import { setTimeout as wait } from 'node:timers/promises';
import axios from 'axios';
import { requestsInFlight } from '../nodes/ReferralRocket/shared/politeness.ts';

/*
 * Reads all participants once or more, in a process of its own, and prints what it cost as JSON: by
 * the node on n8n's engine, or by a bare axios loop that asks for the same pages in the same way.
 */

export interface Cost {
	participants: number;
	/** Milliseconds of each round. */
	elapsed: number[];
	/** Milliseconds of processor time of each round. */
	processor: number[];
	/** Bytes of memory that the first round needed at its peak. */
	memory: number;
}

const [reader, url, apiKey, rounds, pageSize] = process.argv.slice(2);
// Both readers' processes hold the engine, so that they differ in the reading alone.
const { runNode } = await import('../test/engine.mts');

const byNode = async () => {
	const { error, items } = await runNode({
		credential: { apiKey, baseUrl: url, authentication: 'bearer' },
		parameters: {
			resource: 'participant',
			operation: 'list',
			campaignId: { __rl: true, mode: 'id', value: 'JCu82f30F1' },
			returnAll: true,
			simplify: false,
			options: { pageSize: Number(pageSize) },
		},
	});
	if (error) throw error;
	return items.length;
};

const byBareLoop = async () => {
	const read = async (page: number) => {
		const { data } = await axios.get(`${url}/api/v1/getAllParticipants`, {
			params: { id: 'JCu82f30F1', page, size: pageSize },
			headers: { Authorization: `Bearer ${apiKey}` },
		});
		return data as { content: unknown[]; totalPages: number };
	};
	const first = await read(0);
	const rows = [...first.content];
	if (first.totalPages > 1) rows.push(...(await read(1)).content);
	for (let page = 2; page < first.totalPages; page += requestsInFlight) {
		const count = Math.min(requestsInFlight, first.totalPages - page);
		const pages = await Promise.all(
			Array.from({ length: count }, (_, index) => read(page + index)),
		);
		for (const { content } of pages) rows.push(...content);
	}
	return rows.length;
};

const read = reader === 'node' ? byNode : byBareLoop;
const cost: Cost = { participants: 0, elapsed: [], processor: [], memory: 0 };
global.gc?.();
const memoryBefore = process.memoryUsage().rss;
for (let round = 0; round < Number(rounds); round++) {
	const processorBefore = process.cpuUsage();
	const start = performance.now();
	cost.participants = await read();
	cost.elapsed.push(performance.now() - start);
	const { user, system } = process.cpuUsage(processorBefore);
	cost.processor.push((user + system) / 1000);
	if (round === 0) cost.memory = process.resourceUsage().maxRSS * 1024 - memoryBefore;
	await wait(50);
}
console.log(JSON.stringify(cost));
process.exit(0);
