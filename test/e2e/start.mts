import { rm } from 'node:fs/promises';
import path from 'node:path';
import { installRuntime, n8nVersion, n8nVersion1, type Runtime } from '../../tools/n8n/cache.mts';
import { packPackage, project, temporaryFolder, temporaryFolders } from '../../tools/n8n/n8n.mts';
import { isStopping, runMain, stopPrograms } from '../../tools/command-line/processes.mts';
import { UserError, step } from '../../tools/command-line/progress.mts';
import { asTable } from '../../tools/command-line/table.mts';
import { Missing } from '../../tools/n8n/services.mts';
import { browser } from './browser.mts';
import { examples } from './examples.mts';
import { saveArtifacts, failureFolder } from './failures.mts';
import { install } from './install.mts';
import { queue } from './queue.mts';
import { tools } from './tools.mts';
import { triggers } from './triggers.mts';
import { upgrade } from './upgrade.mts';
import { versions } from './versions.mts';

/*
 * Tests the packed package in a real n8n: npm run e2e runs every part, npm run e2e -- triggers only one.
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
	{ name: 'tools', version: n8nVersion, run: tools },
	{ name: 'tools', version: n8nVersion1, run: tools },
];

/** Those that need nothing but n8n itself. */
const partsForAnyN8n = ['versions', 'triggers', 'examples'];

const passed = 'passed';

async function endToEnd(): Promise<number> {
	const requested = process.argv.slice(2).filter((name) => !name.startsWith('--'));
	const names = [...new Set(parts.map(({ name }) => name))];
	const unknown = requested.find((name) => !names.includes(name));
	if (unknown)
		throw new UserError(`There is no part "${unknown}". Available parts: ${names.join(', ')}.`);
	const url = process.argv.find((argument) => argument.startsWith('--url='))?.slice(6);
	const tooMuch = requested.find((name) => !partsForAnyN8n.includes(name));
	if (url && tooMuch)
		throw new UserError(`${tooMuch} can't use --url. These can: ${partsForAnyN8n.join(', ')}.`);
	const folder = await temporaryFolder();
	const tarball = await step('Building and packing the package', async () => packPackage(folder));
	const wanted = url && requested.length === 0 ? partsForAnyN8n : requested;
	const selected = parts.filter(
		({ name, version }) =>
			(wanted.length === 0 || wanted.includes(name)) && (!url || version === n8nVersion),
	);
	const versionsOfN8n = [...new Set(selected.map(({ version }) => version))];
	const runtimes = url
		? [{ version: '', nodeBin: path.dirname(process.execPath), n8n: '', url }]
		: await Promise.all(versionsOfN8n.map(installRuntime));
	const rows: string[][] = [['part', 'runs on', 'seconds', 'result']];
	for (const { name, version, run } of selected) {
		const runtime = runtimes[versionsOfN8n.indexOf(version)];
		const start = Date.now();
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
				return `failed, see ${path.relative(project, failure)}/`;
			},
		);
		// Workers and webhook processes of queue mode would slow down the next part.
		await stopPrograms();
		rows.push([name, `n8n ${runtime.version}`, ((Date.now() - start) / 1000).toFixed(0), outcome]);
	}
	console.log(`\n${asTable(rows)}`);
	// A part that could not be run has not passed.
	return rows.slice(1).every((row) => row.includes(passed)) ? 0 : 1;
}

await runMain(endToEnd);
