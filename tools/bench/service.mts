import path from 'node:path';
import { project } from '../n8n/n8n.mts';
import { start, stop, whenReady } from '../command-line/processes.mts';
import { UserError } from '../command-line/progress.mts';
import type { Cost } from './worker.mts';

export const apiKey = 'sandbox-key';
export const campaign = 'JCu82f30F1';
/** Everything is done once and with a tenth of the work, which only shows that it runs. */
export const brief = process.argv.includes('--brief');
export const often = (times: number) => (brief ? 1 : times);

export type Shape = 'page' | 'array';

/** A mock server in a process of its own, so that its work is not counted as the reader's. */
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
		await whenReady('The mock server', service, async () => url() !== '');
		return await work(url());
	} finally {
		await stop(service);
	}
}

export type Reader = 'list' | 'bare list' | 'get' | 'bare get';

/** Costs of a reader in a process of its own. */
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
	if (code !== 0 || !json) throw new UserError(`The reader did not finish:\n${worker.output()}`);
	return JSON.parse(json) as Cost;
}

/** How many items go through Get and Add. */
export const items = brief ? 200 : 2000;

export interface Compared {
	elapsed: { node: number; bare: number };
	processor: { node: number; bare: number };
	memory: { node: number; bare: number };
}

/** Both readers, in turn and more than once, so that what else the machine does meets both. */
export async function compare(
	[node, bare]: [Reader, Reader],
	settings: { participants: number; delay?: number; expected?: number },
	rounds: number,
	folder: string,
): Promise<Compared> {
	const { participants, expected = participants } = settings;
	return await withService(settings, async (url) => {
		const costs = { node: [] as Cost[], bare: [] as Cost[] };
		for (let turn = 0; turn < often(3); turn++) {
			for (const [side, reader] of [['node', node] as const, ['bare', bare] as const]) {
				const cost = await measure(reader, url, rounds, folder);
				if (cost.participants !== expected) {
					throw new UserError(`${cost.participants} of ${expected} participants were read.`);
				}
				costs[side].push(cost);
			}
		}
		const all = (side: 'node' | 'bare', figure: 'elapsed' | 'processor') =>
			median(costs[side].flatMap((cost) => cost[figure].slice(rounds > 1 ? 1 : 0)));
		return {
			elapsed: { node: all('node', 'elapsed'), bare: all('bare', 'elapsed') },
			processor: { node: all('node', 'processor'), bare: all('bare', 'processor') },
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
