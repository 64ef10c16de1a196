import { existsSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inspect } from 'node:util';
import { project } from '../../tools/n8n/n8n.mts';

/** A screenshot of the browser at the moment of a failure, in the part's temporary folder. */
export const failureScreenshot = 'failure.png';
const files = ['n8n.log', failureScreenshot];

/** @returns the folder for the artifacts of a failed part */
export const failureFolder = (part: string, version: string) =>
	path.join(project, 'test/e2e/failures', `${part}-${version}`);

/**
 * Saves what explains a failure before the temporary folders are removed.
 * @param folder where to save it; created if necessary
 * @param error the error that ended the part
 * @param from the temporary folders of the part, one for each n8n and worker
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
