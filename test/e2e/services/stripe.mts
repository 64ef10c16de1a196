import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import axios from 'axios';
import { step } from '../../../tools/command-line/progress.mts';
import { waitUntil } from '../../../tools/command-line/waitUntil.mts';
import { hosts, type Cloud } from './cloud.mts';
import { entranceOfPayments } from './entrance.mts';
import type { ExampleRun } from './exampleRun.mts';

const constraints = { host: hosts.stripe };
const secret = 'whsec_of_the_simulated_stripe';

/** Stripe's webhook endpoints and customers, as documented by its API. */
export function simulateStripe({ server }: Cloud) {
	const registered: Array<Record<string, string>> = [];
	/** Customers' emails, by ID. */
	const customers = new Map<string, string | null>();
	const endpointOf = (url: string) => ({
		id: 'we_1',
		object: 'webhook_endpoint',
		status: 'enabled',
		secret,
		url,
	});
	server.post('/v1/webhook_endpoints', { constraints }, ({ body }) => {
		registered.push(body as Record<string, string>);
		const { url } = body as { url: string };
		return endpointOf(url);
	});
	server.get('/v1/webhook_endpoints/:id', { constraints }, () =>
		endpointOf(String(registered.at(-1)?.url)),
	);
	server.delete('/v1/webhook_endpoints/:id', { constraints }, () => ({ deleted: true }));
	server.get('/v1/customers/:id', { constraints }, (request, reply) => {
		const { id } = request.params as { id: string };
		if (!customers.has(id)) return reply.code(404).send({ error: { message: 'No such customer' } });
		return { id, object: 'customer', email: customers.get(id) };
	});
	return { registered, customers };
}

interface Invoice {
	id: string;
	customer_email?: string | null;
	/** In the currency's smallest unit. */
	amount_paid?: number;
	/** Not 0, although nothing was paid through Stripe: the invoice was paid outside it. */
	amount_due?: number;
	currency?: string;
}

/** @returns the Stripe credentials of an example */
export async function addStripeCredentials(run: ExampleRun) {
	const data = { secretKey: 'sk_test_1', signatureSecret: secret };
	const stripeApi = await run.addCredential('stripeApi', data);
	return { stripeTrigger: stripeApi, stripe: stripeApi };
}

/**
 * @param trigger the Stripe trigger of a workflow that was published last
 * @returns a function that delivers an event about an object, made from the sample, and returns the status of n8n's
 * response
 */
export async function stripeDelivery(run: ExampleRun, workflow: string, trigger: string) {
	const { registered, customers } = run.services.stripe;
	const endpoint = registered.at(-1) ?? {};
	const sample = await run.sampleOf(workflow, trigger);
	assert.equal(endpoint['enabled_events[0]'], sample.type);
	const sampleObject = (sample.data as { object: object }).object;
	return async (
		object: { id: string },
		customerEmail: string | null = null,
		{ key = secret, type = sample.type } = {},
	) => {
		const customer = `cus_${object.id}`;
		customers.set(customer, customerEmail);
		const body = JSON.stringify({
			...sample,
			id: `evt_${object.id}`,
			type,
			data: { object: { ...sampleObject, customer, ...object } },
		});
		const time = Math.floor(Date.now() / 1000);
		const signature = createHmac('sha256', key).update(`${time}.${body}`).digest('hex');
		const headers = {
			'content-type': 'application/json',
			'stripe-signature': `t=${time},v1=${signature}`,
		};
		return (await axios.post(endpoint.url, body, { headers, validateStatus: () => true })).status;
	};
}

async function publish(run: ExampleRun) {
	const credentials = await addStripeCredentials(run);
	const workflow = await run.publish('stripe-payment-to-qualification', credentials);
	const deliverObject = await stripeDelivery(run, workflow, 'Invoice paid');
	const deliver = async (invoice: Invoice, customerEmail: string | null = null, key = secret) =>
		await deliverObject(invoice, customerEmail, { key });
	return { workflow, deliver };
}

export const stripeEntrance = entranceOfPayments('Can it qualify?: no address', async (run) => {
	const { workflow, deliver } = await publish(run);
	return { workflow, pay: async ({ id, email }) => await deliver({ id, customer_email: email }) };
});

/** The example "Stripe payment to qualification", beyond the shared entries. */
export async function stripeExample(run: ExampleRun): Promise<void> {
	const { campaign } = run.mockServer;
	const referrer = campaign.add('stripe-referrer@example.com');
	await step('Stripe: a currency in its own units, and the email of the customer', async () => {
		const { workflow, deliver } = await publish(run);
		const buyers = [
			'ana@stripe.example.com',
			'kenji..@docomo.example.com',
			'li@stripe.example.com',
		];
		for (const email of buyers) campaign.add(email, referrer);
		const qualified = run.qualifications();
		const [ana, kenji, li] = buyers;
		assert.equal(await deliver({ id: 'in_0', customer_email: ana }, ana, 'guessed'), 401);
		await deliver({ id: 'in_1', customer_email: ana, amount_paid: 0 });
		await deliver({ id: 'in_2', customer_email: ana, amount_paid: 5000, currency: 'jpy' });
		await deliver({ id: 'in_3', customer_email: null, amount_paid: 4990 }, ana);
		await deliver({ id: 'in_4', customer_email: kenji, amount_paid: 1234 });
		await deliver({ id: 'in_5', customer_email: li, amount_paid: 0, amount_due: 2000 });
		await run.settled(workflow, 5);
		assert.deepEqual(qualified().toSorted(), [
			[ana, 49.9],
			[kenji, 12.34],
			[li, 20],
		]);
		for (const output of [0, 1]) {
			const left = async () => await run.outputOf(workflow, 'Can it qualify?', output);
			await waitUntil(async () => assert.equal((await left()).length, 1), 20);
		}
		await run.expectSample(workflow, 'Invoice paid');
		await run.n8n.deactivate(workflow);
	});
}
