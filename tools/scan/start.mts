import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { packPackage, project, temporaryFolder } from '../n8n/n8n.mts';
import { mainOf, start } from '../command-line/processes.mts';
import { step } from '../command-line/progress.mts';

/*
 * n8n's public scan, before there is anything public: npm run scan. Its command knows only packages on
 * npm, so its rules are put to the source and to the tarball from here.
 */

async function scan(): Promise<number> {
	const folder = await temporaryFolder();
	const tarball = await step('Building and packing the package', async () => packPackage(folder));
	const published = path.join(folder, 'published');
	await mkdir(published);
	const unpacking = start('tar', ['-xzf', tarball, '-C', published, '--strip-components=1']);
	if ((await unpacking.ended) !== 0) throw new Error(unpacking.output());

	// The scan makes a folder for temporary files when it is loaded, and leaves it behind.
	process.env.TMPDIR = folder;
	// @ts-expect-error The scan has no types.
	const scanner = await import('@n8n/scan-community-package/scanner/scanner.mjs');
	const { analyzePackage, SOURCE_FILE_PATTERNS } = scanner;

	let passed = true;
	for (const [title, where, files] of [
		['Scanning the source', project, SOURCE_FILE_PATTERNS],
		['Scanning the tarball', published, ['**/*.js', 'package.json']],
	]) {
		const result = await step(title, async () => await analyzePackage(where, files));
		if (result.passed) continue;
		passed = false;
		console.error(result.details ?? result.message);
	}
	console.log(passed ? "\nn8n's public scan would pass." : "\nn8n's public scan would not pass.");
	return passed ? 0 : 1;
}

await mainOf(scan);
