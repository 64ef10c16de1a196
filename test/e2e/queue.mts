import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Runtime } from '../../tools/n8n/cache.mts';
import {
	installPackage,
	startWebhookProcess,
	startWorker,
	temporaryFolder,
	type N8n,
	type Workflow,
} from '../../tools/n8n/n8n.mts';
import { kill } from '../../tools/command-line/processes.mts';
import { step } from '../../tools/command-line/progress.mts';
import { waitUntil } from '../../tools/command-line/waitUntil.mts';
import { startQueueServices } from '../../tools/n8n/services.mts';
import type { Participant } from '../../tools/mock-server/campaign.mts';
import { deliver, eventAbout } from '../../tools/mock-server/webhooks.mts';
import { setUpEnvironment } from './environment.mts';
import { eventsOnce, paymentOutbox } from './outbox.mts';
import { chain, webhookSecret } from './workflow.mts';

/** Makes n8n notice a lost worker sooner. */
const quickToNotice = {
	QUEUE_WORKER_LOCK_DURATION: '6000',
	QUEUE_WORKER_LOCK_RENEW_TIME: '2000',
	QUEUE_WORKER_STALLED_INTERVAL: '3000',
};

/** n8n with Redis, PostgreSQL and workers: who does the work, and what happens if a worker is lost. */
export async function queue(runtime: Runtime, tarball: string): Promise<void> {
	const settings = await step('Starting Redis and PostgreSQL', startQueueServices);
	const env = { ...settings, ...quickToNotice };
	await using environment = await setUpEnvironment(runtime, tarball, { participants: 1250, env });
	const { n8n, mockServer } = environment;
	const { participants } = mockServer.campaign;
	const newWorker = async () => {
		const folder = await temporaryFolder();
		await installPackage(folder, tarball);
		const started = await startWorker(runtime, folder, env);
		return { started, begun: async () => await begunIn(folder) };
	};

	const [first, second] = await step('Starting two workers', async () =>
		Promise.all([newWorker(), newWorker()]),
	);
	const credentials = await n8n.addCredential(mockServer, webhookSecret);
	const hook = await n8n.saveWorkflow(lookUp(credentials));
	await n8n.activate(hook);
	const now = Date.now();
	let events = 0;
	const deliverEvents = async (count: number) => {
		const url = `${n8n.url}/webhook/queue/referral-rocket`;
		for (const end = events + count; events < end; events += 10) {
			const tenAtOnce = participants.slice(events, events + 10).map(async (participant) => {
				const event = eventAbout('referrer_added', participant, now);
				assert.equal(await deliver(url, event, webhookSecret), 200);
			});
			await Promise.all(tenAtOnce);
		}
	};
	const expectSuccesses = async (seconds: number) => {
		await waitUntil(async () => {
			const statuses = await n8n.executionSummaries(hook);
			const succeeded = statuses.filter(({ status }) => status === 'success');
			assert.deepEqual([succeeded.length, statuses.length], [events, events]);
		}, seconds);
	};

	await step('200 events arrive, and the workers do all the work', async () => {
		await deliverEvents(200);
		await expectSuccesses(60);
		const byWorkers = await Promise.all([first.begun(), second.begun()]);
		assert.equal(new Set(byWorkers.flat()).size, 200);
		assert.ok(byWorkers.every((ids) => ids.length > 20));
		assert.deepEqual(await begunIn(environment.folder), []);
		assert.equal(mockServer.requests.length, 200);
	});
	await step('A worker that is stopped finishes its executions', async () => {
		mockServer.behaviour.delay = 2000;
		const before = (await second.begun()).length;
		await deliverEvents(20);
		await waitUntil(async () => assert.ok((await second.begun()).length >= before + 5), 20);
		process.kill(Number(second.started.child.pid), 'SIGTERM');
		assert.equal(await second.started.ended, 0);
		await expectSuccesses(60);
		mockServer.behaviour.delay = 0;
	});

	const other = await step('Starting a webhook process', async () => {
		const folder = await temporaryFolder();
		await installPackage(folder, tarball);
		return await startWebhookProcess(runtime, folder, env);
	});
	await step('An event that one n8n process has received is a repeat for another', async () => {
		const before = (await n8n.executionSummaries(hook)).length;
		const burst = participants.slice(300, 320);
		for (const url of [n8n.url, other, n8n.url]) {
			const deliveries = burst.map(async (participant) => {
				const event = eventAbout('referrer_added', participant, now + 1);
				const hookUrl = `${url}/webhook/queue/referral-rocket`;
				assert.equal(await deliver(hookUrl, event, webhookSecret), 200);
			});
			await Promise.all(deliveries);
		}
		await wait(5000);
		const more = (await n8n.executionSummaries(hook)).length - before;
		assert.equal(more, burst.length);
	});

	const syncId = await n8n.importWorkflow('examples/participant-sync.json', credentials);
	const slowSyncId = await n8n.importWorkflow(
		'examples/participant-sync.json',
		credentials,
		pauseBeforeRemoval,
	);
	const expectTable = async () => {
		const inTable = (await allRows(n8n)).map(({ email, totalReferrals }) => [
			email,
			totalReferrals,
		]);
		const inCampaign = participants.map(({ email, totalReferrals }) => [email, totalReferrals]);
		assert.deepEqual(inTable.sort(), inCampaign.sort());
	};
	const syncAgain = async () => {
		mockServer.campaign.add(`late${participants.length}@example.com`, participants[0]);
		const { status, message } = await n8n.run(syncId, 'Run now');
		assert.equal(status, 'success', message);
		await expectTable();
	};
	await step('Participant sync runs on a worker', async () => {
		const before = (await first.begun()).length;
		await syncAgain();
		assert.equal((await first.begun()).length, before + 1);
	});

	const lost: Array<{ workflowId: string; id: string }> = [];
	let worker = first;
	const killDuring = async (workflowId: string, isMidst: () => Promise<boolean>) => {
		lost.push({ workflowId, id: await n8n.startRun(workflowId, 'Run now') });
		await waitUntil(async () => assert.ok(await isMidst()), 120);
		await kill(worker.started);
		worker = await newWorker();
	};
	await step('A worker is killed while it reads the list; the next sync is correct', async () => {
		const before = mockServer.requests.length;
		mockServer.behaviour.delay = 1000;
		await killDuring(syncId, async () => mockServer.requests.length > before + 1);
		mockServer.behaviour.delay = 0;
		await expectTable();
		await syncAgain();
	});
	await step(
		'A worker is killed before it removes old rows; the next sync is correct',
		async () => {
			const twice = 2 * participants.length;
			await killDuring(slowSyncId, async () => (await n8n.rows({ take: 1 })).count === twice);
			await syncAgain();
		},
	);
	const workers = [worker, await step('Starting a second worker', newWorker)];
	const queue = { n8n, mockServer, credentials, urls: [n8n.url, other], workers, settings };
	await eventsOnce(queue);
	await paymentOutbox(queue);
	await step('The executions of a killed worker are lost, and n8n reports it', async () => {
		await waitUntil(async () => {
			for (const { workflowId, id } of lost) {
				const all = await n8n.executionSummaries(workflowId);
				const status = all.find((execution) => execution.id === id)?.status;
				assert.ok(status === 'error' || status === 'crashed', `${id} is ${status}`);
			}
		}, 120);
	});
}

