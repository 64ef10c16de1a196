import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { beforeExit, start } from '../command-line/processes.mts';
import { UserError, step } from '../command-line/progress.mts';

/*
 * Brings the pinned Node.js and n8n into a cache outside the project. Each is installed in a folder
 * with another name and renamed when it is whole, so that what has its name can be relied on.
 */

export const nodeVersion = '24.21.0';
export const n8nVersion = '2.41.1';
/** The last of the 1.x, which many still run. */
export const n8nVersion1 = '1.123.81';

const cache = path.join(
	process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'),
	'n8n-nodes-referral-rocket',
);
const nodePackage = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
const gibibyte = 1024 ** 3;

export interface Runtime {
	/** Of n8n. */
	version: string;
	/** The folder that holds the `node` program. */
	nodeBin: string;
	/** The file that starts n8n. */
	n8n: string;
}

/**
 * @param version of n8n
 * @returns Node.js and n8n, from the cache or freshly installed
 */
export async function bringRuntime(version = n8nVersion): Promise<Runtime> {
	nodeFolder ??= bringNode();
	const nodeHome = path.join(await nodeFolder, 'node_modules', nodePackage);
	const nodeBin = path.join(nodeHome, 'bin');
	const n8nFolder = await bring(
		`n8n-${version}`,
		'node_modules/sqlite3/build/Release/node_sqlite3.node',
		{
			title: `Bringing n8n ${version}, some minutes the first time`,
			space: 5 * gibibyte,
			// n8n 1.x asks for an xlsx from outside the registry.
			overrides: version === n8nVersion1 ? { xlsx: '0.18.5' } : undefined,
			install: async (folder, say) => {
				const env = { PATH: `${nodeBin}${path.delimiter}${process.env.PATH}` };
				const counting = setInterval(() => say(progressOf(folder)), 1000);
				try {
					await npm(folder, env, 'install', `n8n@${version}`);
				} finally {
					clearInterval(counting);
				}
				say('building its database driver');
				// The headers of Node.js come with it, so that no other download is needed.
				await npm(
					folder,
					{ ...env, npm_config_nodedir: nodeHome, npm_config_ignore_scripts: 'false' },
					'rebuild',
					'sqlite3',
				);
				say('');
			},
		},
	);
	return { version, nodeBin, n8n: path.join(n8nFolder, 'node_modules/n8n/bin/n8n') };
}

/** Brought once, also when several versions of n8n are brought at the same time. */
let nodeFolder: Promise<string> | undefined;

const bringNode = async () =>
	await bring(`node-${nodeVersion}`, `node_modules/${nodePackage}/bin/node`, {
		title: `Bringing Node.js ${nodeVersion}`,
		space: gibibyte / 4,
		install: async (folder) => await npm(folder, {}, 'install', `${nodePackage}@${nodeVersion}`),
	});

interface Wanted {
	title: string;
	/** Bytes that must be free on the disk. */
	space: number;
	/** Versions to take in place of those that a package asks for. */
	overrides?: Record<string, string>;
	install: (folder: string, say: (detail: string) => void) => Promise<void>;
}

async function bring(name: string, proof: string, wanted: Wanted): Promise<string> {
	const folder = path.join(cache, name);
	await mkdir(cache, { recursive: true });
	await removeLeftovers(name, proof);
	if (existsSync(folder)) return folder;
	await step(wanted.title, async (say) => {
		const { bavail, bsize } = await statfs(cache);
		if (bavail * bsize < wanted.space) {
			throw new UserError(
				`${cache} has too little room: ${(wanted.space / gibibyte).toFixed(1)} GiB are needed. Free some space, or set XDG_CACHE_HOME to a folder on a larger disk, and run this again.`,
			);
		}
		const partial = `${folder}.partial-${process.pid}`;
		const removePartial = async () => await rm(partial, { recursive: true, force: true });
		beforeExit(removePartial);
		await mkdir(partial, { recursive: true });
		await writeFile(
			path.join(partial, 'package.json'),
			JSON.stringify({ private: true, overrides: wanted.overrides }),
		);
		await wanted.install(partial, say);
		await rename(partial, folder).catch(async (error: unknown) => {
			// Another run was faster: its folder is as good.
			if (!existsSync(path.join(folder, proof))) throw error;
			await removePartial();
		});
	});
	return folder;
}

/** Takes away what runs that were killed have left, but nothing that is still being installed. */
async function removeLeftovers(name: string, proof: string) {
	for (const entry of readdirSync(cache)) {
		const [, owner] = /\.partial-(\d+)$/.exec(entry) ?? [];
		const isLeft = owner
			? entry.startsWith(`${name}.`) && !isAlive(Number(owner))
			: entry === name && !existsSync(path.join(cache, name, proof));
		if (!isLeft) continue;
		console.log(`  ${path.join(cache, entry)} is incomplete and is removed.`);
		await rm(path.join(cache, entry), { recursive: true, force: true });
	}
}

function isAlive(pid: number): boolean {
	try {
		return process.kill(pid, 0);
	} catch {
		return false;
	}
}

function progressOf(folder: string): string {
	const modules = path.join(folder, 'node_modules');
	const packages = existsSync(modules) ? readdirSync(modules).length : 0;
	return packages ? `${packages} packages so far` : 'looking up what it needs';
}

/**
 * Runs npm in a folder.
 * @throws UserError when it fails, with what can be done about it
 */
export async function npm(
	folder: string,
	env: NodeJS.ProcessEnv,
	command: string,
	...args: string[]
) {
	// As variables, so that the command stays what it was called with.
	const settings = {
		npm_config_ignore_scripts: 'true',
		npm_config_audit: 'false',
		npm_config_fund: 'false',
		npm_config_loglevel: 'error',
	};
	const started = start('npm', [command, ...args], { cwd: folder, env: { ...settings, ...env } });
	if ((await started.ended) !== 0) throw new UserError(adviceFor(started.output()));
}

function adviceFor(output: string): string {
	const end = output.trim().split('\n').slice(-15).join('\n');
	const advice = [
		// First, because the driver's build looks for a ready-made one on the internet before it compiles.
		[
			/not found: make|make: not found|g\+\+|gyp ERR/,
			'The database driver of n8n could not be built. Install a C++ compiler with make and Python 3 (on Debian or Ubuntu: apt-get install g++ make python3), and run this again.',
		],
		[
			/ENOENT.*npm|spawn npm/,
			'npm was not found. Install Node.js 20.19 or later with npm, and run this again.',
		],
		[
			/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT/,
			"The npm registry can't be reached. Check the internet connection or the proxy settings of npm, and run this again.",
		],
		[/ENOSPC/, 'The disk is full. Free 5 GiB, and run this again.'],
		[
			/E404|ETARGET/,
			`The npm registry in use does not have a package that is needed. If npm is set to a registry of your own, use the public one, and run this again.`,
		],
	] as const;
	const [, sentence] = advice.find(([sign]) => sign.test(output)) ?? [];
	return `${sentence ?? 'npm did not finish.'}\nThe last that npm said:\n${end}`;
}
