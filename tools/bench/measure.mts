import path from 'node:path';
import { project } from '../n8n/n8n.mts';
import { start, stop, waitUntilReady } from '../command-line/processes.mts';
import { UserError } from '../command-line/progress.mts';
import type { Cost } from './worker.mts';

export const apiKey = 'sandbox-key';
export const campaign = 'JCu82f30F1';
/** A smoke run: each kind of measurement once, with a tenth of the data. It shows only that the benchmark works. */
export const brief = process.argv.includes('--brief');
export const repetitions = (times: number) => (brief ? 1 : times);

export type Shape = 'page' | 'array';

/** Runs work against a mock server in a separate process, so that its load is not attributed to the reader. */
export async function withService<Result>(
	{ participants = 0, delay = 0, shape = 'page' as Shape },
	work: (url: string) => Promise<Result>,
): Promise<Result> {
	const service = start(process.execPath, [
		...['--import', 'tsx', path.join(project, 'tools/mock-server/start.mts'), '--shape', shape],
		...['--participants', String(participants), '--delay', String(delay)],
	]);
	try {
		const url = () => /Base URL\s+(\S+)/.exec(service.output())?.[1] ?? '';
		await waitUntilReady('The mock server', service, async () => url() !== '');
		return await work(url());
	} finally {
		await stop(service);
	}
}

export type Reader = 'list' | 'bare list' | 'get' | 'bare get';

/** Measures a reader in a separate process. */
export async function measure(reader: Reader, url: string, rounds: number, folder: string) {
	const worker = start(
		process.execPath,
		[
			...['--expose-gc', '--import', 'tsx', path.join(project, 'tools/bench/worker.mts')],
			...[reader, url, apiKey, String(rounds), reader.endsWith('get') ? String(items) : '500'],
		],
		{ cwd: project, env: { N8N_USER_FOLDER: folder, N8N_LOG_LEVEL: 'silent' } },
	);
	const code = await worker.ended;
	const [json] = /^\{"participants".*\}$/m.exec(worker.output()) ?? [];
	if (code !== 0 || !json) throw new UserError(`The reader failed:\n${worker.output()}`);
	return JSON.parse(json) as Cost;
}

/** Number of items for Get and Add. */
export const items = brief ? 200 : 2000;

export interface Comparison {
	elapsed: { node: number; bare: number };
	processor: { node: number; bare: number };
	memory: { node: number; bare: number };
}

/** Runs both readers alternately and repeatedly, so that other load on the machine affects both. */
export async function compare(
	[node, bare]: [Reader, Reader],
	settings: { participants: number; delay?: number; expected?: number },
	rounds: number,
	folder: string,
): Promise<Comparison> {
	const { participants, expected = participants } = settings;
	return await withService(settings, async (url) => {
		const costs = { node: [] as Cost[], bare: [] as Cost[] };
		for (let round = 0; round < repetitions(3); round++) {
			for (const [side, reader] of [['node', node] as const, ['bare', bare] as const]) {
				const cost = await measure(reader, url, rounds, folder);
				if (cost.participants !== expected) {
					throw new UserError(`${cost.participants} of ${expected} participants were returned.`);
				}
				costs[side].push(cost);
			}
		}
		const medianOf = (side: 'node' | 'bare', figure: 'elapsed' | 'processor') =>
			median(costs[side].flatMap((cost) => cost[figure].slice(rounds > 1 ? 1 : 0)));
		return {
			elapsed: { node: medianOf('node', 'elapsed'), bare: medianOf('bare', 'elapsed') },
			processor: { node: medianOf('node', 'processor'), bare: medianOf('bare', 'processor') },
			memory: {
				node: median(costs.node.map(({ memory }) => memory)),
				bare: median(costs.bare.map(({ memory }) => memory)),
			},
		};
	});
}

export function median(numbers: number[]): number {
	const sorted = numbers.toSorted((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)];
}
