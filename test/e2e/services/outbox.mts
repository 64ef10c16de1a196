import assert from 'node:assert/strict';
import axios from 'axios';
import { step } from '../../../tools/command-line/progress.mts';
import { waitUntil } from '../../../tools/command-line/waitUntil.mts';
import { postgresCredential, runSql, startPostgres } from '../../../tools/n8n/services.mts';
import type { Entrance } from './entrance.mts';
import type { ExampleRun } from './exampleRun.mts';
import { addShopCredential, gmt, orderDelivery } from './shop.mts';
import { addStripeCredentials, stripeDelivery } from './stripe.mts';

const headers = { 'X-Shop-Key': 'only-the-shop-knows-it' };

/** A row of the table, as far as tests read it. */
export interface Payment {
	payment_id: string;
	email: string;
	amount: number | null;
	refunded: number;
	status: string;
	reason: string | null;
	try_at: string | null;
	execution: string | null;
}

/**
 * Publishes the example with all its triggers and an empty PostgreSQL.
 * @param days the refund window
 */
async function publish(run: ExampleRun, days: number) {
	const server = await startPostgres();
	const [[name, value]] = Object.entries(headers);
	const credentials = {
		...(await addStripeCredentials(run)),
		...(await addShopCredential(run)),
		webhook: await run.addCredential('httpHeaderAuth', { name, value }),
		postgres: await run.addCredential('postgres', postgresCredential(server)),
	};
	const workflow = await run.import('payment-outbox', credentials);
	await run.runNow(workflow);
	await run.n8n.changeAndPublish(workflow, (nodes) => setRefundWindow(nodes, days));
	return {
		workflow,
		/** @returns n8n's response */
		pay: async (payment: object) =>
			await axios.post<unknown>(`${run.n8n.url}/webhook/payment-outbox`, payment, {
				headers,
				validateStatus: () => true,
			}),
		rows: async () =>
			await runSql<Payment>(server, 'SELECT * FROM referral_rocket_payments ORDER BY number'),
		/** @param which a condition */
		endWaits: async (which = 'true') =>
			await runSql(
				server,
				`UPDATE referral_rocket_payments SET try_at = now() WHERE try_at > now() AND ${which}`,
			),
	};
}

/** Changes the days in the node that the note names. */
export function setRefundWindow(
	nodes: Array<{ name: string; parameters?: unknown }>,
	days: number,
): void {
	const { parameters } = nodes.find(({ name }) => name === 'Refund window') ?? assert.fail();
	const { assignments } = parameters as { assignments: { assignments: Array<{ value: number }> } };
	assignments.assignments[0].value = days;
}

export const outboxEntrance: Entrance = {
	kind: 'payment',
	async open(run) {
		const { workflow, pay, rows, endWaits } = await publish(run, 0);
		let payments: Payment[] = [];
		return {
			workflow,
			visible: {
				done: 'qualified',
				already: 'alreadyQualified',
				notReferred: 'notReferred',
				refused: 'rejected',
				notInCampaign: 'notInCampaign',
				waiting: 'notInCampaign, tried again',
				failed: 'failed, tried again',
				noAddress: 'unusable',
			},
			enter: async (entries) => {
				const delivered = entries.flatMap(({ id, email }) => {
					const payment = { paymentId: id, email, amount: 250 };
					return [pay(payment), pay(payment)];
				});
				for (const { status } of await Promise.all(delivered)) assert.equal(status, 200);
			},
			async readPlaces() {
				await run.runNow(workflow);
				payments = await rows();
			},
			placeOf({ id }) {
				const found = payments.filter((payment) => payment.payment_id === id);
				return found.map(({ status, try_at }) => status + (try_at ? ', tried again' : '')).join();
			},
			async repeat(failed) {
				await endWaits(`payment_id IN (${failed.map(({ id }) => `'${id}'`).join()})`);
			},
			endWaits: async () => void (await endWaits()),
		};
	},
};

