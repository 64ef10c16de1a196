import { execFileSync } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { operations } from './support/operations.mts';
import { copyProject, project } from './support/projectCopy.mts';

/*
 * What npm publishes, loaded by n8n's own loader. It is built from a copy, so that the project's own dist
 * folder is neither needed nor changed.
 */

// Loaded by Jest, whose cache of modules shows what the loader has read.
const { PackageDirectoryLoader, resolveOutputSchemaPath } =
	jest.requireActual<typeof import('n8n-core')>('n8n-core');

const run = (cwd: string, program: string, ...args: string[]) =>
	execFileSync(program, args, { cwd, encoding: 'utf8', stdio: 'pipe' });

let remove: () => Promise<void>;
let published: string;
let packed: { size: number; files: Array<{ path: string }> };

beforeAll(async () => {
	const temporary = await copyProject();
	const { folder, copy } = temporary;
	remove = temporary.remove;
	const modules = path.join(project, 'node_modules');
	run(copy, 'npm', 'run', 'build');
	const [tarball] = JSON.parse(run(copy, 'npm', 'pack', '--json'));
	packed = tarball;
	// As n8n installs it: next to n8n's own packages.
	published = path.join(folder, 'node_modules/n8n-nodes-referral-rocket');
	await mkdir(published, { recursive: true });
	await symlink(path.join(modules, 'n8n-workflow'), path.join(folder, 'node_modules/n8n-workflow'));
	run(published, 'tar', '-xzf', path.join(copy, tarball.filename), '--strip-components=1');
}, 300_000);

afterAll(async () => await remove());

/** @returns the files that n8n reads: code, codex files, icons, and the schemas of all operations */
async function readByN8n(): Promise<string[]> {
	const loader = new PackageDirectoryLoader(published);
	await loader.loadAll();
	const { nodes, credentials } = loader.types;
	const icons = [...nodes, ...credentials]
		.flatMap(({ iconUrl = [] }) => (typeof iconUrl === 'string' ? [] : Object.values(iconUrl)))
		.map((url) => path.join(published, url.replace('icons/n8n-nodes-referral-rocket/', '')));
	const nodeDir = path.dirname(path.join(published, loader.known.nodes.referralRocket.sourcePath));
	const schemas = operations.map(({ resource, operation }) =>
		resolveOutputSchemaPath({ nodeDir, version: 1, resource, operation }),
	);
	const modules = Object.keys(require.cache);
	return [...new Set([...modules, ...icons, ...schemas])]
		.map((file) => path.relative(published, String(file)))
		.filter((file) => !file.startsWith('..'));
}

test('the package contains what n8n reads and nothing else', async () => {
	const forPeople = ['LICENSE', 'README.md'];
	const files = packed.files.map((file) => file.path);
	expect(files.sort()).toEqual([...(await readByN8n()), ...forPeople, 'package.json'].sort());
});

test('the package is smaller than 80 kB', () => {
	expect(packed.size).toBeLessThan(80_000);
});
