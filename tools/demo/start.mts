import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import getPort, { portNumbers } from 'get-port';
import { installRuntime } from '../n8n/cache.mts';
import {
	exampleFiles,
	installPackage,
	itemsOf,
	N8n,
	owner,
	packPackage,
	temporaryFolder,
	type Workflow,
} from '../n8n/n8n.mts';
import { beforeExit, runMain } from '../command-line/processes.mts';
import { UserError, step } from '../command-line/progress.mts';
import { asTable } from '../command-line/table.mts';
import { waitUntil } from '../command-line/waitUntil.mts';
import { startMockServer, type MockServer } from '../mock-server/service.mts';
import { deliver, eventAbout } from '../mock-server/webhooks.mts';

/*
 * Demonstrates the nodes in a real n8n: runs the example workflow "Participant sync" twice, and sends an
 * event that starts "Referral event to message".
 */

const webhookSecret = 'secret-of-the-demo';

interface Row {
	email: string;
	totalReferrals: number;
	referralRewardBalance: number;
}

const usage = `npm run demo -- [options]

  --exit       stop after the sync and one event, instead of staying up
  --port PORT  port of the editor (default: any free port)
  --help       show this help`;

function readOptions() {
	const string = { type: 'string' } as const;
	const boolean = { type: 'boolean' } as const;
	try {
		return parseArgs({ options: { exit: boolean, port: string, help: boolean } }).values;
	} catch (error) {
		throw new UserError(`${(error as Error).message}\n\n${usage}`);
	}
}

/**
 * @param requested the port to use; undefined for any free port, preferably n8n's default
 * @throws UserError if that port is not free
 */
async function freePort(requested: string | undefined): Promise<number> {
	if (requested === undefined) return await getPort({ port: portNumbers(5678, 5778) });
	const port = Number(requested);
	if (!Number.isInteger(port) || port < 1 || port > 65535) {
		throw new UserError(`"${requested}" is not a port. Use a number from 1 to 65535 for --port.`);
	}
	if ((await getPort({ port })) === port) return port;
	throw new UserError(
		`Port ${port} is in use. Stop the program that uses it, or choose another port with --port.`,
	);
}

async function demo(): Promise<number> {
	const options = readOptions();
	if (options.help) {
		console.log(usage);
		return 0;
	}
	const exitsWhenDone = options.exit || process.env.CI !== undefined || !process.stdout.isTTY;
	const start = Date.now();
	const port = await freePort(options.port);

	const runtime = await installRuntime();
	const folder = await temporaryFolder();
	const tarball = await step('Building and packing the package', async () => packPackage(folder));
	const mockServer = await startMockServer();
	beforeExit(mockServer.close);
	await step('Installing the package', async () => installPackage(folder, tarball));
	const n8n = await step('Starting n8n with an empty database', async () =>
		N8n.start(runtime, folder, port),
	);
	const [sync, eventWorkflow] = await step(
		'Setting up the owner, credential and workflows',
		async () => {
			await n8n.setUpOwner();
			const credentials = await n8n.addCredential(mockServer, webhookSecret);
			const ids = new Map<string, string>();
			for (const file of exampleFiles()) {
				ids.set(file, await n8n.importWorkflow(file, credentials));
			}
			const names = ['participant-sync', 'referral-event-to-message'];
			return names.map((name) => String(ids.get(`examples/${name}.json`)));
		},
	);
	await step('Publishing "Referral event to message"', async () => n8n.activate(eventWorkflow));

	const first = await run(n8n, sync, 'Running "Participant sync"');
	const second = await run(n8n, sync, 'Running it again');
	const rows = await n8n.rows<Row>({ take: 5, sortBy: 'totalReferrals:desc' });
	const isCorrect = report(mockServer, [first, second], rows, start);
	const event = await sendEvent(n8n, mockServer, eventWorkflow);

	if (exitsWhenDone) return isCorrect ? 0 : 1;
	console.log(`
n8n keeps running so that you can look around. Log in as ${owner.email} with the password ${owner.password}.
  The sync and its items    ${await lastExecution(n8n, sync)}
  The table it filled       ${await n8n.dataTableUrl()}
  The event and its items   ${event}
  All examples              ${n8n.url}/home/workflows
The mock server for Referral Rocket is at ${mockServer.url}. Press Ctrl-C to stop both.`);
	if (process.stdin.isTTY) await sendEvents(n8n, mockServer, eventWorkflow);
	return await new Promise(() => undefined);
}

