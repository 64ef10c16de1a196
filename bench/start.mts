import path from 'node:path';
import { bringRuntime } from '../runtime/cache.mts';
import {
	freePort,
	installPackage,
	itemsOf,
	N8n,
	packPackage,
	project,
	temporaryFolder,
	type Execution,
} from '../runtime/n8n.mts';
import { mainOf, start, stop, whenReady } from '../runtime/processes.mts';
import { Advice, step } from '../runtime/progress.mts';
import { asTable } from '../runtime/table.mts';
import type { Cost } from './worker.mts';

/*
 * Measures List against n8n's own HTTP Request node in the same n8n, and against a bare axios loop
 * that asks for the same pages. Ratios between what ran side by side are what counts; the seconds are
 * this machine's. With --brief everything is done once and with a tenth of the participants, which
 * only shows that it runs.
 */

const apiKey = 'sandbox-key';
const campaign = 'JCu82f30F1';
const brief = process.argv.includes('--brief');
const often = (times: number) => (brief ? 1 : times);
const [few, some, many] = brief ? [100, 1000, 10_000] : [1000, 10_000, 100_000];

/** A stand-in in a process of its own, so that its work is not counted as the reader's. */
async function withService<Result>(
	participants: number,
	delay: number,
	work: (url: string) => Promise<Result>,
): Promise<Result> {
	const service = start(process.execPath, [
		...['--import', 'tsx', path.join(project, 'sandbox/start.mts')],
		...['--participants', String(participants), '--delay', String(delay)],
	]);
	try {
		const url = () => /Base URL\s+(\S+)/.exec(service.output())?.[1] ?? '';
		await whenReady('The stand-in', service, async () => url() !== '');
		return await work(url());
	} finally {
		await stop(service);
	}
}

/** Costs of a reader in a process of its own. */
async function measure(reader: 'node' | 'bare', url: string, rounds: number, folder: string) {
	const worker = start(
		process.execPath,
		[
			...['--expose-gc', '--import', 'tsx', path.join(project, 'bench/worker.mts')],
			...[reader, url, apiKey, String(rounds), '500'],
		],
		{ cwd: project, env: { N8N_USER_FOLDER: folder, N8N_LOG_LEVEL: 'silent' } },
	);
	const code = await worker.ended;
	const [json] = /^\{"participants".*\}$/m.exec(worker.output()) ?? [];
	if (code !== 0 || !json) throw new Advice(`The reader did not finish:\n${worker.output()}`);
	return JSON.parse(json) as Cost;
}

