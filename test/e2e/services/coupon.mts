import assert from 'node:assert/strict';
import { step } from '../../../tools/command-line/progress.mts';
import { waitUntil } from '../../../tools/command-line/waitUntil.mts';
import { hosts } from './cloud.mts';
import { startSmtp } from './email.mts';
import type { ExampleRun } from './exampleRun.mts';
import { everyTenSeconds } from './polling.mts';
import { addShopCredential } from './shop.mts';

/** The example "Reward earned to coupon". */
export async function couponExample(run: ExampleRun): Promise<void> {
	const { mockServer } = run;
	const { campaign } = mockServer;
	const { coupons, faults } = run.services.shop;
	const smtpServer = await startSmtp();
	const [ana, bo, cy, di, ed] = ['ana', 'bo', 'cy', 'di', 'ed'].map((name) =>
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
	/** Waits until the workflow has been executed this many times. */
	const executed = async (count: number) => {
		await waitUntil(async () => {
			assert.equal((await run.n8n.finishedExecutions(workflow)).length, count);
		}, 120);
	};
	/** Waits until the campaign has been checked. */
	const checked = async () => {
		const before = mockServer.requests.length;
		await waitUntil(async () => {
			const sent = mockServer.requests.slice(before);
			assert.ok(sent.some(({ path }) => path.endsWith('/getAllParticipants')));
		}, 120);
	};

	await step('Reward earned to coupon: one coupon and one email for each reward', async () => {
		faults.set(bo.email, 'lost');
		faults.set(cy.email, 'down');
		smtpServer.refuses = ed.email;
		ana.referralReward = 20;
		bo.referralReward = 20;
		cy.referralReward = 20;
		// Both kinds at once.
		di.referralReward = 40;
		di.refereeReward = 5;
		ed.referralReward = 20;
		await executed(1);
		assert.deepEqual(
			[ana, bo, cy, di, ed].map((one) => couponOf(one).map(({ amount }) => amount)),
			[['20'], ['20'], [], ['45'], ['20']],
		);
		const today = new Date().getFullYear();
		for (const one of [ana, bo, di]) {
			const [{ code, amount, description, ...limits }] = couponOf(one);
			assert.match(code, /^friend-[0-9a-f]{16}$/);
			assert.match(description, new RegExp(`^Referral reward. Emailed on ${today}-`));
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
	});
	await step(
		'Reward earned to coupon: withdrawn and earned again, it is the same one',
		async () => {
			const [coupon] = couponOf(di);
			// As if n8n had stopped between the coupon and the email.
			coupon.description = 'Referral reward. Email not confirmed (execution 0).';
			for (const one of [ana, di]) one.referralReward = 0;
			di.refereeReward = 0;
			await checked();
			ana.referralReward = 20;
			di.referralReward = 40;
			di.refereeReward = 5;
			await executed(2);
			assert.equal((await run.outputOf(workflow, 'Surely not emailed?', 1)).length, 2);
			// The next one is another coupon.
			ana.referralReward = 50;
			await executed(3);
			assert.deepEqual(
				couponOf(ana).map(({ amount }) => amount),
				['20', '30'],
			);
			assert.deepEqual(
				emailed(),
				[ana, ana, bo, di].map(({ email }) => email),
			);
			await run.n8n.deactivate(workflow);
		},
	);
	for (const participant of [ana, bo, cy, di, ed]) campaign.remove(participant);
	await smtpServer.close();
}
