import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { copyProject, project } from '../support/projectCopy.mts';

/*
 * What .github/workflows/publish.yml runs around npm publish.
 */

const run = promisify(execFile);
let temporary: Awaited<ReturnType<typeof copyProject>>;

beforeAll(async () => {
	temporary = await copyProject();
});

afterAll(async () => await temporary.remove());

describe('the notes of a release', () => {
	const notesOf = async (version: string) =>
		(await run(path.join(temporary.copy, '.ci/release-notes'), [version])).stdout;

	beforeAll(async () => {
		const changelog =
			'# Changelog\n\n## 0.1.10\n\n- Later\n\n## 0.1.1\n\n- One\n- Two\n\n## 0.1.0\n';
		await writeFile(path.join(temporary.copy, 'CHANGELOG.md'), changelog);
	});

	test('are the section of its version in CHANGELOG.md', async () => {
		expect((await notesOf('0.1.1')).trim()).toBe('- One\n- Two');
	});

	test.each(['0.1.0', '0.1', '9.9.9'])(
		'stop the release if there are none for %s',
		async (version) => {
			await expect(notesOf(version)).rejects.toThrow(`no section "## ${version}"`);
		},
	);
});

describe('the smoke test of a published version', () => {
	const name = 'n8n-nodes-referral-rocket';

	/** A registry that offers the package from the second request for it, and nothing else. */
	async function smoke(packageJson: object) {
		const folder = path.join(temporary.folder, 'package');
		await mkdir(folder, { recursive: true });
		const { peerDependencies, peerDependenciesMeta } = JSON.parse(
			await readFile(path.join(project, 'package.json'), 'utf8'),
		);
		const published = { name, peerDependencies, peerDependenciesMeta, ...packageJson };
		await writeFile(path.join(folder, 'package.json'), JSON.stringify(published));
		await run('tar', ['-czf', 'package.tgz', 'package'], { cwd: temporary.folder });
		const tarball = await readFile(path.join(temporary.folder, 'package.tgz'));
		const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
		let requests = 0;
		const registry = createServer((request, response) => {
			if (request.url === '/package.tgz') return response.end(tarball);
			if (request.url !== `/${name}` || ++requests === 1) return response.writeHead(404).end('{}');
			const dist = { tarball: `http://${request.headers.host}/package.tgz`, integrity };
			const versions = { '1.2.3': { version: '1.2.3', ...published, dist } };
			return response.end(JSON.stringify({ name, 'dist-tags': { latest: '1.2.3' }, versions }));
		});
		await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
		try {
			const { port } = registry.address() as AddressInfo;
			const env = {
				...process.env,
				npm_config_registry: `http://127.0.0.1:${port}`,
				SMOKE_PAUSE: '0',
			};
			return (await run(path.join(project, '.ci/smoke'), ['1.2.3'], { env })).stdout;
		} finally {
			registry.close();
			registry.closeAllConnections();
		}
	}

	test('waits until npm has it, and finds it alone', async () => {
		expect(await smoke({ version: '1.2.3' })).toContain(
			`${name} 1.2.3 is installed, and nothing else.`,
		);
	}, 120_000);

	test('does not pass if another version is in the package', async () => {
		await expect(smoke({ version: '1.2.2' })).rejects.toThrow();
	}, 120_000);
});
