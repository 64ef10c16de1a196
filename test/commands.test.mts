import { existsSync, readFileSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import axios from 'axios';
import { start, stop, type Started } from '../runtime/processes.mts';
import { copyProject, project } from './projectCopy.mts';
import { until } from './until.mts';

/*
 * The commands of the README that CI does not run by themselves.
 */

const here = ['npm run dev', 'npm run sandbox', 'npm run check:live'];
const patience = 120_000;
let command: Started | undefined;

afterEach(async () => {
	if (command) await stop(command);
	command = undefined;
});

test('every command of the README is run here or by CI', () => {
	const textOf = (file: string) => readFileSync(path.join(project, file), 'utf8');
	const commandsIn = (text: string) => text.match(/npm (ci|test|run [\w:]+)/g) ?? [];
	const commands = [...new Set(commandsIn(textOf('README.md')))];
	expect(commands.length).toBeGreaterThan(5);
	const run = [...here, ...commandsIn(textOf('.ci/run'))];
	expect(commands.filter((one) => !run.includes(one))).toEqual([]);
});

test(
	'npm run sandbox starts a service that npm run check:live finds as assumed',
	async () => {
		command = start('npm', ['run', 'sandbox'], { cwd: project });
		const said = (label: string) => new RegExp(`${label} +(\\S+)`).exec(command?.output() ?? '');
		await until(() => Boolean(said('Campaign ID')), patience);
		const [url, key, id] = ['Base URL', 'API Key', 'Campaign ID'].map((label) => said(label)?.[1]);
		const headers = { authorization: `Bearer ${key}` };
		const { data } = await axios.get(`${url}/api/v1/getCampaign`, { params: { id }, headers });
		expect(data.campaignId).toBe(id);

		const live = start(
			'npm',
			['run', 'check:live', '--', '--campaign', String(id), '--base-url', String(url)],
			{ cwd: project, env: { REFERRAL_ROCKET_API_KEY: key } },
		);
		expect(await live.ended).toBe(0);
		expect(live.output()).toMatch(/differs: +0,/);
	},
	patience,
);

test(
	'npm run dev builds, and builds again what changes',
	async () => {
		const { copy, remove } = await copyProject();
		command = start('npm', ['run', 'dev'], { cwd: copy });
		const built = path.join(copy, 'dist/nodes/ReferralRocket/shared/service.js');
		await until(() => existsSync(built), patience);
		await appendFile(
			path.join(copy, 'nodes/ReferralRocket/shared/service.ts'),
			"export const added = 'while it watches';\n",
		);
		await until(async () => (await readFile(built, 'utf8')).includes('while it watches'), patience);
		await stop(command);
		await remove();
	},
	patience,
);
