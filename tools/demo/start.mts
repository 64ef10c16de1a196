import { parseArgs } from 'node:util';
import { bringRuntime } from '../n8n/cache.mts';
import {
	exampleFiles,
	freePort,
	installPackage,
	itemsOf,
	N8n,
	owner,
	packPackage,
	temporaryFolder,
} from '../n8n/n8n.mts';
import { beforeExit, mainOf } from '../command-line/processes.mts';
import { UserError, step } from '../command-line/progress.mts';
import { asTable } from '../command-line/table.mts';
import { startMockServer, type MockServer } from '../mock-server/service.mts';

/*
 * Shows the node at work in a real n8n: the example workflow "Participant sync", run twice.
 */

interface Row {
	email: string;
	totalReferrals: number;
	referralRewardBalance: number;
}

const usage = `npm run demo -- [options]

  --exit       stops when the sync has run, in place of staying up
  --port PORT  where the editor is; a free port unless given
  --help       shows this`;

function readOptions() {
	const string = { type: 'string' } as const;
	const boolean = { type: 'boolean' } as const;
	try {
		return parseArgs({ options: { exit: boolean, port: string, help: boolean } }).values;
	} catch (error) {
		throw new UserError(`${(error as Error).message}\n\n${usage}`);
	}
}

async function demo(): Promise<number> {
	const options = readOptions();
	if (options.help) {
		console.log(usage);
		return 0;
	}
	const exits = options.exit || process.env.CI !== undefined || !process.stdout.isTTY;
	const start = Date.now();
	const port = await freePort(options.port);

	const runtime = await bringRuntime();
	const folder = await temporaryFolder();
	const tarball = await step('Building and packing the package', async () => packPackage(folder));
	const mockServer = await startMockServer();
	beforeExit(mockServer.close);
	await step('Installing the package as n8n does', async () => installPackage(folder, tarball));
	const n8n = await step('Starting n8n with an empty database', async () =>
		N8n.start(runtime, folder, port),
	);
	const workflowId = await step('Setting up owner, credential and workflows', async () => {
		await n8n.setUpOwner();
		const credentials = await n8n.addCredential(mockServer, 'secret-of-the-demo');
		const ids = new Map<string, string>();
		for (const file of exampleFiles()) {
			ids.set(file, await n8n.importWorkflow(file, credentials));
		}
		return String(ids.get('examples/participant-sync.json'));
	});

	const first = await run(n8n, workflowId, 'Running "Participant sync"');
	const second = await run(n8n, workflowId, 'Running it again');
	const rows = await n8n.rows<Row>({ take: 5, sortBy: 'totalReferrals:desc' });
	const held = report(mockServer, [first, second], rows, start);

	if (exits) return held ? 0 : 1;
	console.log(`
n8n stays up for you to look around:
  Editor    ${n8n.url}/workflow/${workflowId}
  Examples  ${n8n.url}/home/workflows
  Email     ${owner.email}
  Password  ${owner.password}
The mock server for Referral Rocket is at ${mockServer.url}. Press Ctrl-C to stop both.`);
	return await new Promise(() => undefined);
}

interface Sync {
	read: number;
	written: number;
	seconds: number;
}

async function run(n8n: N8n, workflowId: string, title: string): Promise<Sync> {
	return await step(title, async () => {
		const start = Date.now();
		const execution = await n8n.run(workflowId, 'Run Now');
		if (execution.status !== 'success') {
			throw new UserError(`The workflow ended as "${execution.status}": ${execution.message}`);
		}
		return {
			read: itemsOf(execution, 'List Participants').length,
			written: itemsOf(execution, 'Write Participants').length,
			seconds: (Date.now() - start) / 1000,
		};
	});
}

/** @returns whether the numbers are right */
function report(
	mockServer: MockServer,
	[first, second]: Sync[],
	rows: { count: number; data: Row[] },
	start: number,
): boolean {
	const { participants } = mockServer.campaign;
	const expected = participants.length;
	const best = participants.map(({ totalReferrals }) => totalReferrals).sort((a, b) => b - a);
	const numbers = [first.read, first.written, second.read, second.written, rows.count];
	const held =
		numbers.every((number) => number === expected) &&
		rows.data.every(({ totalReferrals }, place) => totalReferrals === best[place]);
	const figures = [
		['', 'first run', 'second run'],
		['participants read', first.read, second.read],
		['rows written', first.written, second.written],
		['rows in the table', '', rows.count],
		['seconds', first.seconds.toFixed(1), second.seconds.toFixed(1)],
	];
	const referrers = rows.data.map((row) => [
		row.email,
		row.totalReferrals,
		row.referralRewardBalance,
	]);
	console.log(`\n${asTable(figures)}`);
	console.log('The five best referrers');
	console.log(asTable([['email', 'referrals', 'reward balance'], ...referrers]));
	console.log(
		held
			? `All ${expected} participants of the campaign are in the table, once. ${((Date.now() - start) / 1000).toFixed(0)} s in all.`
			: `The numbers are not right: ${expected} participants were expected everywhere.`,
	);
	return held;
}

await mainOf(demo);
