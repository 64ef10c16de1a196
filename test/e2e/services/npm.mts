import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { project } from '../../../tools/n8n/n8n.mts';
import { hosts, type Cloud } from './cloud.mts';

const constraints = { host: hosts.npm };

/** npm's registry, as if the packed package had been published: its metadata and its tarball. */
export async function simulateNpm({ server }: Cloud, tarball: string): Promise<void> {
	const packed = await readFile(tarball);
	const manifest = JSON.parse(await readFile(path.join(project, 'package.json'), 'utf8')) as {
		name: string;
		version: string;
	};
	const { name, version } = manifest;
	const file = `/${name}/-/${path.basename(tarball)}`;
	const integrity = `sha512-${createHash('sha512').update(packed).digest('base64')}`;
	const published = { ...manifest, dist: { tarball: `https://${hosts.npm}${file}`, integrity } };
	server.get(file, { constraints }, (_request, reply) =>
		reply.type('application/octet-stream').send(packed),
	);
	server.get(`/${name}`, { constraints }, () => ({
		name,
		'dist-tags': { latest: version },
		versions: { [version]: published },
	}));
	server.get(`/${name}/:version`, { constraints }, () => published);
}
