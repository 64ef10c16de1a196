import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import axios from 'axios';
import { step } from '../../../tools/command-line/progress.mts';
import { hosts, type Cloud } from './cloud.mts';
import type { ExampleRun } from './exampleRun.mts';

const constraints = { host: hosts.stripe };
const secret = 'whsec_of_the_played_stripe';

/** Stripe's webhook endpoints, as its API documents them. */
export function playStripe({ server }: Cloud) {
	const registered: Array<Record<string, string>> = [];
	server.post('/v1/webhook_endpoints', { constraints }, ({ body }) => {
		registered.push(body as Record<string, string>);
		const { url } = body as { url: string };
		return { id: 'we_1', object: 'webhook_endpoint', status: 'enabled', secret, url };
	});
	return { registered };
}

interface Invoice {
	id: string;
	customer_email: string | null;
	/** In the currency's smallest unit. */
	amount_paid: number;
	currency: string;
}

/** The example "Stripe payment to qualification": every paid invoice settles, and qualifies once. */
export async function stripeExample(run: ExampleRun): Promise<void> {
	const { campaign } = run.mockServer;
	const referrer = campaign.add('stripe-referrer@example.com');
	const [ana, kenji, zoe, eve] = ['ana', 'kenji', 'zoe', 'eve'].map((name) =>
		campaign.add(`${name}@stripe.example.com`, referrer),
	);
	const stripeApi = await run.addCredential('stripeApi', {
		secretKey: 'sk_test_1',
		signatureSecret: secret,
	});
	const workflow = await run.publish(
		'stripe-payment-to-qualification',
		{ stripeTrigger: stripeApi },
		(nodes) => Object.assign(nodes['Wait an hour'].parameters, { amount: 1, unit: 'seconds' }),
	);
	const [registered] = run.services.stripe.registered;
	const sample = await run.sampleOf(workflow, 'Invoice paid');
	const sampleInvoice = (sample.data as { object: object }).object;
	const deliver = async (invoice: Invoice, key = secret) => {
		const body = JSON.stringify({
			...sample,
			id: `evt_${invoice.id}`,
			data: { object: { ...sampleInvoice, ...invoice } },
		});
		const time = Math.floor(Date.now() / 1000);
		const signature = createHmac('sha256', key).update(`${time}.${body}`).digest('hex');
		const headers = {
			'content-type': 'application/json',
			'stripe-signature': `t=${time},v1=${signature}`,
		};
		const answer = await axios.post(registered.url, body, { headers, validateStatus: () => true });
		return answer.status;
	};
	const paid = (id: string, customer_email: string | null, amount_paid: number, currency = 'usd') =>
		deliver({ id, customer_email, amount_paid, currency });
	const qualified = run.qualifications();

	await step('Stripe payment to qualification: the first payment above zero, once', async () => {
		assert.equal(registered['enabled_events[0]'], sample.type);
		assert.equal(
			await deliver(
				{ id: 'forged', customer_email: ana.email, amount_paid: 5, currency: 'usd' },
				'guessed',
			),
			401,
		);
		// A free trial, someone without an address, strangers and those whom nobody referred qualify nobody.
		await paid('in_1', ana.email, 0);
		await paid('in_2', null, 500);
		await paid('in_2b', 'ana at example', 500);
		await paid('in_3', 'guest@stripe.example.com', 500);
		await paid('in_4', referrer.email, 500);
		await paid('in_5', ana.email, 4990);
		await paid('in_6', kenji.email, 5000, 'jpy');
		await paid('in_7', eve.email, 12340, 'kwd');
		await run.settled(workflow, 8);
		// Sent again, and paid again.
		await paid('in_5', ana.email, 4990);
		await paid('in_8', ana.email, 4990);
		await run.settled(workflow, 10);
		assert.deepEqual(
			qualified().sort(),
			[
				[ana.email, 49.9],
				[eve.email, 12.34],
				[kenji.email, 5000],
			].sort(),
		);
		assert.deepEqual(await run.givenBy(workflow, 'Wait an hour'), []);
		assert.equal((await run.givenBy(workflow, 'Qualified')).length, 3);
		await run.expectSample(workflow, 'Invoice paid');
	});
	await step('Stripe payment to qualification: what could not be done is done later', async () => {
		let refused = 0;
		run.mockServer.intercept = (_request, reply) => ++refused < 5 && reply.code(401).send({});
		await paid('in_9', zoe.email, 1999);
		await run.settled(workflow, 11);
		run.mockServer.intercept = undefined;
		assert.deepEqual(qualified().at(-1), [zoe.email, 19.99]);
		assert.ok(refused > 5);
	});
	await step(
		'Stripe payment to qualification: so is who could not be looked up, or of whom too little is known',
		async () => {
			const [max, ida] = ['max', 'ida'].map((name) =>
				campaign.add(`${name}@stripe.example.com`, referrer),
			);
			const before = qualified().length;
			let lookUps = 0;
			run.mockServer.intercept = ({ path }, reply) =>
				path === '/api/v1/getParticipant' && ++lookUps < 4 && reply.code(401).send({});
			await paid('in_10', max.email, 2000);
			await run.settled(workflow, 12);
			let answers = 0;
			run.mockServer.intercept = ({ path }, reply) =>
				path === '/api/v1/getParticipant' &&
				++answers < 3 &&
				reply.send({ email: ida.email, referredByCode: referrer.referralCode });
			await paid('in_11', ida.email, 3000);
			await run.settled(workflow, 13);
			run.mockServer.intercept = undefined;
			assert.deepEqual(qualified().slice(before), [
				[max.email, 20],
				[ida.email, 30],
			]);
			// The last one is that of Qualify, which looks as well.
			assert.deepEqual([lookUps, answers], [5, 4]);
		},
	);
}
