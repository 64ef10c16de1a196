import { setTimeout as wait } from 'node:timers/promises';
import axios from 'axios';
import { maxConcurrentRequests } from '../../nodes/ReferralRocket/api/requestQueue.ts';

/*
 * Reads a whole list, or many participants one by one, once or more in a process of its own, and prints
 * what it cost as JSON: by the node on n8n's engine, or by a bare axios loop that asks for the same in
 * the same way.
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

/** Of the list, or of the items. */
const [reader, url, apiKey, rounds, size] = process.argv.slice(2);
const credential = { apiKey, baseUrl: url, authentication: 'bearer' };
const campaignId = { __rl: true, mode: 'id', value: 'JCu82f30F1' } as const;
const emails = Array.from({ length: Number(size) }, (_, item) => `participant${item}@example.com`);
// Both readers' processes hold the engine, so that they differ in the reading alone.
const { runNode } = await import('../../test/support/engine.mts');

const listByNode = async () => {
	const { error, items } = await runNode({
		credential,
		parameters: {
			resource: 'participant',
			operation: 'list',
			campaignId,
			returnAll: true,
			output: 'raw',
			options: { pageSize: Number(size) },
		},
	});
	if (error) throw error;
	return items.length;
};

const listByBareLoop = async () => {
	const read = async (page: number) => {
		const { data } = await axios.get(`${url}/api/v1/getAllParticipants`, {
			params: { id: 'JCu82f30F1', page, size },
			headers: { Authorization: `Bearer ${apiKey}` },
		});
		return data as { content: unknown[]; totalPages: number };
	};
	const first = await read(0);
	const rows = [...first.content];
	if (first.totalPages > 1) rows.push(...(await read(1)).content);
	for (let page = 2; page < first.totalPages; page += maxConcurrentRequests) {
		const count = Math.min(maxConcurrentRequests, first.totalPages - page);
		const pages = await Promise.all(
			Array.from({ length: count }, (_, index) => read(page + index)),
		);
		for (const { content } of pages) rows.push(...content);
	}
	return rows.length;
};

const getByNode = async () => {
	const { error, items } = await runNode({
		credential,
		parameters: {
			resource: 'participant',
			operation: 'get',
			campaignId,
			email: '={{ $json.email }}',
			output: 'raw',
		},
		items: emails.map((email) => ({ json: { email } })),
	});
	if (error) throw error;
	return items.length;
};

const getByBareLoop = async () => {
	let next = 0;
	const rows: unknown[] = [];
	const readOneAfterTheOther = async () => {
		while (next < emails.length) {
			const item = next++;
			const { data } = await axios.get(`${url}/api/v1/getParticipant`, {
				params: { id: 'JCu82f30F1', email: emails[item] },
				headers: { Authorization: `Bearer ${apiKey}` },
			});
			rows[item] = data;
		}
	};
	await Promise.all(Array.from({ length: maxConcurrentRequests }, readOneAfterTheOther));
	return rows.length;
};

const readers: Record<string, () => Promise<number>> = {
	list: listByNode,
	'bare list': listByBareLoop,
	get: getByNode,
	'bare get': getByBareLoop,
};
const read = readers[reader];
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
