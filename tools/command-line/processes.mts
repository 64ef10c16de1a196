import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { UserError, silence } from './progress.mts';

export interface Started {
	child: ChildProcess;
	/** What it printed last, up to 20,000 characters. */
	output: () => string;
	ended: Promise<number>;
}

const running = new Set<Started>();
const tidyUps: Array<() => void | Promise<void>> = [];

/** @param tidyUp called once before this process ends, however it ends; the last added goes first */
export function beforeExit(tidyUp: () => void | Promise<void>): void {
	tidyUps.unshift(tidyUp);
}

/**
 * npm hands its settings down as variables. Registry, proxy and certificates are wanted in a child npm
 * as well; what belongs to this project and to this call is not.
 */
const onlyForThisCall =
	/^(INIT_CWD|npm_(package|lifecycle|command).*|npm_config_(ignore_scripts|call|dry_run|workspaces?|(local_|global_)?prefix))$/i;

function plainEnvironment(): NodeJS.ProcessEnv {
	const kept = Object.entries(process.env).filter(([name]) => !onlyForThisCall.test(name));
	return Object.fromEntries(kept);
}

/**
 * Starts a program in a process group of its own, so that it can be stopped with all it started.
 * @param log a file that its output is added to as well
 */
export function start(
	command: string,
	args: string[],
	{ cwd, env, log }: { cwd?: string; env?: NodeJS.ProcessEnv; log?: string } = {},
): Started {
	const child = spawn(command, args, {
		cwd,
		env: { ...plainEnvironment(), ...env },
		stdio: ['ignore', 'pipe', 'pipe'],
		detached: true,
	});
	let output = '';
	const keep = (chunk: Buffer) => {
		output = (output + chunk.toString()).slice(-20_000);
		if (log) appendFileSync(log, chunk);
	};
	child.stdout.on('data', keep);
	child.stderr.on('data', keep);
	const started: Started = {
		child,
		output: () => output,
		ended: new Promise((resolve) => {
			child.once('error', (error) => {
				output += error.message;
				resolve(127);
			});
			child.once('close', (code) => resolve(code ?? 1));
		}),
	};
	running.add(started);
	void started.ended.then(() => running.delete(started));
	return started;
}

/**
 * Waits, at most two minutes, until a program does what it is there for.
 * @param name of the program, for the message
 * @param isReady asked again and again; what it throws counts as not yet
 * @throws UserError with the program's last words when it ends or does not become ready
 */
export async function whenReady(
	name: string,
	started: Started,
	isReady: () => Promise<boolean>,
): Promise<void> {
	let hasEnded = false;
	void started.ended.then(() => (hasEnded = true));
	for (let attempts = 0; attempts < 600 && !hasEnded; attempts++) {
		if (await isReady().catch(() => false)) return;
		await wait(200);
	}
	await stop(started);
	throw new UserError(
		`${name} did not start. The last that it said:\n${started.output().slice(-3000)}`,
	);
}

function signal({ child }: Started, name: NodeJS.Signals) {
	try {
		process.kill(-Number(child.pid), name);
	} catch {
		// It has ended already, and nothing is left to stop.
	}
}

/** Ends a program and all it started at once, as a power cut does. */
export async function kill(started: Started): Promise<void> {
	signal(started, 'SIGKILL');
	await started.ended;
}

/** Stops a program and all it started: politely, then for sure after ten seconds. */
export async function stop(started: Started): Promise<void> {
	signal(started, 'SIGTERM');
	const patience = setTimeout(signal, 10_000, started, 'SIGKILL');
	await started.ended;
	clearTimeout(patience);
	signal(started, 'SIGKILL');
}

let stopping: Promise<void> | undefined;

/** @returns whether everything is being stopped, so that errors are expected */
export const isStopping = (): boolean => stopping !== undefined;

/** Stops every program that was started and does all the tidying up, once. */
async function stopAll(): Promise<void> {
	stopping ??= (async () => {
		await Promise.all([...running].map(stop));
		for (const tidyUp of tidyUps) await tidyUp();
	})();
	await stopping;
}

/**
 * Runs the main part of a command and leaves nothing behind, however it ends.
 * @param main does the work and returns the exit code; what a person can fix it throws as UserError
 */
export async function mainOf(main: () => Promise<number>): Promise<void> {
	for (const [signal, code] of [
		['SIGINT', 130],
		['SIGTERM', 143],
		['SIGHUP', 129],
	] as const) {
		process.on(signal, () => {
			silence();
			console.log('\nStopping …');
			void stopAll().finally(() => process.exit(code));
		});
	}
	// For example a pipe that is closed while something is printed.
	process.on('uncaughtException', (error) => {
		silence();
		console.error(error);
		void stopAll().finally(() => process.exit(1));
	});
	let code = 1;
	try {
		code = await main();
	} catch (error) {
		if (!isStopping()) console.error('\n%s', error instanceof UserError ? error.message : error);
	} finally {
		await stopAll();
	}
	process.exit(code);
}
