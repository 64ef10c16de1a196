import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import type { IDataObject } from 'n8n-workflow';
import type { Runtime } from '../../tools/n8n/cache.mts';
import {
	changeDatabase,
	itemsOf,
	type Execution,
	type N8n,
	type Workflow,
} from '../../tools/n8n/n8n.mts';
import { step } from '../../tools/command-line/progress.mts';
import { waitUntil } from '../../tools/command-line/waitUntil.mts';
import { deliver, eventAbout } from '../../tools/mock-server/webhooks.mts';
import { setUpEnvironment } from './environment.mts';
import { chain, eventWebhookPath, webhookSecret } from './workflow.mts';

/** n8n can't start any workflow, as it can't save the execution, and takes about a second to notice. */
const refuseExecutions = `
	CREATE VIEW slow AS WITH RECURSIVE numbers (number) AS (
		SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 3000000
	) SELECT number FROM numbers;
	CREATE TRIGGER refused BEFORE INSERT ON execution_entity BEGIN
		SELECT count(*) FROM slow;
		SELECT RAISE(ABORT, 'refused');
	END`;
const allowExecutions = 'DROP TRIGGER refused; DROP VIEW slow';

/** Six times a minute, to shorten the wait for the next poll. */
const pollTimes = {
	item: [0, 10, 20, 30, 40, 50].map((second) => ({
		mode: 'custom',
		cronExpression: `${second} * * * * *`,
	})),
};

function everyTenSeconds({ nodes: [trigger] }: Workflow) {
	(trigger.parameters as IDataObject).pollTimes = pollTimes;
}

/**
 * Both triggers in a real n8n: everything that happens in the service starts one execution, even if n8n is
 * restarted in between, and forged events start none.
 */