/** Both readers, in turn and more than once, so that what else the machine does meets both. */
async function compare(participants: number, delay: number, rounds: number, folder: string) {
	return await withService(participants, delay, async (url) => {
		const costs = { node: [] as Cost[], bare: [] as Cost[] };
		for (let turn = 0; turn < often(3); turn++) {
			for (const reader of ['node', 'bare'] as const) {
				const cost = await measure(reader, url, rounds, folder);
				if (cost.participants !== participants) {
					throw new Advice(`${cost.participants} of ${participants} participants were read.`);
				}
				costs[reader].push(cost);
			}
		}
		const all = (reader: 'node' | 'bare', figure: 'elapsed' | 'processor') =>
			median(costs[reader].flatMap((cost) => cost[figure].slice(rounds > 1 ? 1 : 0)));
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

function median(numbers: number[]): number {
	const sorted = numbers.toSorted((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)];
}

const httpRequest = (url: string, size: number) => ({
	type: 'n8n-nodes-base.httpRequest',
	typeVersion: 4.2,
	parameters: {
		url: `${url}/api/v1/getAllParticipants`,
		sendQuery: true,
		queryParameters: {
			parameters: [
				{ name: 'id', value: campaign },
				{ name: 'size', value: String(size) },
			],
		},
		sendHeaders: true,
		headerParameters: { parameters: [{ name: 'Authorization', value: `Bearer ${apiKey}` }] },
		options: {
			pagination: {
				pagination: {
					paginationMode: 'updateAParameterInEachRequest',
					parameters: {
						parameters: [{ type: 'qs', name: 'page', value: '={{ $pageCount }}' }],
					},
					paginationCompleteWhen: 'other',
					completeExpression: '={{ $response.body.last }}',
				},
			},
		},
	},
});

const list = (credentials: object) => ({
	type: 'n8n-nodes-referral-rocket.referralRocket',
	typeVersion: 1,
	credentials,
	parameters: {
		resource: 'participant',
		operation: 'list',
		campaignId: { __rl: true, mode: 'id', value: campaign },
		returnAll: true,
		simplify: false,
	},
});

async function timeInN8n(n8n: N8n, node: object, rounds: number): Promise<number> {
	const id = await n8n.saveWorkflow({
		name: 'Bench',
		settings: { executionOrder: 'v1' },
		nodes: [
			{
				id: '1',
				name: 'Run',
				type: 'n8n-nodes-base.manualTrigger',
				typeVersion: 1,
				position: [0, 0],
				parameters: {},
			},
			{ id: '2', name: 'Read', position: [240, 0], ...node },
		],
		connections: { Run: { main: [[{ node: 'Read', type: 'main', index: 0 }]] } },
	});
	const times: number[] = [];
	for (let round = 0; round < rounds; round++) {
		const execution = await n8n.run(id, 'Run');
		const count = participantsIn(execution);
		if (count !== some)
			throw new Advice(`${count} of ${some} participants were read: ${execution.message}`);
		times.push(execution.runData.Read[0].executionTime);
	}
	return median(times);
}

/** The HTTP Request node gives one item a page, with the participants in it. */
const participantsIn = (execution: Execution): number =>
	itemsOf(execution, 'Read').reduce(
		(sum, { json }) => sum + ((json.content as unknown[])?.length ?? 1),
		0,
	);

const print = (title: string, rows: unknown[][]) => console.log(`\n${title}\n${asTable(rows)}`);

const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(2);
const times = (a: number, b: number) => (a / b).toFixed(2);
const counted = (number: number) => number.toLocaleString('en');
const mebibytes = (bytes: number) => (bytes / 1024 ** 2).toFixed(0);

async function bench(): Promise<number> {
	const runtime = await bringRuntime();
	const folder = await temporaryFolder();
	const tarball = await step('Building and packing the package', async () => packPackage(folder));
	await installPackage(folder, tarball);
	const n8n = await step('Starting n8n', async () =>
		N8n.start(runtime, folder, await freePort(undefined)),
	);
	await n8n.setUpOwner();
	const inN8n = await step(
		`Reading ${counted(some)} participants in n8n, 50 ms a request`,
		async (say) =>
			withService(some, 50, async (url) => {
				const credentials = await n8n.addCredential({ apiKey, url });
				say('List');
				const node = await timeInN8n(n8n, list(credentials), often(7));
				say('HTTP Request, 500 a page');
				const by500 = await timeInN8n(n8n, httpRequest(url, 500), often(5));
				say('HTTP Request, 20 a page');
				const by20 = await timeInN8n(n8n, httpRequest(url, 20), 1);
				say('');
				return { node, by500, by20 };
			}),
	);
	await n8n.stop();
	const slow = await step('Against a bare loop, 50 ms a request', async () =>
		compare(some, 50, often(7), folder),
	);
	const quick = await step('Against a bare loop, 0 ms a request', async () =>
		compare(some, 0, often(9), folder),
	);
	const small = await step(`${counted(few)} participants`, async () =>
		compare(few, 0, often(9), folder),
	);
	const large = await step(`${counted(many)} participants`, async () =>
		compare(many, 0, 1, folder),
	);

	print(`${counted(some)} participants in n8n, a service that takes 50 ms to answer`, [
		['', 'seconds', 'times List', 'wanted'],
		['Referral Rocket → List', seconds(inN8n.node), '1', ''],
		['HTTP Request, 500 a page', seconds(inN8n.by500), times(inN8n.by500, inN8n.node), '≥ 2.5'],
		['HTTP Request, 20 a page', seconds(inN8n.by20), times(inN8n.by20, inN8n.node), '≥ 60'],
	]);
	print('List against a bare axios loop that asks for the same pages', [
		['', 'List', 'bare loop', 'ratio', 'wanted'],
		[
			`${counted(some)} participants, 50 ms: seconds`,
			seconds(slow.elapsed.node),
			seconds(slow.elapsed.bare),
			times(slow.elapsed.node, slow.elapsed.bare),
			'≤ 1.10',
		],
		[
			`${counted(some)} participants, 0 ms: processor seconds`,
			seconds(quick.processor.node),
			seconds(quick.processor.bare),
			times(quick.processor.node, quick.processor.bare),
			'≤ 1.30',
		],
		[
			`${counted(many)} participants: peak memory, MiB`,
			mebibytes(large.memory.node),
			mebibytes(large.memory.bare),
			times(large.memory.node, large.memory.bare),
			'≤ 1.50',
		],
	]);
	print('How the cost of List grows, 0 ms a request', [
		['participants', 'seconds', 'microseconds each'],
		...(
			[
				[few, small],
				[some, quick],
				[many, large],
			] as const
		).map(([count, cost]) => [
			counted(count),
			seconds(cost.elapsed.node),
			((cost.elapsed.node / count) * 1000).toFixed(0),
		]),
	]);
	if (brief)
		console.log('\nThis was brief: it runs, but only the whole bench says something about speed.');
	return 0;
}

await mainOf(bench);
