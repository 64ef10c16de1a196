import { existsSync, readFileSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import axios from 'axios';
import { start, stop, type RunningProgram } from '../../tools/command-line/processes.mts';
import { waitUntil } from '../../tools/command-line/waitUntil.mts';
import { copyProject, project } from '../support/projectCopy.mts';

/*
 * Runs the commands in the README that CI does not run itself.
 */

const commandsRunHere = ['npm run dev', 'npm run sandbox', 'npm run check:live', 'npm test -- add'];
const timeoutSeconds = 120;
const cleanups: Array<() => Promise<void>> = [];

afterEach(async () => {
	for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
});

function run(command: string, options: { cwd: string; env?: NodeJS.ProcessEnv }): RunningProgram {
	const [program, ...args] = command.split(' ');
	const started = start(program, args, options);
	cleanups.push(async () => await stop(started));
	return started;
}

test('every command in the README is run here or by CI', () => {
	const textOf = (file: string) => readFileSync(path.join(project, file), 'utf8');
	const commandsIn = (text: string) => text.match(/npm (ci|test( -- \w+)?|run [\w:]+)/g) ?? [];
	const commands = [...new Set(commandsIn(textOf('README.md')))];
	expect(commands.length).toBeGreaterThan(5);
	const commandsRun = [...commandsRunHere, ...commandsIn(textOf('.ci/run'))];
	expect(commands.filter((command) => !commandsRun.includes(command))).toEqual([]);
});

test(
	'npm run sandbox starts a mock server that passes npm run check:live',
	async () => {
		const sandbox = run('npm run sandbox', { cwd: project });
		const printed = (label: string) => new RegExp(`${label} +(\\S+)`).exec(sandbox.output());
		await waitUntil(async () => expect(printed('Campaign ID')).toBeTruthy(), timeoutSeconds);
		const [url, key, id] = ['Base URL', 'API Key', 'Campaign ID'].map(
			(label) => printed(label)?.[1],
		);
		const headers = { authorization: `Bearer ${key}` };
		const { data } = await axios.get(`${url}/api/v1/getCampaign`, { params: { id }, headers });
		expect(data.campaignId).toBe(id);

		const live = run(`npm run check:live -- --campaign ${id} --base-url ${url}`, {
			cwd: project,
			env: { REFERRAL_ROCKET_API_KEY: key },
		});
		expect(await live.ended).toBe(0);
		expect(live.output()).toMatch(/differs: +0,/);
	},
	timeoutSeconds * 1000,
);

test.each([
	['--help', 0, /--exit +stop /],
	['--exti', 1, /--exti[^]*--exit +stop /],
])(
	'npm run demo -- %s prints the options and starts nothing',
	async (option, code, expected) => {
		const demo = run(`npm run demo -- ${option}`, { cwd: project });
		expect(await demo.ended).toBe(code);
		expect(demo.output()).toMatch(expected);
		expect(demo.output()).not.toMatch(/TypeError|Building/);
	},
	timeoutSeconds * 1000,
);

test(
	'npm test with a name runs the test files that match it',
	async () => {
		const listed = run('npm test -- add --listTests', { cwd: project });
		expect(await listed.ended).toBe(0);
		expect(listed.output().match(/test\/.*\.test\.mts$/gm)).toEqual([
			'test/resources/participant/add.test.mts',
		]);
	},
	timeoutSeconds * 1000,
);

test(
	'npm run dev builds, and rebuilds what changes',
	async () => {
		const { copy, remove } = await copyProject();
		cleanups.push(remove);
		run('npm run dev', { cwd: copy });
		const built = path.join(copy, 'dist/nodes/ReferralRocket/api/specification.js');
		await waitUntil(async () => expect(existsSync(built)).toBe(true), timeoutSeconds);
		await appendFile(
			path.join(copy, 'nodes/ReferralRocket/api/specification.ts'),
			"export const added = 'while it watches';\n",
		);
		await waitUntil(
			async () => expect(await readFile(built, 'utf8')).toContain('while it watches'),
			timeoutSeconds,
		);
	},
	timeoutSeconds * 1000,
);