export async function triggers(runtime: Runtime, tarball: string): Promise<void> {
	await using environment = await setUpEnvironment(runtime, tarball, { participants: 300 });
	const { n8n, mockServer } = environment;
	const { campaign } = mockServer;

	const unsafe = await n8n.importWorkflow(
		'examples/referral-event-to-message.json',
		await n8n.addCredential(mockServer),
	);
	await step('A webhook without a secret cannot be published', async () => {
		const message = await n8n.activate(unsafe).then(
			() => 'it started',
			(error: Error) => error.message,
		);
		assert.match(message, /Copy the secret from Settings/);
	});

	const credentials = await n8n.addCredential(mockServer, webhookSecret);
	const hook = await n8n.importWorkflow('examples/referral-event-to-message.json', credentials);
	const poll = await n8n.importWorkflow(
		'examples/new-participants-to-message.json',
		credentials,
		everyTenSeconds,
	);
	const burst = await n8n.saveWorkflow(
		chain('Burst', [
			{
				name: 'Event',
				type: 'n8n-nodes-referral-rocket.referralRocketTrigger',
				webhookId: 'burst',
				parameters: { events: ['referrerCreated'] },
				credentials,
			},
		]),
	);
	const changes = await n8n.saveWorkflow(
		chain('Changes', [
			{
				name: 'Changes',
				type: 'n8n-nodes-referral-rocket.referralRocketPollingTrigger',
				typeVersion: 1,
				parameters: {
					pollTimes,
					events: ['campaignStatusChanged', 'participantQualified', 'rewardEarned'],
					campaignId: { __rl: true, mode: 'id', value: 'JCu82f30F1' },
				},
				credentials,
			},
		]),
	);
	const removals = await n8n.saveWorkflow(
		chain('Removals', [
			{
				name: 'Removals',
				type: 'n8n-nodes-referral-rocket.referralRocketPollingTrigger',
				typeVersion: 1,
				parameters: {
					pollTimes,
					events: ['participantRemoved', 'participantUpdated'],
					campaignId: { __rl: true, mode: 'id', value: 'JCu82f30F1' },
				},
				credentials,
			},
		]),
	);
	await step('Publishing both example workflows, and three with only a trigger', async () => {
		for (const workflow of [hook, poll, burst, changes]) await n8n.activate(workflow);
	});
	const referee = campaign.participants.find(
		({ referredByCode, rewardEventCompleted }) => referredByCode !== null && !rewardEventCompleted,
	);
	assert.ok(referee);
	campaign.qualify(referee);
	campaign.status = 'Pause';

	const url = n8n.url + eventWebhookPath;
	const now = Date.now();
	const signUp = (name: string) => campaign.add(`${name}@example.com`);
	const ana = eventAbout('referrer_added', signUp('ana'), now + 1);
	const bob = eventAbout('referee_added', signUp('bob'), now + 2);
	const eve = eventAbout('reward_unlocked', signUp('eve'), now + 3);
	await step('Signed events start executions, and repeats do not', async () => {
		for (const event of [ana, bob, ana, eve, bob])
			assert.equal(await deliver(url, event, webhookSecret), 200);
		await expectPeople(n8n, hook, ['ana', 'bob', 'eve']);
	});
	await step('The same event five times at once starts one execution', async () => {
		const event = eventAbout('referee_added', campaign.participants[9], now + 4);
		const statuses = await Promise.all(
			Array.from({ length: 5 }, async () => await deliver(url, event, webhookSecret)),
		);
		assert.deepEqual(statuses, [200, 200, 200, 200, 200]);
		await expectPeople(n8n, hook, [
			'ana',
			'bob',
			'eve',
			campaign.participants[9].email.split('@')[0],
		]);
	});
	await step('Forged and unsigned events, and other requests, start nothing', async () => {
		const before = (await n8n.finishedExecutions(hook)).length;
		const mallory = eventAbout('referrer_added', campaign.participants[5], now + 9);
		assert.equal(await deliver(url, mallory), 401);
		assert.equal(await deliver(url, mallory, 'guessed'), 401);
		assert.equal(await deliver(url, [1, 2], webhookSecret), 400);
		assert.equal(await deliver(url, { eventType: 'referrer_added' }, webhookSecret), 400);
		await wait(1000);
		assert.equal((await n8n.finishedExecutions(hook)).length, before);
	});
	const burstUrl = `${n8n.url}/webhook/burst/referral-rocket`;
	const people = campaign.participants.slice(20, 108);
	const events = people.map((one) => eventAbout('referrer_added', one, now + 5));
	const deliverAll = async (some: object[]) => {
		const deliveries = some.map(async (event) => await deliver(burstUrl, event, webhookSecret));
		assert.deepEqual(
			await Promise.all(deliveries),
			some.map(() => 200),
		);
	};
	const [rejected, hungUp] = [now + 6, now + 7].map((createdAt) =>
		eventAbout('referrer_added', people[0], createdAt),
	);
	await step('8 in sequence, 80 at once, and all of them again: 88 executions', async () => {
		for (const event of events.slice(0, 8)) await deliverAll([event]);
		await deliverAll(events.slice(8));
		await deliverAll(events);
		await expectInTheEnd(n8n, burst, events.length);
	});
	await step('Forms from strangers start nothing, not even a failed execution', async () => {
		const before = (await n8n.executionSummaries(hook)).length;
		const statuses = await Promise.all(
			Array.from({ length: 50 }, async () => {
				const form = new FormData();
				form.append('eventType', 'referrer_added');
				return (await fetch(url, { method: 'POST', body: form })).status;
			}),
		);
		assert.deepEqual(new Set(statuses), new Set([401]));
		await expectInTheEnd(n8n, hook, before);
	});
	await step('The next poll finds the new participants', async () => {
		await expectPeople(n8n, poll, ['ana', 'bob', 'eve'], 90);
	});
	await step('Other events are emitted as well, each with what changed', async () => {
		const earner = campaign.findByCode(referee.referredByCode ?? '');
		await expectChanges(n8n, changes, [
			['campaignStatusChanged', 'Pause', { from: 'Active', to: 'Pause' }],
			['participantQualified', referee.email, { from: false, to: true }],
			[
				'rewardEarned',
				earner?.email,
				{ from: Number(earner?.referralReward) - 20, to: earner?.referralReward },
			],
		]);
	});
	await step(
		'Someone removed is an event, 40 at once are a message, and the checks go on',
		async () => {
			await n8n.activate(removals);
			/** The failed and the other executions: a message, or who each event is about. */
			const expectRemovals = async (...expected: unknown[]) =>
				await waitUntil(async () => {
					const executions = await n8n.finishedExecutions(removals);
					const found = executions.flatMap((execution) =>
						execution.status === 'success'
							? itemsOf(execution, 'Removals').map(({ json }) => json.referralCode)
							: [execution.message?.replace(/ participants.*/s, '')],
					);
					assert.deepEqual(found, expected);
				}, 120);
			const { participants } = campaign;
			const [first, ...more] = participants.slice(-41).toReversed();
			campaign.remove(first);
			await expectRemovals(first.referralCode);
			for (const person of more) campaign.remove(person);
			const message = `40 of ${participants.length + 40}`;
			await expectRemovals(first.referralCode, message);
			const [, updated] = participants.slice(-2);
			updated.totalReferrals++;
			await expectRemovals(first.referralCode, message, updated.referralCode);
			await n8n.deactivate(removals);
		},
	);
	// After the poll, which would lose its events if n8n could not start the workflow.
	await step(
		'An event for which n8n could not start the workflow starts it when it is delivered again',
		async () => {
			// n8n 1 may respond with 200 before it notices that it can't start the workflow.
			if (!runtime.version.startsWith('1.')) {
				await changeDatabase(runtime, environment.folder, refuseExecutions);
				assert.equal(await deliver(burstUrl, rejected, webhookSecret), 500);
				assert.equal(await deliver(burstUrl, hungUp, webhookSecret, 300), 0);
				await wait(5000);
				await changeDatabase(runtime, environment.folder, allowExecutions);
			}
			await deliverAll([rejected, hungUp]);
			await deliverAll([rejected, hungUp]);
			await expectInTheEnd(n8n, burst, events.length + 2);
		},
	);

	signUp('zoe');
	await environment.restart(async () => {
		assert.equal(await deliver(url, ana, webhookSecret), 0);
	});
	await step('After the restart, nothing is repeated and nobody is missing', async () => {
		const zoe = eventAbout('referrer_added', campaign.participants[0], now + 10);
		await waitUntil(async () => assert.equal(await deliver(url, zoe, webhookSecret), 200), 30);
		for (const event of [ana, bob, eve]) {
			assert.equal(await deliver(url, event, webhookSecret), 200);
		}
		await deliverAll([...events, rejected, hungUp]);
		await expectInTheEnd(environment.n8n, burst, events.length + 2);
		await expectInTheEnd(environment.n8n, hook, 5);
		await expectPeople(environment.n8n, hook, [
			'ana',
			'bob',
			'eve',
			campaign.participants[10].email.split('@')[0],
			'zoe',
		]);
		await expectPeople(environment.n8n, poll, ['ana', 'bob', 'eve', 'zoe'], 90);
	});
}

