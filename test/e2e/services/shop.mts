import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import axios from 'axios';
import { step } from '../../../tools/command-line/progress.mts';
import { hosts, type Cloud } from './cloud.mts';
import type { ExampleRun } from './exampleRun.mts';

const constraints = { host: hosts.shop };
const basicAuth = `Basic ${Buffer.from('ck_1:cs_1').toString('base64')}`;

interface Webhook {
	delivery_url: string;
	topic: string;
	secret: string;
}

/** WooCommerce's webhooks, as its API documents them. */
export function playShop({ server }: Cloud) {
	const registered: Webhook[] = [];
	server.get('/wp-json/wc/v3/webhooks', { constraints }, () => []);
	server.post('/wp-json/wc/v3/webhooks', { constraints }, ({ body, headers }, reply) => {
		if (headers.authorization !== basicAuth) return reply.code(401).send({ code: 'no_permission' });
		registered.push(body as Webhook);
		return reply.code(201).send({ id: 142, status: 'active', ...(body as Webhook) });
	});
	return { registered };
}

/** The example "WooCommerce order to qualification". */
export async function shopExample(run: ExampleRun): Promise<void> {
	const { campaign } = run.mockServer;
	const referrer = campaign.add('shop-referrer@example.com');
	const ana = campaign.add('ana@shop.example.com', referrer);
	await step('WooCommerce order to qualification', async () => {
		const wooCommerceApi = await run.addCredential('wooCommerceApi', {
			url: `https://${hosts.shop}`,
			consumerKey: 'ck_1',
			consumerSecret: 'cs_1',
			includeCredentialsInQuery: false,
		});
		const workflow = await run.publish('woocommerce-order-to-qualification', {
			wooCommerceTrigger: wooCommerceApi,
		});
		const [{ delivery_url, topic, secret }] = run.services.shop.registered;
		assert.equal(topic, 'order.updated');
		const qualified = run.qualifications();
		const deliver = async (order: object) => {
			const body = JSON.stringify(order);
			const headers = {
				'content-type': 'application/json',
				'x-wc-webhook-id': '142',
				'x-wc-webhook-signature': createHmac('sha256', secret).update(body).digest('base64'),
			};
			assert.equal((await axios.post(delivery_url, body, { headers })).status, 200);
		};
		const paid = await run.sampleOf(workflow, 'Order updated');
		const billing = { ...(paid.billing as object), email: ana.email };
		await deliver({ ...paid, status: 'pending', date_paid: null, billing });
		await deliver({ ...paid, id: 728, total: '0.00', billing });
		// Paid once, but given back; to be paid on delivery; and not paid yet.
		for (const status of ['refunded', 'cancelled']) await deliver({ ...paid, status, billing });
		await deliver({ ...paid, date_paid: null, billing });
		await deliver({ ...paid, id: 729, billing: { ...billing, email: 'guest@shop.example.com' } });
		// WooCommerce tells of one change several times, in the same moment.
		await Promise.all([1, 2, 3].map(async () => await deliver({ ...paid, billing })));
		await run.settled(workflow, 9);
		await deliver({ ...paid, status: 'completed', billing });
		await run.settled(workflow, 10);
		assert.deepEqual(qualified(), [[ana.email, Number(paid.total)]]);
		await run.expectSample(workflow, 'Order updated');
	});
}
