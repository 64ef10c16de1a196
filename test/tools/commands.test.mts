import { existsSync, readFileSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import axios from 'axios';
import { start, stop, type RunningProgram } from '../../tools/command-line/processes.mts';
import { waitUntil } from '../../tools/command-line/waitUntil.mts';
import { copyProject, project } from '../support/projectCopy.mts';

/*
 * The commands of the README that CI does not run by themselves.
 */

const here = ['npm run dev', 'npm run sandbox', 'npm run check:live', 'npm test -- add'];
/** Seconds. */
const patience = 120;
const tidyUps: Array<() => Promise<void>> = [];

afterEach(async () => {
	for (const tidyUp of tidyUps.splice(0).reverse()) await tidyUp();
});

function run(command: string, options: { cwd: string; env?: NodeJS.ProcessEnv }): RunningProgram {
	const [program, ...args] = command.split(' ');
	const started = start(program, args, options);
	tidyUps.push(async () => await stop(started));
	return started;
}

test('every command of the README is run here or by CI', () => {
	const textOf = (file: string) => readFileSync(path.join(project, file), 'utf8');
	const commandsIn = (text: string) => text.match(/npm (ci|test( -- \w+)?|run [\w:]+)/g) ?? [];
	const commands = [...new Set(commandsIn(textOf('README.md')))];
	expect(commands.length).toBeGreaterThan(5);
	const ran = [...here, ...commandsIn(textOf('.ci/run'))];
	expect(commands.filter((one) => !ran.includes(one))).toEqual([]);
});

test(
	'npm run sandbox starts a service that npm run check:live finds as assumed',
	async () => {
		const sandbox = run('npm run sandbox', { cwd: project });
		const said = (label: string) => new RegExp(`${label} +(\\S+)`).exec(sandbox.output());
		await waitUntil(async () => expect(said('Campaign ID')).toBeTruthy(), patience);
		const [url, key, id] = ['Base URL', 'API Key', 'Campaign ID'].map((label) => said(label)?.[1]);
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
	patience * 1000,
);

test.each([
	['--help', 0, /--exit +stop /],
	['--exti', 1, /--exti[^]*--exit +stop /],
])(
	'npm run demo -- %s says what the options are, and starts nothing',
	async (option, code, says) => {
		const demo = run(`npm run demo -- ${option}`, { cwd: project });
		expect(await demo.ended).toBe(code);
		expect(demo.output()).toMatch(says);
		expect(demo.output()).not.toMatch(/TypeError|Building/);
	},
	patience * 1000,
);

test(
	'npm test with a name runs the tests of that name on both engines',
	async () => {
		const tests = run('npm test -- add', { cwd: project });
		expect(await tests.ended).toBe(0);
		for (const engine of ['n8n-1', 'n8n-2']) {
			expect(tests.output()).toContain(`PASS ${engine} test/resources/participant/add.test.mts`);
		}
		expect(tests.output()).toMatch(/Test Suites: +2 passed, 2 total/);
	},
	patience * 1000,
);

test(
	'npm run dev builds, and builds again what changes',
	async () => {
		const { copy, remove } = await copyProject();
		tidyUps.push(remove);
		run('npm run dev', { cwd: copy });
		const built = path.join(copy, 'dist/nodes/ReferralRocket/api/specification.js');
		await waitUntil(async () => expect(existsSync(built)).toBe(true), patience);
		await appendFile(
			path.join(copy, 'nodes/ReferralRocket/api/specification.ts'),
			"export const added = 'while it watches';\n",
		);
		await waitUntil(
			async () => expect(await readFile(built, 'utf8')).toContain('while it watches'),
			patience,
		);
	},
	patience * 1000,
);
