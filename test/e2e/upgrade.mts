import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Runtime } from '../../tools/n8n/cache.mts';
import { installPackage, packageJson, project } from '../../tools/n8n/n8n.mts';
import { step } from '../../tools/command-line/progress.mts';
import { waitUntil } from '../../tools/command-line/waitUntil.mts';
import { deliver, eventAbout } from '../../tools/mock-server/webhooks.mts';
import { setUpEnvironment } from './environment.mts';
import { eventWebhookPath, webhookSecret } from './workflow.mts';

/**
 * Workflows saved with an earlier version of the package still work after an update.
 * test/e2e/records has a folder of workflows for each released version, which must never change.
 */
export async function upgrade(runtime: Runtime, tarball: string): Promise<void> {
	const { name, version } = await packageJson();
	for (const earlier of readdirSync(path.join(project, 'test/e2e/records'))) {
		// The first release has no predecessor: it is installed over itself, to test the procedure.
		const before = earlier === version ? tarball : `${name}@${earlier}`;
		await upgradeFrom(earlier, runtime, before, tarball);
	}
}

async function upgradeFrom(earlier: string, runtime: Runtime, before: string, after: string) {
	await using environment = await setUpEnvironment(runtime, before);
	const { folder, n8n, mockServer } = environment;
	const { campaign } = mockServer;
	const credentials = await n8n.addCredential(mockServer, webhookSecret);
	const importRecord = async (file: string) =>
		await n8n.importWorkflow(`test/e2e/records/${earlier}/${file}.json`, credentials);
	const everyOperation = await importRecord('every-operation');
	const webhookWorkflow = await importRecord('webhook-trigger');
	const pollingWorkflow = await importRecord('polling-trigger');
	await n8n.activate(webhookWorkflow);
	await n8n.activate(pollingWorkflow);

	const run = async () => {
		const { status, message, runData } = await environment.n8n.run(everyOperation, 'Run Now');
		assert.equal(status, 'success', message);
		return Object.entries(runData).map(([node, [{ data }]]) => [node, data?.main?.[0]]);
	};
	const [ana, bob, zoe] = campaign.participants.map((participant) =>
		eventAbout('referrer_added', participant, Date.now()),
	);
	const send = async (event: object) =>
		await deliver(n8n.url + eventWebhookPath, event, webhookSecret);
	const expectExecutions = async (workflow: string, count: number) => {
		await waitUntil(async () => {
			const statuses = (await environment.n8n.executionSummaries(workflow)).map(
				({ status }) => status,
			);
			assert.deepEqual(statuses, Array(count).fill('success'));
		}, 90);
	};
	campaign.add('for-the-next-poll@example.com');
	// The first run adds a participant, so runs return the same only from the second on.
	await run();
	const outputsBefore = await step(
		`Saving, publishing and running workflows of version ${earlier}`,
		async () => {
			assert.equal(await send(ana), 200);
			await expectExecutions(webhookWorkflow, 1);
			return await run();
		},
	);
	await environment.restart(async () => {
		await step('Updating the package', async () => installPackage(folder, after));
	});
	await step('All of them work as before', async () => {
		assert.deepEqual(await run(), outputsBefore);
		await waitUntil(async () => assert.equal(await send(bob), 200), 30);
		assert.equal(await send(ana), 200);
		assert.equal(await send(zoe), 200);
		await expectExecutions(webhookWorkflow, 3);
		await expectExecutions(pollingWorkflow, 1);
	});
}
