import assert from 'node:assert/strict';
import axios from 'axios';
import { kill, type RunningProgram } from '../../tools/command-line/processes.mts';
import { step } from '../../tools/command-line/progress.mts';
import { waitUntil } from '../../tools/command-line/waitUntil.mts';
import type { MockServer } from '../../tools/mock-server/service.mts';
import { deliver, eventAbout } from '../../tools/mock-server/webhooks.mts';
import type { N8n, Workflow } from '../../tools/n8n/n8n.mts';
import { postgresCredential, runSql } from '../../tools/n8n/services.mts';
import { setRefundWindow, type Payment } from './services/outbox.mts';
import { webhookSecret } from './workflow.mts';

/*
 * What must not happen twice, in queue mode: the examples "Payment outbox" and "Event once".
 */

/** n8n with two workers, and two processes that receive webhooks. */
interface Queue {
	n8n: N8n;
	mockServer: MockServer;
	/** Of the Referral Rocket nodes. */
	credentials: object;
	urls: string[];
	workers: Array<{ started: RunningProgram; begun: () => Promise<string[]> }>;
	/** n8n's own PostgreSQL, which also gets the tables of the examples. */
	settings: NodeJS.ProcessEnv;
}

const shopHeader = { name: 'X-Shop-Key', value: 'only-the-shop-knows-it' };
const domain = '@outbox.example.com';

