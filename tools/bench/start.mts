import getPort from 'get-port';
import { bringRuntime, n8nVersion, n8nVersion1 } from '../n8n/cache.mts';
import { installPackage, N8n, packPackage, temporaryFolder } from '../n8n/n8n.mts';
import { mainOf } from '../command-line/processes.mts';
import { step } from '../command-line/progress.mts';
import { asTable } from '../command-line/table.mts';
import { compareItems, type ItemFigures } from './items.mts';
import { compareLists } from './lists.mts';
import { brief, compare, items, often } from './service.mts';

/*
 * Measures the node against n8n's own HTTP Request node in the same n8n, and against a bare axios loop
 * that asks for the same. Ratios between what ran side by side are what counts; the seconds are this
 * machine's. With --brief everything is done once and with a tenth of the work, which only shows that
 * it runs. With --items or --lists only that part is measured.
 */

const [few, some, many] = brief ? [100, 1000, 10_000] : [1000, 10_000, 100_000];
const isWanted = (part: string) =>
	process.argv.includes(`--${part}`) ||
	!process.argv.some((argument) => /^--(items|lists)$/.test(argument));

const print = (title: string, rows: unknown[][]) => console.log(`\n${title}\n${asTable(rows)}`);
const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(2);
const times = (a: number, b: number) => (a / b).toFixed(2);
const counted = (number: number) => number.toLocaleString('en');
const mebibytes = (bytes: number) => (bytes / 1024 ** 2).toFixed(0);

async function withN8n<Result>(
	version: string,
	tarball: string,
	work: (n8n: N8n) => Promise<Result>,
) {
	const runtime = await bringRuntime(version);
	const folder = await temporaryFolder();
	await installPackage(folder, tarball);
	const n8n = await step(`Starting n8n ${version}`, async () =>
		N8n.start(runtime, folder, await getPort()),
	);
	try {
		await n8n.setUpOwner();
		return await work(n8n);
	} finally {
		await n8n.stop();
	}
}

async function benchItems(tarball: string, folder: string) {
	const rows: unknown[][] = [['', 'Referral Rocket', 'HTTP Request', 'ratio', 'wanted']];
	for (const version of [n8nVersion, n8nVersion1]) {
		await withN8n(version, tarball, async (n8n) => {
			for (const operation of ['get', 'add'] as const) {
				const figures = await step(
					`${counted(items)} items through ${operation} in n8n ${version}`,
					async () => compareItems(n8n, operation),
				);
				rows.push(...itemRows(`n8n ${version}, ${operation}`, figures));
			}
		});
	}
	const bare = await step('Get against a bare loop', async () =>
		compare(['get', 'bare get'], { participants: items }, often(5), folder),
	);
	print(`${counted(items)} items in n8n, a service that responds at once`, rows);
	print(`${counted(items)} items through Get on the bare engine, against a bare axios loop`, [
		['', 'Get', 'bare loop', 'ratio', 'wanted'],
		[
			'processor seconds',
			seconds(bare.processor.node),
			seconds(bare.processor.bare),
			times(bare.processor.node, bare.processor.bare),
			'≤ 2.5',
		],
	]);
}

const itemRows = (name: string, { node, httpRequest }: ItemFigures) => [
	[
		`${name}: seconds`,
		seconds(node.elapsed),
		seconds(httpRequest.elapsed),
		times(node.elapsed, httpRequest.elapsed),
		'≤ 0.65',
	],
	[
		`${name}: longest time without a response, ms`,
		node.unresponsive.toFixed(0),
		httpRequest.unresponsive.toFixed(0),
		'',
		'≤ 250',
	],
	[
		`${name}: peak memory of n8n, MiB`,
		mebibytes(node.memory),
		mebibytes(httpRequest.memory),
		times(node.memory, httpRequest.memory),
		'',
	],
];

async function benchLists(tarball: string, folder: string) {
	const inN8n = await withN8n(n8nVersion, tarball, async (n8n) => {
		const read = async (shape: 'page' | 'array') =>
			await step(
				`Reading ${counted(some)} participants as ${shape}, 50 ms a request`,
				async (say) => compareLists(n8n, some, shape, say),
			);
		return { page: await read('page'), array: await read('array') };
	});
	const lists = async (participants: number, delay: number, rounds: number) =>
		await step(
			`List against a bare loop: ${counted(participants)} participants, ${delay} ms a request`,
			async () => compare(['list', 'bare list'], { participants, delay }, often(rounds), folder),
		);
	const slow = await lists(some, 50, 7);
	const quick = await lists(some, 0, 9);
	const small = await lists(few, 0, 9);
	const large = await lists(many, 0, 1);

	for (const [shape, { node, by500, by20 }] of Object.entries(inN8n)) {
		print(
			`${counted(some)} participants in n8n, a service that takes 50 ms to respond with a ${shape === 'page' ? 'Page' : 'bare array'}`,
			[
				['', 'seconds', 'times List', 'wanted'],
				['Referral Rocket → List', seconds(node), '1', ''],
				[
					'HTTP Request, 500 a page',
					seconds(by500),
					times(by500, node),
					shape === 'page' ? '≥ 2.5' : '',
				],
				['HTTP Request, 20 a page', seconds(by20), times(by20, node), '≥ 60'],
			],
		);
	}
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
}

async function bench(): Promise<number> {
	const folder = await temporaryFolder();
	const tarball = await step('Building and packing the package', async () => packPackage(folder));
	if (isWanted('items')) await benchItems(tarball, folder);
	if (isWanted('lists')) await benchLists(tarball, folder);
	if (brief)
		console.log('\nThis was brief: it runs, but only the whole bench says something about speed.');
	return 0;
}

await mainOf(bench);
