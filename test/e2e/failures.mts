import { existsSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inspect } from 'node:util';
import { project } from '../../tools/n8n/n8n.mts';

/** A picture of the browser at the moment of a failure, in the part's temporary folder. */
export const screenshotOfFailure = 'failure.png';
const files = ['n8n.log', screenshotOfFailure];

/** @returns the folder for what a part that did not hold leaves behind */
export const failureFolder = (part: string, version: string) =>
	path.join(project, 'test/e2e/failures', `${part}-${version}`);

/**
 * Keeps what explains a failure, before the temporary folders are removed.
 * @param folder where to; it is made
 * @param error what the part ended with
 * @param from the temporary folders of the part: one for each n8n and worker
 */
export async function saveArtifacts(folder: string, error: unknown, from: string[]): Promise<void> {
	await mkdir(folder, { recursive: true });
	await writeFile(path.join(folder, 'failure.txt'), `${inspect(error)}\n`);
	for (const [index, temporary] of from.entries()) {
		for (const file of files.filter((name) => existsSync(path.join(temporary, name)))) {
			const { name, ext } = path.parse(file);
			const number = index === 0 ? '' : `-${index + 1}`;
			await copyFile(path.join(temporary, file), path.join(folder, `${name}${number}${ext}`));
		}
	}
}
