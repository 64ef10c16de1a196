import { cp, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const project = path.resolve(import.meta.dirname, '../..');

const excluded = ['.git', 'coverage', 'dist', 'node_modules', 'reports', '.stryker-tmp'];

/**
 * Copies the project into a temporary folder, so that a build there does not change the original dist.
 * @returns the temporary folder, the copy in it, and a function that removes both
 */
export async function copyProject() {
	const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'n8n-nodes-referral-rocket-')));
	const copy = path.join(folder, 'copy');
	await cp(project, copy, {
		recursive: true,
		filter: (file) => !excluded.includes(path.relative(project, file)),
	});
	await symlink(path.join(project, 'node_modules'), path.join(copy, 'node_modules'));
	return { folder, copy, remove: async () => await rm(folder, { recursive: true, force: true }) };
}