/** Waits until nothing more happens for three seconds, and expects exactly this many executions. */
async function expectInTheEnd(n8n: N8n, workflowId: string, count: number) {
	let before = -1;
	for (let quiet = 0; quiet < 6; quiet++) {
		await wait(500);
		const now = (await n8n.executionSummaries(workflowId)).length;
		if (now !== before) quiet = 0;
		before = now;
	}
	const statuses = (await n8n.executionSummaries(workflowId)).map(({ status }) => status);
	assert.deepEqual(statuses, Array(count).fill('success'));
}

/** Waits until a workflow's executions contain exactly these people, each once. */
async function expectPeople(n8n: N8n, workflowId: string, names: string[], seconds = 20) {
	await waitUntil(async () => {
		const executions = await n8n.finishedExecutions(workflowId);
		assert.deepEqual(
			executions.filter(({ status }) => status !== 'success'),
			[],
		);
		assert.deepEqual(executions.flatMap(peopleIn).sort(), names.toSorted());
	}, seconds);
}

/** Waits until a workflow's executions contain exactly these events, each with one of its changes. */
async function expectChanges(n8n: N8n, workflowId: string, expected: unknown[][]) {
	await waitUntil(async () => {
		const executions = await n8n.finishedExecutions(workflowId);
		const items = executions.flatMap((execution) => itemsOf(execution, 'Changes'));
		const received = items.map(({ json: { event, email, status, changes } }) => {
			const { rewardEventCompleted, referralReward, status: ofCampaign } = changes as IDataObject;
			return [event, email ?? status, rewardEventCompleted ?? referralReward ?? ofCampaign];
		});
		assert.deepEqual(received.sort(), expected);
	}, 90);
}

const peopleIn = (execution: Execution) =>
	itemsOf(execution, 'Write message').map(({ json }) =>
		String(json.email).replace('@example.com', ''),
	);
