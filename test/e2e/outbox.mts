import assert from 'node:assert/strict';
import { step } from '../../tools/command-line/progress.mts';
import { waitUntil } from '../../tools/command-line/waitUntil.mts';
import type { MockServer } from '../../tools/mock-server/service.mts';
import { deliver, eventAbout } from '../../tools/mock-server/webhooks.mts';
import type { N8n, Workflow } from '../../tools/n8n/n8n.mts';
import { runSql } from '../../tools/n8n/services.mts';
import { webhookSecret } from './workflow.mts';

/*
 * What must not happen twice, in queue mode: the example "Event once".
 */

/** n8n with workers, and two processes that receive webhooks. */
interface Queue {
	n8n: N8n;
	mockServer: MockServer;
	/** Of the Referral Rocket nodes. */
	credentials: object;
	urls: string[];
	/** n8n's own PostgreSQL, which also gets the tables of the examples. */
	settings: NodeJS.ProcessEnv;
}

const serverOf = ({ settings }: Queue) => ({
	host: String(settings.DB_POSTGRESDB_HOST),
	port: Number(settings.DB_POSTGRESDB_PORT),
	database: String(settings.DB_POSTGRESDB_DATABASE),
	user: String(settings.DB_POSTGRESDB_USER),
});

/** Imports an example, chooses its credentials, and lets it create its table. */
async function importExample(queue: Queue, file: string, change: (workflow: Workflow) => void) {
	const { n8n, credentials } = queue;
	const addCredential = async (type: string, data: object) => {
		const { id, name } = await n8n.post<{ id: string; name: string }>('/credentials', {
			name: type,
			type,
			data,
		});
		return { [type]: { id, name } };
	};
	const server = { ...serverOf(queue), password: 'none', ssl: 'disable' };
	const postgres = await addCredential('postgres', server);
	const workflow = await n8n.importWorkflow(`examples/${file}`, credentials, (imported) => {
		for (const node of imported.nodes) {
			if (node.type === 'n8n-nodes-base.postgres') node.credentials = postgres;
		}
		change(imported);
	});
	const { status, message } = await n8n.run(workflow, 'Run now');
	assert.equal(status, 'success', message);
	await n8n.activate(workflow);
	return workflow;
}

/** The example "Event once": the same event reaches both processes at the same moment. */
export async function eventsOnce(queue: Queue): Promise<void> {
	const { n8n, mockServer, urls } = queue;
	const events = mockServer.campaign.participants.slice(0, 20);
	await step('Twenty events delivered to two n8n processes at once pass once', async () => {
		const workflow = await importExample(queue, 'event-once.json', ({ nodes }) => {
			const trigger = nodes.find(({ name }) => name === 'Event received');
			// Whether the trigger notices a repeat depends on the moment. Without this, every delivery gets through.
			Object.assign(trigger?.parameters as object, { options: { ignoreRepeats: false } });
		});
		const { nodes } = await n8n.get<Workflow>(`/workflows/${workflow}`);
		const path = nodes.find(({ webhookId }) => webhookId)?.webhookId;
		const createdAt = Date.now();
		await Promise.all(
			events.flatMap((participant) => {
				const event = eventAbout('referee_added', participant, createdAt);
				return urls.map(async (url) =>
					assert.equal(
						await deliver(`${url}/webhook/${path}/referral-rocket`, event, webhookSecret),
						200,
					),
				);
			}),
		);
		await waitUntil(async () => {
			const statuses = (await n8n.executionSummaries(workflow)).map(({ status }) => status);
			assert.deepEqual(statuses, Array(41).fill('success'));
		}, 120);
		const executions = await n8n.finishedExecutions(workflow);
		const messages = executions
			.filter(({ runData }) => runData['Write message'])
			.map(({ runData }) => runData['Write message'][0].data?.main?.[0][0].json.message);
		assert.deepEqual(
			messages.toSorted(),
			events.map(({ email }) => `${email}: referee_added`).toSorted(),
		);
		const [counted] = await runSql(
			serverOf(queue),
			'SELECT count(*)::int AS keys, min(times) AS least, max(times) AS most FROM referral_rocket_once',
		);
		assert.deepEqual(counted, { keys: 20, least: 2, most: 2 });
	});
}
