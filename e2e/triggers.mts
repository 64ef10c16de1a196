import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import type { Runtime } from '../runtime/cache.mts';
import { itemsOf, type Execution, type N8n } from '../runtime/n8n.mts';
import { step } from '../runtime/progress.mts';
import { retried } from '../runtime/retried.mts';
import { deliver, eventAbout } from '../sandbox/webhooks.mts';
import { setStage } from './stage.mts';
import { eventHookPath, webhookSecret } from './workflow.mts';

/**
 * Both triggers in a real n8n: what happens in the service arrives as executions, once, also when n8n
 * is started again in between; what is forged arrives as nothing.
 */
export async function triggers(runtime: Runtime, tarball: string): Promise<void> {
	await using stage = await setStage(runtime, tarball, { participants: 300 });
	const { n8n, standIn } = stage;
	const { campaign } = standIn;

	const unsafe = await n8n.importWorkflow(
		'examples/referral-event-to-message.json',
		await n8n.addCredential(standIn),
	);
	await step('A webhook without a secret does not start', async () => {
		const why = await n8n.activate(unsafe).then(
			() => 'it started',
			(error: Error) => error.message,
		);
		assert.match(why, /Copy the secret from Settings/);
	});

	const credentials = await n8n.addCredential(standIn, webhookSecret);
	const hook = await n8n.importWorkflow('examples/referral-event-to-message.json', credentials);
	const poll = await n8n.importWorkflow('examples/new-participants-to-message.json', credentials);
	await step('Publishing both example workflows', async () => {
		await n8n.activate(hook);
		await n8n.activate(poll);
	});

	const url = n8n.url + eventHookPath;
	const signUp = (name: string) => campaign.add(`${name}@example.com`);
	const ana = eventAbout('referrer_added', signUp('ana'), 1_760_000_000_001);
	const bob = eventAbout('referee_added', signUp('bob'), 1_760_000_000_002);
	const eve = eventAbout('reward_unlocked', signUp('eve'), 1_760_000_000_003);
	await step('Signed events arrive, and a second delivery does not', async () => {
		for (const event of [ana, bob, ana, eve, bob])
			assert.equal(await deliver(url, event, webhookSecret), 200);
		await expectPeople(n8n, hook, ['ana', 'bob', 'eve']);
	});
	await step('The same event five times at once arrives once', async () => {
		const event = eventAbout('referee_added', campaign.participants[9], 1_760_000_000_004);
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
	await step('Forged and unsigned events, and what is no event, start nothing', async () => {
		const before = (await n8n.executionsOf(hook)).length;
		const mallory = eventAbout('referrer_added', campaign.participants[5], 1_760_000_000_009);
		assert.equal(await deliver(url, mallory), 401);
		assert.equal(await deliver(url, mallory, 'guessed'), 401);
		assert.equal(await deliver(url, [1, 2], webhookSecret), 400);
		assert.equal(await deliver(url, { eventType: 'referrer_added' }, webhookSecret), 400);
		await wait(1000);
		assert.equal((await n8n.executionsOf(hook)).length, before);
	});
	await step('Those who signed up since are found by the next poll, within a minute', async () => {
		await expectPeople(n8n, poll, ['ana', 'bob', 'eve'], 90);
	});

	signUp('zoe');
	await stage.startAgain(async () => {
		assert.equal(await deliver(url, ana, webhookSecret), 0);
	});
	await step('After the restart nothing comes twice and nobody is missing', async () => {
		const zoe = eventAbout('referrer_added', campaign.participants[0], 1_760_000_000_010);
		await retried(async () => assert.equal(await deliver(url, zoe, webhookSecret), 200), 30);
		assert.equal(await deliver(url, ana, webhookSecret), 200);
		assert.equal(await deliver(url, eve, webhookSecret), 200);
		await expectPeople(stage.n8n, hook, [
			'ana',
			'bob',
			'eve',
			campaign.participants[10].email.split('@')[0],
			'zoe',
		]);
		await expectPeople(stage.n8n, poll, ['ana', 'bob', 'eve', 'zoe'], 90);
	});
}

/** Waits until a workflow's executions have brought just these people, each of them once. */
async function expectPeople(n8n: N8n, workflowId: string, names: string[], seconds = 20) {
	await retried(async () => {
		const executions = await n8n.executionsOf(workflowId);
		assert.deepEqual(
			executions.filter(({ status }) => status !== 'success'),
			[],
		);
		assert.deepEqual(executions.flatMap(peopleIn).sort(), names.toSorted());
	}, seconds);
}

const peopleIn = (execution: Execution) =>
	itemsOf(execution, 'Write Message').map(({ json }) =>
		String(json.email).replace('@example.com', ''),
	);
