import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import getPort from 'get-port';
import { temporaryFolder } from './n8n.mts';
import { start, waitUntilReady } from '../command-line/processes.mts';
import { UserError } from '../command-line/progress.mts';

/** A program that is not installed on this machine, so whatever needs it can't run here. */
export class Missing extends UserError {}

/**
 * @param names the program's possible names
 * @param folders where to look in addition to the PATH
 * @returns the first one found
 * @throws Missing if none is found
 */
export function findProgram(names: string[], folders: string[] = []): string {
	const searched = [...(process.env.PATH ?? '').split(path.delimiter), ...folders];
	const found = names
		.flatMap((name) => searched.map((folder) => path.join(folder, name)))
		.find((file) => existsSync(file));
	if (found) return found;
	throw new Missing(`no ${names[0]} on this machine`);
}

/** Where Debian and Ubuntu install the programs of each PostgreSQL version. */
function postgresFolders(): string[] {
	const home = '/usr/lib/postgresql';
	const versions = existsSync(home) ? readdirSync(home).sort().reverse() : [];
	return versions.map((version) => path.join(home, version, 'bin'));
}

/**
 * Starts an empty Redis and PostgreSQL, which are stopped when this process exits.
 * @returns the settings with which n8n uses them, in queue mode
 * @throws Missing if they are not installed on this machine
 */
export async function startQueueServices(): Promise<NodeJS.ProcessEnv> {
	const redis = findProgram(['redis-server']);
	const redisPort = await getPort();
	const database = await startPostgres();
	await startRedis(redis, redisPort);
	return {
		EXECUTIONS_MODE: 'queue',
		OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'true',
		QUEUE_BULL_REDIS_HOST: '127.0.0.1',
		QUEUE_BULL_REDIS_PORT: String(redisPort),
		DB_TYPE: 'postgresdb',
		// n8n's default of two is starved by a burst of webhooks.
		DB_POSTGRESDB_POOL_SIZE: '10',
		DB_POSTGRESDB_HOST: database.host,
		DB_POSTGRESDB_PORT: String(database.port),
		DB_POSTGRESDB_DATABASE: database.database,
		DB_POSTGRESDB_USER: database.user,
	};
}

async function startRedis(program: string, port: number) {
	const settings = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
	const redis = start(program, ['--port', String(port), ...settings]);
	await waitUntilReady('Redis', redis, async () => /ready to accept/i.test(redis.output()));
}

/**
 * Starts an empty PostgreSQL, which is stopped when this process exits.
 * @returns how to connect to it, without a password
 * @throws Missing if it is not installed on this machine
 */
export async function startPostgres() {
	const program = findProgram(['postgres'], postgresFolders());
	const port = await getPort();
	const folder = await temporaryFolder();
	// PostgreSQL refuses to run as root.
	const isRoot = process.getuid?.() === 0;
	const asUser = isRoot ? ['runuser', '-u', 'postgres', '--'] : [];
	const run = (...command: string[]) => {
		const [first, ...rest] = command;
		return start(first, rest, { cwd: '/' });
	};
	if (isRoot) await requireSuccess(run('chown', 'postgres', folder));
	const initdb = path.join(path.dirname(program), 'initdb');
	const database = path.join(folder, 'database');
	const settings = ['--username=n8n', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8'];
	await requireSuccess(run(...asUser, initdb, '--no-sync', '-D', database, ...settings));
	const options = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
	const postgres = run(
		...asUser,
		program,
		...['-D', database, '-p', String(port)],
		...options.flatMap((option) => ['-c', option]),
	);
	await waitUntilReady('PostgreSQL', postgres, async () =>
		/ready to accept/.test(postgres.output()),
	);
	return { host: '127.0.0.1', port, database: 'postgres', user: 'n8n' };
}

/** @returns the data of n8n's credential for a PostgreSQL that was started here */
export const postgresCredential = (server: object) => ({
	...server,
	password: 'none',
	ssl: 'disable',
});

/**
 * Runs SQL without n8n.
 * @param server a PostgreSQL that was started here
 * @returns the rows of a query; empty for any other statement
 */
export async function runSql<Row>(
	{ host, port, user, database }: { host: string; port: number; user: string; database: string },
	sql: string,
): Promise<Row[]> {
	const isQuery = /^\s*SELECT\b/i.test(sql);
	const command = isQuery ? `SELECT coalesce(json_agg(row), '[]') FROM (${sql}) AS row` : sql;
	const { stdout } = await promisify(execFile)(findProgram(['psql'], postgresFolders()), [
		...['-h', host, '-p', String(port), '-U', user, '-d', database],
		...['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '-c', command],
	]);
	return isQuery ? (JSON.parse(stdout) as Row[]) : [];
}

async function requireSuccess({ ended, output }: ReturnType<typeof start>) {
	if ((await ended) !== 0) throw new UserError(`PostgreSQL could not be set up:\n${output()}`);
}
