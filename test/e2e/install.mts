import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Runtime } from '../../tools/n8n/cache.mts';
import { installPackage, packageJson, temporaryFolder } from '../../tools/n8n/n8n.mts';
import { step } from '../../tools/command-line/progress.mts';

/**
 * The README's command installs only the package, with the Node.js that runs this test and with the one
 * that n8n runs on. n8n includes its own n8n-workflow; a second one would not even install on Node.js 20
 * and 22.
 */
export async function install({ nodeBin }: Runtime, tarball: string): Promise<void> {
	const { name } = await packageJson();
	for (const nodeFolder of [path.dirname(process.execPath), nodeBin]) {
		await step(`Installing with ${nodeFolder}`, async () => {
			const modules = await installPackage(await temporaryFolder(), tarball, nodeFolder);
			const installed = (await readdir(modules)).filter((entry) => !entry.startsWith('.'));
			assert.deepEqual(installed, [name]);
		});
	}
}
