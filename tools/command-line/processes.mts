import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { UserError, silenceProgress } from './progress.mts';

export interface RunningProgram {
	child: ChildProcess;
	/** The last 20,000 characters it printed. */
	output: () => string;
	ended: Promise<number>;
}

const running = new Set<RunningProgram>();
const cleanups: Array<() => void | Promise<void>> = [];

/** @param cleanUp called once before this process exits, for whatever reason; last registered, first called */
export function beforeExit(cleanUp: () => void | Promise<void>): void {
	cleanups.unshift(cleanUp);
}

/**
 * npm passes its settings on as environment variables. A child npm needs the registry, proxy and
 * certificates, but not what is specific to this project and this call.
 */
const callSpecific =
	/^(INIT_CWD|npm_(package|lifecycle|command).*|npm_config_(ignore_scripts|call|dry_run|workspaces?|(local_|global_)?prefix))$/i;

function inheritedEnvironment(): NodeJS.ProcessEnv {
	const inherited = Object.entries(process.env).filter(([name]) => !callSpecific.test(name));
	return Object.fromEntries(inherited);
}

/**
 * Starts a program in its own process group, so that it can be stopped along with its children.
 * @param settings its folder, additional environment variables, a file to append its output to, and whether
 * this process writes to its input
 */
export function start(
	command: string,
	args: string[],
	{
		cwd,
		env,
		log,
		hasInput = false,
	}: { cwd?: string; env?: NodeJS.ProcessEnv; log?: string; hasInput?: boolean } = {},
): RunningProgram {
	const child = spawn(command, args, {
		cwd,
		env: { ...inheritedEnvironment(), ...env },
		stdio: [hasInput ? 'pipe' : 'ignore', 'pipe', 'pipe'],
		detached: true,
	});
	let output = '';
	const record = (chunk: Buffer) => {
		output = (output + chunk.toString()).slice(-20_000);
		if (log) appendFileSync(log, chunk);
	};
	child.stdout?.on('data', record);
	child.stderr?.on('data', record);
	const program: RunningProgram = {
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
	running.add(program);
	void program.ended.then(() => running.delete(program));
	return program;
}

/**
 * Waits up to two minutes until a program is ready.
 * @param name the program's name, for the error message
 * @param isReady called repeatedly; throwing counts as not ready yet
 * @throws UserError with the end of the program's output if it exits or never becomes ready
 */
export async function waitUntilReady(
	name: string,
	program: RunningProgram,
	isReady: () => Promise<boolean>,
): Promise<void> {
	let hasEnded = false;
	void program.ended.then(() => (hasEnded = true));
	for (let attempts = 0; attempts < 600 && !hasEnded; attempts++) {
		if (await isReady().catch(() => false)) return;
		await wait(200);
	}
	await stop(program);
	throw new UserError(
		`${name} did not start. The end of its output:\n${program.output().slice(-3000)}`,
	);
}

function signal({ child }: RunningProgram, name: NodeJS.Signals) {
	try {
		process.kill(-Number(child.pid), name);
	} catch {
		// It has already exited.
	}
}

/** Kills a program and its children at once, like a power cut. */
export async function kill(program: RunningProgram): Promise<void> {
	signal(program, 'SIGKILL');
	await program.ended;
}

/**
 * Stops a program and its children: asks them to exit, and kills them after 40 seconds. n8n takes up to 30 to
 * finish what it is doing; executions of an n8n that was killed count as crashed.
 */
export async function stop(program: RunningProgram): Promise<void> {
	signal(program, 'SIGTERM');
	const forceKill = setTimeout(signal, 40_000, program, 'SIGKILL');
	await program.ended;
	clearTimeout(forceKill);
	signal(program, 'SIGKILL');
}

let stopping: Promise<void> | undefined;

/** @returns whether this process is shutting down, so that errors are expected */
export const isStopping = (): boolean => stopping !== undefined;

/** Stops every running program and runs every cleanup, once. */
async function stopAll(): Promise<void> {
	stopping ??= (async () => {
		await Promise.all([...running].map(stop));
		for (const cleanUp of cleanups) await cleanUp();
	})();
	await stopping;
}

/**
 * Runs a command and leaves nothing behind, however it ends.
 * @param main does the work and returns the exit code; throws UserError for anything the user can fix
 */
export async function runMain(main: () => Promise<number>): Promise<void> {
	for (const [signal, code] of [
		['SIGINT', 130],
		['SIGTERM', 143],
		['SIGHUP', 129],
	] as const) {
		process.on(signal, () => {
			silenceProgress();
			console.log('\nStopping …');
			void stopAll().finally(() => process.exit(code));
		});
	}
	// For example, a pipe that closes during output.
	process.on('uncaughtException', (error) => {
		silenceProgress();
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
