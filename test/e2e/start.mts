import { rm } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { installRuntime, n8nVersion, n8nVersion1, type Runtime } from '../../tools/n8n/cache.mts';
import { packPackage, project, temporaryFolder, temporaryFolders } from '../../tools/n8n/n8n.mts';
import { isStopping, runMain, start } from '../../tools/command-line/processes.mts';
import { UserError, step } from '../../tools/command-line/progress.mts';
import { asTable } from '../../tools/command-line/table.mts';
import { Missing } from '../../tools/n8n/services.mts';
import { browser } from './browser.mts';
import { examples } from './examples.mts';
import { saveArtifacts, failureFolder } from './failures.mts';
import { install } from './install.mts';
import { option } from './options.mts';
import { queue } from './queue.mts';
import { tools } from './tools.mts';
import { triggers } from './triggers.mts';
import { upgrade } from './upgrade.mts';
import { versions } from './versions.mts';
import { video } from './video.mts';

/*
 * Tests the packed package in a real n8n: npm run e2e runs every part, npm run e2e -- triggers only one, with
 * --version=2.41.1 only in that version of n8n.
 * With --url=http://127.0.0.1:5678, it tests any n8n that a person starts there when asked to.
 */

interface Part {
	name: string;
	version: string;
	run: (runtime: Runtime, tarball: string) => Promise<void>;
}

const parts: Part[] = [
	{ name: 'install', version: n8nVersion, run: install },
	{ name: 'versions', version: n8nVersion, run: versions },
	{ name: 'versions', version: n8nVersion1, run: versions },
	{ name: 'triggers', version: n8nVersion, run: triggers },
	{ name: 'triggers', version: n8nVersion1, run: triggers },
	{ name: 'examples', version: n8nVersion, run: examples },
	{ name: 'examples', version: n8nVersion1, run: examples },
	{ name: 'queue', version: n8nVersion, run: queue },
	{ name: 'upgrade', version: n8nVersion, run: upgrade },
	{ name: 'browser', version: n8nVersion, run: browser },
	{ name: 'browser', version: n8nVersion1, run: browser },
	{ name: 'video', version: n8nVersion, run: video },
	{ name: 'tools', version: n8nVersion, run: tools },
	{ name: 'tools', version: n8nVersion1, run: tools },
];

/** The longest last. */
const longest = ['queue', 'browser', 'examples'];

/** Those that need nothing but n8n itself. */
const partsForAnyN8n = ['versions', 'triggers', 'examples'];

const passed = 'passed';

async function endToEnd(): Promise<number> {
	const requested = process.argv.slice(2).filter((name) => !name.startsWith('--'));
	const names = [...new Set(parts.map(({ name }) => name))];
	const unknown = requested.find((name) => !names.includes(name));
	if (unknown)
		throw new UserError(`There is no part "${unknown}". Available parts: ${names.join(', ')}.`);
	const url = option('url');
	const tooMuch = requested.find((name) => !partsForAnyN8n.includes(name));
	if (url && tooMuch)
		throw new UserError(`${tooMuch} can't use --url. These can: ${partsForAnyN8n.join(', ')}.`);
	const folder = await temporaryFolder();
	const tarball =
		option('tarball') ??
		(await step('Building and packing the package', async () => packPackage(folder)));
	const wanted = url && requested.length === 0 ? partsForAnyN8n : requested;
	const onlyVersion = url ? n8nVersion : option('version');
	const selected = parts.filter(
		({ name, version }) =>
			(wanted.length === 0 || wanted.includes(name)) &&
			(onlyVersion === undefined || version === onlyVersion),
	);
	const isChild = option('tarball') !== undefined;
	const rows =
		url || isChild || selected.length === 1
			? await runInOrder(selected, tarball, url)
			: await runTwoAtATime(selected, tarball);
	if (!isChild) console.log(`\n${asTable([['part', 'runs on', 'seconds', 'result'], ...rows])}`);
	// A part that could not be run has not passed.
	return rows.every((row) => row.includes(passed)) ? 0 : 1;
}

/** @returns the rows of the final table */
async function runInOrder(selected: Part[], tarball: string, url?: string): Promise<string[][]> {
	const rows: string[][] = [];
	for (const { name, version, run } of selected) {
		const runtime = url
			? { version: '', nodeBin: path.dirname(process.execPath), n8n: '', url }
			: await installRuntime(version);
		const startedAt = Date.now();
		const foldersBefore = temporaryFolders.length;
		const failure = failureFolder(name, version);
		await rm(failure, { recursive: true, force: true });
		const outcome = await run(runtime, tarball).then(
			() => passed,
			async (error: unknown) => {
				if (isStopping()) throw error;
				if (error instanceof Missing) return `not run: ${error.message}`;
				console.error(error);
				await saveArtifacts(failure, error, temporaryFolders.slice(foldersBefore));
				return failureOf(name, version);
			},
		);
		if (outcome.startsWith('not run')) console.error(outcome);
		rows.push(rowOf(name, runtime.version, startedAt, outcome));
	}
	return rows;
}

/**
 * Runs each part in a process of its own, two at a time, as they often wait. The longest come first.
 * @returns the rows of the final table
 */
async function runTwoAtATime(selected: Part[], tarball: string): Promise<string[][]> {
	await Promise.all([...new Set(selected.map(({ version }) => version))].map(installRuntime));
	const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
	const waiting = selected.toSorted((a, b) => longest.indexOf(b.name) - longest.indexOf(a.name));
	const rows: string[][] = [];
	const runNext = async () => {
		for (let part = waiting.shift(); part; part = waiting.shift()) {
			const { name, version } = part;
			const startedAt = Date.now();
			const child = start(process.execPath, [
				...[...process.execArgv, process.argv[1], name],
				...[`--version=${version}`, `--tarball=${tarball}`, ...flags],
			]);
			const print = (line: string) => console.log(`${name}, n8n ${version} │ ${line}`);
			for (const input of [child.child.stdout, child.child.stderr])
				if (input) createInterface({ input }).on('line', print);
			const outcome = (await child.ended) === 0 ? passed : failureOf(name, version);
			if (isStopping()) return;
			rows.push(rowOf(name, version, startedAt, outcome));
		}
	};
	await Promise.all([runNext(), runNext()]);
	return rows;
}

const failureOf = (name: string, version: string) =>
	`failed, see ${path.relative(project, failureFolder(name, version))}/`;

const rowOf = (name: string, version: string, startedAt: number, outcome: string) => [
	name,
	`n8n ${version}`,
	((Date.now() - startedAt) / 1000).toFixed(0),
	outcome,
];

await runMain(endToEnd);