/** @returns the executions that a process has started, according to its log */
async function begunIn(folder: string): Promise<string[]> {
	const log = await readFile(path.join(folder, 'n8n.log'), 'utf8');
	return [...log.matchAll(/Worker started execution (\d+)/g)].map(([, id]) => id);
}

/** Gets the participant of each event from the service. */
const lookUp = (credentials: object) =>
	chain('Look up', [
		{
			name: 'Event',
			type: 'n8n-nodes-referral-rocket.referralRocketTrigger',
			webhookId: 'queue',
			parameters: { events: ['referrerCreated'] },
			credentials,
		},
		{
			name: 'Referral Rocket',
			type: 'n8n-nodes-referral-rocket.referralRocket',
			parameters: {
				resource: 'participant',
				operation: 'get',
				campaignId: { __rl: true, mode: 'id', value: '={{ $json.campaignId }}' },
				email: '={{ $json.email }}',
			},
			credentials,
		},
	]);

/** Pauses a sync at the only moment when the table contains each participant twice. */
function pauseBeforeRemoval(workflow: Workflow) {
	const [removal] = workflow.connections['Write participants'].main[0];
	workflow.nodes.push({
		id: 'pause',
		name: 'Pause',
		type: 'n8n-nodes-base.wait',
		typeVersion: 1.1,
		position: [960, 200],
		parameters: { amount: 30 },
	});
	workflow.connections['Write participants'] = {
		main: [[{ node: 'Pause', type: 'main', index: 0 }]],
	};
	workflow.connections.Pause = { main: [[removal]] };
}

async function allRows(n8n: N8n): Promise<Participant[]> {
	const all: Participant[] = [];
	for (;;) {
		const { data } = await n8n.rows<Participant>({ skip: all.length, take: 250 });
		if (data.length === 0) return all;
		all.push(...data);
	}
}
