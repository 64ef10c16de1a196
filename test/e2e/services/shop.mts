import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import axios from 'axios';
import { step } from '../../../tools/command-line/progress.mts';
import { hosts, type Cloud } from './cloud.mts';
import { entranceOfPayments } from './entrance.mts';
import type { ExampleRun } from './exampleRun.mts';

const constraints = { host: hosts.shop };
const basicAuth = `Basic ${Buffer.from('ck_1:cs_1').toString('base64')}`;

interface Webhook {
	delivery_url: string;
	topic: string;
	secret: string;
}

interface Coupon {
	id: number;
	code: string;
	amount: string;
	description: string;
	email_restrictions: string[];
}

/** WooCommerce's webhooks and coupons, as documented by its API. */
export function simulateShop({ server }: Cloud) {
	const registered: Webhook[] = [];
	server.get('/wp-json/wc/v3/webhooks', { constraints }, () => []);
	server.post('/wp-json/wc/v3/webhooks', { constraints }, ({ body, headers }, reply) => {
		if (headers.authorization !== basicAuth) return reply.code(401).send({ code: 'no_permission' });
		registered.push(body as Webhook);
		return reply.code(201).send({ id: 142, status: 'active', ...(body as Webhook) });
	});
	server.delete('/wp-json/wc/v3/webhooks/:id', { constraints }, () => ({ id: 142 }));
	const coupons: Coupon[] = [];
	/** What happens to the next request that creates a coupon for this address: the shop is down, or the response is lost. */
	const faults = new Map<string, 'down' | 'lost'>();
	const couponsUrl = '/wp-json/wc/v3/coupons';
	server.post(couponsUrl, { constraints }, ({ body, headers }, reply) => {
		if (headers.authorization !== basicAuth) return reply.code(401).send({ code: 'no_permission' });
		const coupon = body as Coupon;
		const [email] = coupon.email_restrictions;
		const fault = faults.get(email);
		if (fault === 'down') return reply.code(503).type('text/html').send('<h1>Maintenance</h1>');
		const code = coupon.code.toLowerCase();
		if (coupons.some((one) => one.code === code))
			return reply.code(400).send({
				code: 'woocommerce_rest_coupon_code_already_exists',
				message: 'The coupon code already exists',
				data: { status: 400 },
			});
		if (!/^\d+(\.\d+)?$/.test(coupon.amount))
			return reply.code(400).send({ code: 'coupon_invalid_amount', data: { status: 400 } });
		const created = { ...coupon, code, id: 700 + coupons.length };
		coupons.push(created);
		if (fault === 'lost') {
			faults.delete(email);
			return reply.code(504).type('text/html').send('<h1>Gateway Timeout</h1>');
		}
		return reply.code(201).send(created);
	});
	server.get(couponsUrl, { constraints }, ({ query }) =>
		coupons.filter(({ code }) => code === (query as { code: string }).code),
	);
	server.put(`${couponsUrl}/:id`, { constraints }, ({ params, body }) => {
		const { id } = params as { id: string };
		const coupon = coupons.find((one) => one.id === Number(id)) ?? assert.fail(`No coupon ${id}`);
		return Object.assign(coupon, body);
	});
	return { registered, coupons, faults };
}

/** Formats a UTC time as WooCommerce does. */
export const gmt = (time = new Date()) => time.toISOString().slice(0, 19);

/** @returns the WooCommerce credential of an example */
export async function addShopCredential(run: ExampleRun) {
	const wooCommerceApi = await run.addCredential('wooCommerceApi', {
		url: `https://${hosts.shop}`,
		consumerKey: 'ck_1',
		consumerSecret: 'cs_1',
		includeCredentialsInQuery: false,
	});
	return { wooCommerceTrigger: wooCommerceApi };
}

/**
 * @param trigger the WooCommerce trigger of a workflow that was published last
 * @returns a function that delivers an order, made from the sample
 */
export async function orderDelivery(run: ExampleRun, workflow: string, trigger: string) {
	const { delivery_url, topic, secret } =
		run.services.shop.registered.at(-1) ?? assert.fail('No webhook');
	assert.equal(topic, 'order.updated');
	const sample = await run.sampleOf(workflow, trigger);
	return async (email: string | null, order: object = {}) => {
		const billing = { ...(sample.billing as object), email };
		const body = JSON.stringify({ ...sample, date_paid_gmt: gmt(), billing, ...order });
		const headers = {
			'content-type': 'application/json',
			'x-wc-webhook-id': '142',
			'x-wc-webhook-signature': createHmac('sha256', secret).update(body).digest('base64'),
		};
		assert.equal((await axios.post(delivery_url, body, { headers })).status, 200);
	};
}

async function publish(run: ExampleRun) {
	const credential = await addShopCredential(run);
	const workflow = await run.publish('woocommerce-order-to-qualification', credential);
	return { workflow, deliver: await orderDelivery(run, workflow, 'Order updated') };
}

export const shopEntrance = entranceOfPayments('Can it qualify?: no address', async (run) => {
	const { workflow, deliver } = await publish(run);
	return { workflow, pay: async ({ id, email }) => await deliver(email, { payment_method: id }) };
});

/** The example "WooCommerce order to qualification", beyond the shared entries. */
export async function shopExample(run: ExampleRun): Promise<void> {
	const { campaign } = run.mockServer;
	const referrer = campaign.add('shop-referrer@example.com');
	await step('WooCommerce: paid, not refunded, and not long before joining', async () => {
		const { workflow, deliver } = await publish(run);
		const [ana, bo] = ['ana', 'bo'].map((name) => {
			const { email } = campaign.add(`${name}@shop.example.com`, referrer);
			return email;
		});
		const qualified = run.qualifications();
		for (const status of ['pending', 'on-hold', 'refunded', 'cancelled', 'checkout-draft'])
			await deliver(ana, { status });
		await deliver(ana, { date_paid: null, date_paid_gmt: null });
		await deliver(ana, { total: '0.00' });
		await deliver(ana, { total: '10.00', refunds: [{ id: 1, total: '-10.00' }] });
		await deliver(ana, { currency: 'EUR' });
		// Edited today.
		await deliver(ana, { date_paid_gmt: '2023-06-18T14:20:31' });
		await run.settled(workflow, 10);
		assert.deepEqual(qualified(), []);
		// A status defined by a plug-in, and a partly refunded order paid an hour before the buyer joined.
		await deliver(ana, { status: 'partially-shipped' });
		await deliver(bo, {
			date_paid_gmt: gmt(new Date(Date.now() - 60 * 60 * 1000)),
			total: '49.90',
			refunds: [{ id: 1, total: '-10.10' }],
		});
		await run.settled(workflow, 12);
		assert.deepEqual(qualified().toSorted(), [
			[ana, 49.9],
			[bo, 39.8],
		]);
		const counts = [0, 1, 2].map(
			async (output) => (await run.outputOf(workflow, 'Can it qualify?', output)).length,
		);
		assert.deepEqual(await Promise.all(counts), [6, 2, 1]);
		assert.equal((await run.outputOf(workflow, 'Joined long after?')).length, 1);
		await run.expectSample(workflow, 'Order updated');
		await run.n8n.deactivate(workflow);
	});
}