/** For the nodes of Stripe and WooCommerce, which the note asks users of other shops to delete. */
const unused = /^(Charge|Get customer|Stripe|Order|WooCommerce)/;

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
	const postgres = await addCredential('postgres', postgresCredential(serverOf(queue)));
	const headerAuth = await addCredential('httpHeaderAuth', shopHeader);
	const workflow = await n8n.importWorkflow(`examples/${file}`, credentials, (imported) => {
		for (const node of imported.nodes) {
			if (node.type === 'n8n-nodes-base.postgres') node.credentials = postgres;
			if (node.type === 'n8n-nodes-base.webhook') node.credentials = headerAuth;
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

/** How many payments; one in ten is refunded. With --all-payments as many as in a busy shop, which takes minutes. */
const count = process.argv.includes('--all-payments') ? 200 : 60;
const refundedCount = count / 10;

/** The example "Payment outbox": payments, some of them refunded, and a worker that is killed. */
export async function paymentOutbox(queue: Queue): Promise<void> {
	const { n8n, mockServer, urls, workers } = queue;
	const { campaign } = mockServer;
	const referrer = campaign.add(`referrer${domain}`);
	const payments = Array.from({ length: count }, (_, number) => ({
		paymentId: `payment-${number}`,
		email: campaign.add(`buyer${number}${domain}`, referrer).email,
		amount: 49.9,
		refunded: 0,
	}));
	const sql = async <Row,>(text: string) => await runSql<Row>(serverOf(queue), text);
	const rowsWith = async (status: string) => {
		const rows = await sql<Payment>('SELECT * FROM referral_rocket_payments');
		return rows.filter((row) => row.status === status).length;
	};
	const posts = () =>
		mockServer.requests
			.filter(({ path }) => path === '/api/v1/qualifyParticipant')
			.map(({ body }) => String(body?.email))
			.filter((email) => email.endsWith(domain));
	/**
	 * Delivers each payment three times at once, to both processes. Like a shop, repeats a delivery until n8n has
	 * accepted it: on a busy machine, n8n sometimes runs the workflow and doesn't respond.
	 */
	const deliverAll = async (delivered: typeof payments) => {
		const headers = { [shopHeader.name]: shopHeader.value };
		const deliverOnce = async (url: string, payment: object) =>
			void (await axios.post(`${url}/webhook/payment-outbox`, payment, {
				headers,
				timeout: 10_000,
			}));
		for (let first = 0; first < delivered.length; first += 10)
			await Promise.all(
				delivered
					.slice(first, first + 10)
					.flatMap((payment) =>
						[...urls, urls[0]].map(
							async (url) => await waitUntil(async () => await deliverOnce(url, payment), 300),
						),
					),
			);
	};

	const workflow = await importExample(queue, 'payment-outbox.json', (imported) => {
		imported.nodes = imported.nodes.filter(({ name }) => !unused.test(name));
		const connections = Object.entries(imported.connections);
		imported.connections = Object.fromEntries(connections.filter(([name]) => !unused.test(name)));
		const schedule = imported.nodes.find(({ name }) => name === 'Every five minutes');
		const rule = { interval: [{ field: 'seconds', secondsInterval: 5 }] };
		Object.assign(schedule?.parameters as object, { rule });
	});
	await step(
		`${count} payments delivered three times at once are ${count} rows, which wait`,
		async () => {
			await deliverAll(payments);
			assert.equal(await rowsWith('waiting'), count);
		},
	);
	await step(`${refundedCount} are refunded in time, and the others still wait`, async () => {
		await deliverAll(
			payments.slice(0, refundedCount).map((payment) => ({ ...payment, refunded: 49.9 })),
		);
		await waitUntil(async () => assert.equal(await rowsWith('refunded'), refundedCount), 120);
		assert.equal(await rowsWith('waiting'), count - refundedCount);
		assert.deepEqual(posts(), []);
	});
	await step('A worker is killed while it qualifies buyers', async () => {
		// Whatever has reached the service by now takes effect; both workers wait for the rest.
		let release = () => {};
		const released = new Promise<void>((resolve) => (release = resolve));
		mockServer.intercept = async ({ body }) => {
			if (posts().length > 30 && String(body?.email).endsWith(domain)) await released;
			return false;
		};
		await n8n.changeAndPublish(workflow, (nodes) => setRefundWindow(nodes, 0));
		let lost = workers[0];
		await waitUntil(async () => {
			assert.ok(posts().length > 30, 'Too few requests');
			const claimed = await sql<Payment>(
				`SELECT * FROM referral_rocket_payments WHERE status = 'claimed'`,
			);
			const sent = claimed.find(({ email }) => posts().includes(email));
			const begun = await Promise.all(workers.map(async (worker) => await worker.begun()));
			lost =
				workers.find((_, index) => begun[index].includes(String(sent?.execution))) ??
				assert.fail('No worker is qualifying');
		}, 120);
		await kill(lost.started);
		release();
		mockServer.intercept = undefined;
		const begun = await lost.begun();
		// The other worker decides the rest. Claims of the killed one last an hour.
		await waitUntil(async () => {
			const rows = await sql<Payment>(
				'SELECT * FROM referral_rocket_payments WHERE try_at IS NOT NULL',
			);
			assert.ok(rows.length > 0, 'The killed worker had no claims');
			const others = rows.filter(({ execution }) => !begun.includes(String(execution)));
			assert.deepEqual(others, []);
		}, 120);
		await sql('UPDATE referral_rocket_payments SET try_at = now() WHERE try_at IS NOT NULL');
	});
	await step('All other buyers are qualified once, and no payment is left', async () => {
		await waitUntil(async () => {
			const left = await sql('SELECT * FROM referral_rocket_payments WHERE try_at IS NOT NULL');
			assert.deepEqual(left, []);
		}, 120);
		const qualified = payments.slice(refundedCount).map(({ email }) => email);
		assert.deepEqual(posts().toSorted(), qualified.toSorted());
		const inCampaign = campaign.referralsOf(referrer).filter((one) => one.rewardEventCompleted);
		assert.deepEqual(inCampaign.map(({ email }) => email).toSorted(), qualified.toSorted());
		// Those whom the killed worker had qualified are found to be qualified already.
		const already = await rowsWith('alreadyQualified');
		assert.ok(already > 0, 'The killed worker had qualified nobody');
		assert.deepEqual(
			[(await rowsWith('qualified')) + already, await rowsWith('refunded')],
			[count - refundedCount, refundedCount],
		);
		await n8n.deactivate(workflow);
	});
}
