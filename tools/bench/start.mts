import getPort from 'get-port';
import { installRuntime, n8nVersion, n8nVersion1 } from '../n8n/cache.mts';
import { installPackage, N8n, packPackage, temporaryFolder } from '../n8n/n8n.mts';
import { runMain } from '../command-line/processes.mts';
import { step } from '../command-line/progress.mts';
import { asTable } from '../command-line/table.mts';
import { compareItems, type ItemFigures } from './items.mts';
import { compareLists } from './lists.mts';
import { compareSyncs } from './sync.mts';
import { brief, compare, items, repetitions } from './measure.mts';

/*
 * Compares the node with n8n's own HTTP Request node in the same n8n, and with a bare axios loop that
 * makes the same requests. Look at the ratios: the seconds depend on the machine. --brief does each kind of
 * measurement once with a tenth of the data, which shows only that the benchmark works. --items, --lists and
 * --sync run only that part.
 */

const [few, some, many] = brief ? [100, 1000, 10_000] : [1000, 10_000, 100_000];
const isSelected = (part: string) =>
	process.argv.includes(`--${part}`) ||
	!process.argv.some((argument) => /^--(items|lists|sync)$/.test(argument));

const printTable = (title: string, rows: unknown[][]) =>
	console.log(`\n${title}\n${asTable(rows)}`);
const formatSeconds = (milliseconds: number) => (milliseconds / 1000).toFixed(2);
const formatRatio = (a: number, b: number) => (a / b).toFixed(2);
const formatCount = (number: number) => number.toLocaleString('en');
const formatMebibytes = (bytes: number) => (bytes / 1024 ** 2).toFixed(0);

async function withN8n<Result>(
	version: string,
	tarball: string,
	work: (n8n: N8n) => Promise<Result>,
) {
	const runtime = await installRuntime(version);
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
	const rows: unknown[][] = [['', 'Referral Rocket', 'HTTP Request', 'ratio', 'target']];
	for (const version of brief ? [n8nVersion] : [n8nVersion, n8nVersion1]) {
		await withN8n(version, tarball, async (n8n) => {
			for (const operation of ['get', 'add'] as const) {
				const figures = await step(
					`${formatCount(items)} items with ${operation} in n8n ${version}`,
					async () => compareItems(n8n, operation),
				);
				rows.push(...itemRows(`n8n ${version}, ${operation}`, figures));
			}
		});
	}
	const bare = await step('Comparing Get with a bare loop', async () =>
		compare(['get', 'bare get'], { participants: items }, repetitions(5), folder),
	);
	printTable(`${formatCount(items)} items in n8n, with a service that responds at once`, rows);
	printTable(
		`${formatCount(items)} items with Get on n8n's engine alone, compared with a bare axios loop`,
		[
			['', 'Get', 'bare loop', 'ratio', 'target'],
			[
				'CPU seconds',
				formatSeconds(bare.processor.node),
				formatSeconds(bare.processor.bare),
				formatRatio(bare.processor.node, bare.processor.bare),
				'≤ 2.5',
			],
		],
	);
}

const itemRows = (name: string, { node, httpRequest }: ItemFigures) => [
	[
		`${name}: seconds`,
		formatSeconds(node.elapsed),
		formatSeconds(httpRequest.elapsed),
		formatRatio(node.elapsed, httpRequest.elapsed),
		'≤ 0.65',
	],
	[
		`${name}: longest time n8n was unresponsive, ms`,
		node.unresponsive.toFixed(0),
		httpRequest.unresponsive.toFixed(0),
		'',
		'≤ 250',
	],
	[
		`${name}: peak memory of n8n, MiB`,
		formatMebibytes(node.memory),
		formatMebibytes(httpRequest.memory),
		formatRatio(node.memory, httpRequest.memory),
		'',
	],
];

