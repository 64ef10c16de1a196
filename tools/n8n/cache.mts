import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { beforeExit, start } from '../command-line/processes.mts';
import { UserError, step } from '../command-line/progress.mts';

/*
 * Installs the pinned Node.js and n8n in a cache outside the project. Each is installed under a temporary
 * name and renamed when it is complete, so that a folder with the final name is always usable.
 */

export const nodeVersion = '24.21.0';
export const n8nVersion = '2.41.1';
/** The latest 1.x, which many people still run. */
export const n8nVersion1 = '1.123.81';

const cache = path.join(
	process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'),
	'n8n-nodes-referral-rocket',
);
const nodePackage = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
const gibibyte = 1024 ** 3;

export interface Runtime {
	/** The version of n8n. */
	version: string;
	/** The folder that contains the `node` program. */
	nodeBin: string;
	/** The file that starts n8n. */
	n8n: string;
	/** Where a person starts n8n, if the tests don't. */
	url?: string;
}

/**
 * @param version the version of n8n
 * @returns Node.js and n8n, from the cache or freshly installed
 */
export async function installRuntime(version = n8nVersion): Promise<Runtime> {
	nodeFolder ??= installNode();
	const nodeHome = path.join(await nodeFolder, 'node_modules', nodePackage);
	const nodeBin = path.join(nodeHome, 'bin');
	const n8nFolder = await install(`n8n-${version}`, driverFile, {
		title: `Installing n8n ${version}, which takes a few minutes the first time`,
		requiredSpace: 5 * gibibyte,
		// n8n 1.x depends on an xlsx that is not in the registry.
		overrides: version === n8nVersion1 ? { xlsx: '0.18.5' } : undefined,
		install: async (folder, showDetail) => {
			const env = { PATH: `${nodeBin}${path.delimiter}${process.env.PATH}` };
			const progressTimer = setInterval(() => showDetail(describeProgress(folder)), 1000);
			try {
				await npm(folder, env, 'install', `n8n@${version}`);
			} finally {
				clearInterval(progressTimer);
			}
			showDetail('adding its database driver');
			const sqlite3 = path.join(folder, 'node_modules/sqlite3');
			const file = await readFile(path.join(sqlite3, 'package.json'), 'utf8');
			const { version: driverVersion } = JSON.parse(file) as { version: string };
			drivers[driverVersion] ??= buildDriver(driverVersion, nodeHome, env);
			const built = path.join(await drivers[driverVersion], driverFile);
			await cp(built, path.join(folder, driverFile), { recursive: true });
			showDetail('');
		},
	});
	return { version, nodeBin, n8n: path.join(n8nFolder, 'node_modules/n8n/bin/n8n') };
}

const driverFile = 'node_modules/sqlite3/build/Release/node_sqlite3.node';

/** By its version. Shared, as it takes a minute to compile, and both versions of n8n use the same. */
const drivers: Record<string, Promise<string> | undefined> = {};

const buildDriver = async (version: string, nodeHome: string, env: NodeJS.ProcessEnv) =>
	await install(`sqlite3-${version}-node-${nodeVersion}`, driverFile, {
		title: `Building n8n's database driver`,
		requiredSpace: gibibyte / 4,
		install: async (folder) => {
			await npm(folder, env, 'install', `sqlite3@${version}`);
			// This Node.js includes its headers, so nothing else has to be downloaded.
			const settings = { npm_config_nodedir: nodeHome, npm_config_ignore_scripts: 'false' };
			await npm(folder, { ...env, ...settings }, 'rebuild', 'sqlite3');
		},
	});

/** Shared, so that installing several versions of n8n at the same time installs Node.js once. */
let nodeFolder: Promise<string> | undefined;

const installNode = async () =>
	await install(`node-${nodeVersion}`, `node_modules/${nodePackage}/bin/node`, {
		title: `Installing Node.js ${nodeVersion}`,
		requiredSpace: gibibyte / 4,
		install: async (folder) => await npm(folder, {}, 'install', `${nodePackage}@${nodeVersion}`),
	});

interface Installation {
	title: string;
	/** Required free disk space in bytes. */
	requiredSpace: number;
	/** Versions that replace those a package depends on. */
	overrides?: Record<string, string>;
	install: (folder: string, showDetail: (detail: string) => void) => Promise<void>;
}

async function install(
	name: string,
	lastInstalledFile: string,
	installation: Installation,
): Promise<string> {
	const folder = path.join(cache, name);
	await mkdir(cache, { recursive: true });
	await removeLeftovers(name, lastInstalledFile);
	if (existsSync(folder)) return folder;
	await step(installation.title, async (showDetail) => {
		const { bavail, bsize } = await statfs(cache);
		if (bavail * bsize < installation.requiredSpace) {
			throw new UserError(
				`${cache} has too little disk space: ${(installation.requiredSpace / gibibyte).toFixed(1)} GiB are needed. Free some space, or set XDG_CACHE_HOME to a folder on a larger disk, and run this again.`,
			);
		}
		const partial = `${folder}.partial-${process.pid}`;
		const removePartial = async () => await rm(partial, { recursive: true, force: true });
		beforeExit(removePartial);
		await mkdir(partial, { recursive: true });
		await writeFile(
			path.join(partial, 'package.json'),
			JSON.stringify({ private: true, overrides: installation.overrides }),
		);
		await installation.install(partial, showDetail);
		await rename(partial, folder).catch(async (error: unknown) => {
			// Another process installed it first: use that folder.
			if (!existsSync(path.join(folder, lastInstalledFile))) throw error;
			await removePartial();
		});
	});
	return folder;
}

/** Removes leftovers of killed processes, but nothing that is still being installed. */
async function removeLeftovers(name: string, proof: string) {
	for (const entry of readdirSync(cache)) {
		const [, owner] = /\.partial-(\d+)$/.exec(entry) ?? [];
		const isLeftover = owner
			? entry.startsWith(`${name}.`) && !isAlive(Number(owner))
			: entry === name && !existsSync(path.join(cache, name, proof));
		if (!isLeftover) continue;
		console.log(`  ${path.join(cache, entry)} is incomplete and will be removed.`);
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

function describeProgress(folder: string): string {
	const modules = path.join(folder, 'node_modules');
	const packages = existsSync(modules) ? readdirSync(modules).length : 0;
	return packages ? `${packages} packages so far` : 'resolving dependencies';
}

/**
 * Runs npm in a folder.
 * @throws UserError if it fails, with advice on how to fix it
 */
export async function npm(
	folder: string,
	env: NodeJS.ProcessEnv,
	command: string,
	...args: string[]
) {
	// As environment variables, so that the command line stays unchanged.
	const settings = {
		npm_config_ignore_scripts: 'true',
		npm_config_audit: 'false',
		npm_config_fund: 'false',
		npm_config_loglevel: 'error',
	};
	const started = start('npm', [command, ...args], { cwd: folder, env: { ...settings, ...env } });
	if ((await started.ended) !== 0) throw new UserError(npmAdvice(started.output()));
}

function npmAdvice(output: string): string {
	const end = output.trim().split('\n').slice(-15).join('\n');
	const advice = [
		// First, because the driver's build tries to download a prebuilt binary before it compiles.
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
			'A required package is not in the npm registry in use. If npm is configured to use a private registry, switch to the public one, and run this again.',
		],
	] as const;
	const [, sentence] = advice.find(([pattern]) => pattern.test(output)) ?? [];
	return `${sentence ?? 'npm failed.'}\nThe end of its output:\n${end}`;
}
