import { setTimeout as wait } from 'node:timers/promises';
import axios from 'axios';
import { maxConcurrentRequests } from '../../nodes/ReferralRocket/api/requestQueue.ts';

/*
 * Reads a list, or many participants one by one, for a number of rounds and prints the cost as JSON.
 * The reader is either the node on n8n's engine or a bare axios loop that makes the same requests.
 */

export interface Cost {
	participants: number;
	/** Elapsed milliseconds per round. */
	elapsed: number[];
	/** CPU milliseconds per round. */
	processor: number[];
	/** Peak memory of the first round in bytes. */
	memory: number;
}

/** `size` is the page size of a list, or the number of items for Get. */
const [reader, url, apiKey, rounds, size] = process.argv.slice(2);
const credential = { apiKey, baseUrl: url, authentication: 'bearer' };
const campaignId = { __rl: true, mode: 'id', value: 'JCu82f30F1' } as const;
const emails = Array.from({ length: Number(size) }, (_, item) => `participant${item}@example.com`);
// Loaded for every reader, so that the memory figures differ only by the reading.
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
	const readSequentially = async () => {
		while (next < emails.length) {
			const item = next++;
			const { data } = await axios.get(`${url}/api/v1/getParticipant`, {
				params: { id: 'JCu82f30F1', email: emails[item] },
				headers: { Authorization: `Bearer ${apiKey}` },
			});
			rows[item] = data;
		}
	};
	await Promise.all(Array.from({ length: maxConcurrentRequests }, readSequentially));
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