/** Sends an event whenever Enter is pressed, until the input ends. */
async function sendEvents(n8n: N8n, mockServer: MockServer, workflowId: string) {
	console.log(
		'Press Enter to send a test event from Referral Rocket to the workflow "Referral event to message".',
	);
	// In terminal mode, readline would swallow Ctrl-C.
	const lines = createInterface({ input: process.stdin, terminal: false })[Symbol.asyncIterator]();
	while (!(await lines.next()).done) {
		try {
			console.log(`  ${await sendEvent(n8n, mockServer, workflowId)}`);
		} catch (error) {
			console.log((error as Error).message);
		}
	}
}

/**
 * Adds a referred participant and sends the event for it, as the service does.
 * @param workflowId the published workflow that waits for the event
 * @returns the URL of the finished execution
 * @throws UserError if the workflow does not start, for example because it is no longer published
 */
async function sendEvent(n8n: N8n, { campaign }: MockServer, workflowId: string): Promise<string> {
	return await step('Sending an event to "Referral event to message"', async (showDetail) => {
		const { nodes } = await n8n.get<Workflow>(`/workflows/${workflowId}`);
		const [{ webhookId }] = nodes.filter((node) => node.webhookId !== undefined);
		const before = await n8n.finishedExecutions(workflowId);
		const [referrer] = campaign.participants.slice(-1);
		const email = `jo-${randomUUID().slice(0, 4)}@example.com`;
		const friend = campaign.add(email, referrer, { firstName: 'Jo', lastName: 'Doe' });
		const event = eventAbout('referee_added', friend, Date.now());
		const url = `${n8n.url}/webhook/${String(webhookId)}/referral-rocket`;
		const status = await deliver(url, event, webhookSecret);
		if (status !== 200) {
			throw new UserError(
				`n8n responded with status ${status}. Check that the workflow is still published and its credential is unchanged.`,
			);
		}
		await waitUntil(async () => {
			const [execution] = await n8n.finishedExecutions(workflowId, before.length);
			if (execution?.status !== 'success') throw new UserError('The workflow did not run.');
			showDetail(`${email} joined through a referral`);
		}, 30);
		return await lastExecution(n8n, workflowId);
	});
}

/** @returns the URL of the last execution of a workflow in the editor */
async function lastExecution(n8n: N8n, workflowId: string): Promise<string> {
	const [{ id }] = await n8n.executionSummaries(workflowId);
	return `${n8n.url}/workflow/${workflowId}/executions/${id}`;
}

interface Sync {
	read: number;
	written: number;
	seconds: number;
}

async function run(n8n: N8n, workflowId: string, title: string): Promise<Sync> {
	return await step(title, async () => {
		const start = Date.now();
		const execution = await n8n.run(workflowId, 'Run now');
		if (execution.status !== 'success') {
			throw new UserError(`The workflow ended as "${execution.status}": ${execution.message}`);
		}
		return {
			read: itemsOf(execution, 'List participants').length,
			written: itemsOf(execution, 'Write participants').length,
			seconds: (Date.now() - start) / 1000,
		};
	});
}

/** @returns whether the numbers are correct */
function report(
	mockServer: MockServer,
	[first, second]: Sync[],
	rows: { count: number; data: Row[] },
	start: number,
): boolean {
	const { participants } = mockServer.campaign;
	const expected = participants.length;
	const mostReferrals = participants
		.map(({ totalReferrals }) => totalReferrals)
		.sort((a, b) => b - a);
	const numbers = [first.read, first.written, second.read, second.written, rows.count];
	const isCorrect =
		numbers.every((number) => number === expected) &&
		rows.data.every(({ totalReferrals }, index) => totalReferrals === mostReferrals[index]);
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
	console.log('Top five referrers');
	console.log(asTable([['email', 'referrals', 'reward balance'], ...referrers]));
	console.log(
		isCorrect
			? `All ${expected} participants of the campaign are in the table exactly once. Total time: ${((Date.now() - start) / 1000).toFixed(0)} s.`
			: `The numbers are wrong: they should all be ${expected}.`,
	);
	return isCorrect;
}

await runMain(demo);
