import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { step } from '../../../tools/command-line/progress.mts';
import { waitUntil } from '../../../tools/command-line/waitUntil.mts';
import { hosts } from './cloud.mts';
import { startSmtp } from './email.mts';
import type { ExampleRun } from './exampleRun.mts';
import { everyTenSeconds } from './polling.mts';
import { addShopCredential } from './shop.mts';

/** The example "Reward earned to coupon". */
export async function couponExample(run: ExampleRun): Promise<void> {
	const { campaign } = run.mockServer;
	const { coupons, faults } = run.services.shop;
	const smtpServer = await startSmtp();
	const [ana, bo, cy, di, ed, fay, gus] = ['ana', 'bo', 'cy', 'di', 'ed', 'fay', 'gus'].map(
		(name) =>
			campaign.add(`${name}@coupons.example.com`, undefined, {
				// Must not be sent to anyone.
				firstName: '<b>https://phishing.example.com</b>',
			}),
	);
	const { wooCommerceTrigger } = await addShopCredential(run);
	const workflow = await run.publish(
		'reward-earned-to-coupon',
		{
			emailSend: await run.addCredential('smtp', smtpServer.credential),
			httpRequest: wooCommerceTrigger,
		},
		(nodes) => {
			everyTenSeconds(nodes['Reward earned']);
			assert.equal(nodes['Create coupon'].parameters.url, '');
			nodes['Create coupon'].parameters.url = `https://${hosts.shop}/wp-json/wc/v3/coupons`;
			Object.assign(nodes['An hour, then a day'].parameters, { amount: 1, unit: 'seconds' });
		},
	);
	const couponOf = ({ email }: typeof ana) =>
		coupons.filter(({ email_restrictions: [only] }) => only === email);
	const emailed = () => smtpServer.received.map(({ to }) => [to].flat()[0]?.text).toSorted();
	/** Adds a coupon for a reward of 20 to the shop. Its code must never change: nobody may get a second one. */
	const addCoupon = ({ email, referralCode }: typeof ana, description: string) => {
		const reward = [workflow, campaign.id, referralCode, 20, ''].join('|');
		const code = `friend-${createHash('sha256').update(reward).digest('hex').slice(0, 16)}`;
		const id = 700 + coupons.length;
		coupons.push({ id, code, amount: '20', description, email_restrictions: [email] });
	};

	await step('Reward earned to coupon: one coupon and one email for each reward', async () => {
		faults.set(bo.email, 'lost');
		faults.set(cy.email, 'down');
		smtpServer.refuses = ed.email;
		addCoupon(fay, 'Referral reward. Emailed on 2026-06-18.');
		// n8n has stopped between the coupon and the email.
		addCoupon(gus, 'Referral reward. Email not confirmed (execution 0).');
		const before = structuredClone([fay, gus].map(couponOf));
		for (const one of [ana, bo, cy, ed, fay, gus]) one.referralReward = 20;
		// Both kinds at once.
		di.referralReward = 40;
		di.refereeReward = 5;
		await waitUntil(async () => {
			assert.equal((await run.n8n.finishedExecutions(workflow)).length, 1);
		}, 120);
		assert.deepEqual(
			[ana, bo, cy, di, ed].map((one) => couponOf(one).map(({ amount }) => amount)),
			[['20'], ['20'], [], ['45'], ['20']],
		);
		const year = new Date().getFullYear();
		for (const one of [ana, bo, di]) {
			const [{ code, amount, description, ...limits }] = couponOf(one);
			assert.match(code, /^friend-[0-9a-f]{16}$/);
			assert.match(description, new RegExp(`^Referral reward. Emailed on ${year}-`));
			assert.deepEqual(limits, {
				...{ id: limits.id, discount_type: 'fixed_cart', usage_limit: 1 },
				email_restrictions: [one.email],
			});
			const mail = smtpServer.received.find(({ to }) => [to].flat()[0]?.text === one.email);
			assert.equal(mail?.subject, `Your coupon: ${amount} USD`);
			assert.equal(mail.text?.split('\n')[4], code);
			assert.doesNotMatch(String(mail.text), /phishing/);
		}
		assert.deepEqual(
			emailed(),
			[ana, bo, di].map(({ email }) => email),
		);
		const [unsent] = couponOf(ed);
		assert.match(unsent.description, /^Referral reward. Email not confirmed \(execution \d+\)\.$/);
		const [notSent] = await run.outputOf(workflow, 'Not sent');
		assert.deepEqual([notSent.email, notSent.code], [ed.email, unsent.code]);
		// The shop was down for Cy three times.
		const [execution] = await run.n8n.finishedExecutions(workflow);
		const last = execution.runData['Coupon created?'].at(-1)?.data?.main?.at(-1);
		assert.equal(last?.length, 1);
		assert.deepEqual([fay, gus].map(couponOf), before);
		assert.equal((await run.outputOf(workflow, 'Not emailed yet?', 1)).length, 2);
		await run.n8n.deactivate(workflow);
	});
	for (const participant of [ana, bo, cy, di, ed, fay, gus]) campaign.remove(participant);
	await smtpServer.close();
}