async function benchLists(tarball: string, folder: string) {
	const inN8n = await withN8n(n8nVersion, tarball, async (n8n) => {
		const read = async (shape: 'page' | 'array') =>
			await step(
				`Reading ${formatCount(some)} participants as ${shape}, 50 ms per request`,
				async (showDetail) => compareLists(n8n, some, shape, showDetail),
			);
		return { page: await read('page'), array: await read('array') };
	});
	const lists = async (participants: number, delay: number, rounds: number) =>
		await step(
			`Comparing List with a bare loop: ${formatCount(participants)} participants, ${delay} ms per request`,
			async () =>
				compare(['list', 'bare list'], { participants, delay }, repetitions(rounds), folder),
		);
	const slow = await lists(some, 50, 7);
	const [quick, small, large] = brief
		? [slow, slow, slow]
		: [await lists(some, 0, 9), await lists(few, 0, 9), await lists(many, 0, 1)];

	for (const [shape, { node, by500, by20 }] of Object.entries(inN8n)) {
		printTable(
			`${formatCount(some)} participants in n8n, with a service that responds in 50 ms with a ${shape === 'page' ? 'Page' : 'bare array'}`,
			[
				['', 'seconds', '× List', 'target'],
				['Referral Rocket → List', formatSeconds(node), '1', ''],
				[
					'HTTP Request, 500 per page',
					formatSeconds(by500),
					formatRatio(by500, node),
					shape === 'page' ? '≥ 2.5' : '',
				],
				['HTTP Request, 20 per page', formatSeconds(by20), formatRatio(by20, node), '≥ 60'],
			],
		);
	}
	printTable('List compared with a bare axios loop that requests the same pages', [
		['', 'List', 'bare loop', 'ratio', 'target'],
		[
			`${formatCount(some)} participants, 50 ms: seconds`,
			formatSeconds(slow.elapsed.node),
			formatSeconds(slow.elapsed.bare),
			formatRatio(slow.elapsed.node, slow.elapsed.bare),
			'≤ 1.10',
		],
		[
			`${formatCount(some)} participants, 0 ms: CPU seconds`,
			formatSeconds(quick.processor.node),
			formatSeconds(quick.processor.bare),
			formatRatio(quick.processor.node, quick.processor.bare),
			'≤ 1.30',
		],
		[
			`${formatCount(many)} participants: peak memory, MiB`,
			formatMebibytes(large.memory.node),
			formatMebibytes(large.memory.bare),
			formatRatio(large.memory.node, large.memory.bare),
			'≤ 1.50',
		],
	]);
	printTable('How List scales, 0 ms per request', [
		['participants', 'seconds', 'microseconds per participant'],
		...(
			[
				[few, small],
				[some, quick],
				[many, large],
			] as const
		).map(([count, cost]) => [
			formatCount(count),
			formatSeconds(cost.elapsed.node),
			((cost.elapsed.node / count) * 1000).toFixed(0),
		]),
	]);
}

async function benchSync(tarball: string) {
	const participants = brief ? 1000 : many;
	const { node, httpRequest } = await step(
		`Copying ${formatCount(participants)} participants to PostgreSQL`,
		async () => compareSyncs(participants, async (work) => withN8n(n8nVersion, tarball, work)),
	);
	printTable(`Participant sync to PostgreSQL, ${formatCount(participants)} participants`, [
		['', 'Referral Rocket', 'HTTP Request', 'ratio', 'target'],
		[
			'seconds',
			formatSeconds(node.elapsed),
			formatSeconds(httpRequest.elapsed),
			formatRatio(node.elapsed, httpRequest.elapsed),
			'',
		],
		[
			'longest time n8n was unresponsive, ms',
			node.unresponsive.toFixed(0),
			httpRequest.unresponsive.toFixed(0),
			'',
			'≤ 250',
		],
		[
			'additional peak memory of n8n, MiB',
			formatMebibytes(node.memory),
			formatMebibytes(httpRequest.memory),
			formatRatio(node.memory, httpRequest.memory),
			'',
		],
	]);
}

async function bench(): Promise<number> {
	const folder = await temporaryFolder();
	const tarball = await step('Building and packing the package', async () => packPackage(folder));
	if (isSelected('items')) await benchItems(tarball, folder);
	if (isSelected('lists')) await benchLists(tarball, folder);
	if (isSelected('sync')) await benchSync(tarball);
	if (brief)
		console.log(
			'\nThe benchmark works. With --brief its figures mean nothing; run it without for real ones.',
		);
	return 0;
}

await runMain(bench);