/** The example "Payment outbox", beyond the shared entries: Stripe, WooCommerce and refunds. */
export async function outboxExample(run: ExampleRun): Promise<void> {
	const { campaign } = run.mockServer;
	const referrer = campaign.add('outbox-referrer@example.com');
	const { workflow, pay, rows } = await publish(run, 14);
	const charge = await stripeDelivery(run, workflow, 'Charge paid or refunded');
	const order = await orderDelivery(run, workflow, 'Order paid or refunded');
	const qualified = run.qualifications();
	const buyer = (name: string) => campaign.add(`${name}@outbox.example.com`, referrer).email;
	const emails = Object.fromEntries(
		['ana', 'bo', 'cy', 'di', 'ed', 'flo', 'guy', 'hal', 'ida'].map((name) => [name, buyer(name)]),
	);
	const now = Math.floor(Date.now() / 1000);
	const stripe = async (id: string, email: string | null, more: object = {}, type?: string) => {
		const billing_details = { email };
		const object = { id, billing_details, created: now, ...more };
		assert.equal(await charge(object, 'cy@outbox.example.com', { type }), 200);
	};
	const woo = async (id: number, email: string | null, more: object = {}) =>
		await order(email, { id, date_paid_gmt: gmt(), ...more });
	const refund = (total: string) => ({ refunds: [{ id: 1, total }] });
	const expectRows = async (expected: Record<string, string>) =>
		await waitUntil(async () => {
			await run.runNow(workflow);
			const actual = (await rows()).map(({ payment_id, amount, refunded, status, reason }) => [
				payment_id,
				[status, amount, refunded, reason].filter(Boolean).join(' '),
			]);
			assert.deepEqual(Object.fromEntries(actual), expected);
		}, 60);

	await step('Outbox: payments and refunds of all shops are rows, in any order', async () => {
		await stripe('ch_twice', emails.ana);
		await stripe('ch_twice', emails.ana);
		await stripe('ch_part', emails.bo);
		await stripe('ch_part', emails.bo, { amount_refunded: 1000 }, 'charge.refunded');
		await stripe('ch_customer', null);
		const all = { amount_refunded: 4990, refunded: true };
		await stripe('ch_refunded_first', emails.di, all, 'charge.refunded');
		await stripe('ch_refunded_first', emails.di);
		await stripe('ch_captured', emails.ed, { captured: false, amount_captured: 0 });
		await stripe('ch_captured', emails.ed, {}, 'charge.captured');
		await stripe('ch_euro', emails.ana, { currency: 'eur' });
		await stripe('ch_guest', emails.flo, { customer: null });
		await stripe('ch_unread', null, { customer: 'cus_unread' });
		await woo(1, emails.guy, { status: 'pending', date_paid: null, date_paid_gmt: null });
		await woo(1, emails.guy);
		await woo(1, emails.guy, refund('-10.10'));
		await woo(2, emails.hal);
		await woo(2, emails.hal, { status: 'refunded', ...refund('-49.90') });
		await woo(3, emails.ana, { date_paid_gmt: '2023-06-18T14:20:31' });
		await woo(4, null);
		assert.equal((await pay({ paymentId: 5, email: emails.ida, amount: '20' })).status, 200);
		assert.equal((await pay({ paymentId: 6, email: emails.ana, amount: '12,50' })).status, 200);
		assert.equal((await pay({ email: emails.ana, amount: 20 })).status, 500);
		await expectRows({
			ch_twice: 'waiting 49.9',
			ch_part: 'waiting 49.9 10',
			ch_customer: 'waiting 49.9',
			ch_refunded_first: 'refunded 49.9 49.9',
			ch_captured: 'waiting 49.9',
			ch_euro: 'unusable 49.9 another currency',
			ch_guest: 'waiting 49.9',
			ch_unread: 'unusable 49.9 Stripe did not return the customer',
			'WooCommerce order 1': 'waiting 49.9 10.1',
			'WooCommerce order 2': 'refunded 49.9 49.9',
			'WooCommerce order 3': 'unusable 49.9 paid more than a week ago',
			'WooCommerce order 4': 'unusable 49.9 no email address',
			5: 'waiting 20',
			6: 'unusable no amount above zero',
		});
		assert.deepEqual(qualified(), []);
		assert.deepEqual((await run.runNow(workflow)).rows('Claim due payments'), []);
		for (const trigger of ['Charge paid or refunded', 'Order paid or refunded'])
			await run.expectSample(workflow, trigger);
	});
	await step('Outbox: after the refund window, each buyer is qualified once', async () => {
		// Unusable only until it is reported again.
		await stripe('ch_unread', emails.hal);
		await pay({ paymentId: 7, email: emails.ida.toUpperCase(), amount: 30 });
		await run.n8n.changeAndPublish(workflow, (nodes) => setRefundWindow(nodes, 0));
		const decided = {
			ch_twice: 'qualified 49.9',
			ch_part: 'qualified 49.9 10',
			ch_customer: 'qualified 49.9',
			ch_refunded_first: 'refunded 49.9 49.9',
			ch_captured: 'qualified 49.9',
			ch_euro: 'unusable 49.9 another currency',
			ch_guest: 'qualified 49.9',
			ch_unread: 'qualified 49.9',
			'WooCommerce order 1': 'qualified 49.9 10.1',
			'WooCommerce order 2': 'refunded 49.9 49.9',
			'WooCommerce order 3': 'unusable 49.9 paid more than a week ago',
			'WooCommerce order 4': 'unusable 49.9 no email address',
			5: 'qualified 20',
			6: 'unusable no amount above zero',
			7: 'alreadyQualified 30',
		};
		await expectRows(decided);
		assert.deepEqual(
			qualified().toSorted(),
			[
				[emails.ana, 49.9],
				[emails.bo, 39.9],
				[emails.cy, 49.9],
				[emails.ed, 49.9],
				[emails.flo, 49.9],
				[emails.guy, 39.8],
				[emails.hal, 49.9],
				[emails.ida, 20],
			].toSorted(),
		);
		// Too late, and visible.
		await pay({ paymentId: 5, email: emails.ida, amount: 20, refunded: 20 });
		await expectRows({ ...decided, 5: 'qualified 20 20' });
		assert.equal(qualified().length, 8);
		await run.n8n.deactivate(workflow);
	});
}
