import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { packPackage, project, temporaryFolder } from '../n8n/n8n.mts';
import { runMain, start } from '../command-line/processes.mts';
import { step } from '../command-line/progress.mts';

/*
 * Runs n8n's public scan before publishing: npm run scan. The scan's own command works only on packages
 * that are on npm, so this applies its rules to the source and to the tarball.
 */

async function scan(): Promise<number> {
	const folder = await temporaryFolder();
	const tarball = await step('Building and packing the package', async () => packPackage(folder));
	const published = path.join(folder, 'published');
	await mkdir(published);
	const unpacking = start('tar', ['-xzf', tarball, '-C', published, '--strip-components=1']);
	if ((await unpacking.ended) !== 0) throw new Error(unpacking.output());

	// The scan creates a temporary folder when it is loaded and never removes it.
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

await runMain(scan);
