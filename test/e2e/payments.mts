import assert from 'node:assert/strict';
import axios from 'axios';
import { step } from '../../tools/command-line/progress.mts';
import type { Runtime } from '../../tools/n8n/cache.mts';
import type { Participant } from '../../tools/mock-server/campaign.mts';
import { entranceOfPayments } from './services/entrance.mts';
import type { ExampleRun } from './services/exampleRun.mts';

const headers = { 'X-Shop-Key': 'only-the-shop-knows-it' };

async function publish(run: ExampleRun) {
	const [[name, value]] = Object.entries(headers);
	const httpHeaderAuth = await run.addCredential('httpHeaderAuth', { name, value });
	const workflow = await run.publish('payment-to-qualification', { webhook: httpHeaderAuth });
	/** @returns the response: the status, then the text */
	const pay = async (body: unknown, contentType = 'application/json') => {
		const response = await axios.post<unknown>(`${run.n8n.url}/webhook/payment`, body, {
			headers: { ...headers, 'content-type': contentType },
			validateStatus: () => true,
		});
		const { status, data } = response;
		return `${status} ${typeof data === 'string' ? data : JSON.stringify(data)}`;
	};
	return { workflow, pay };
}

const amount = 250;

export const paymentEntrance = entranceOfPayments('Answer that it is unusable', async (run) => {
	const { workflow, pay } = await publish(run);
	return {
		workflow,
		pay: async ({ id, email }) => await pay({ paymentId: id, email, amount }),
	};
});

/** The example "Payment to qualification", beyond the shared entries: the responses to the shop. */
export async function payments(run: ExampleRun, { version }: Runtime): Promise<void> {
	const isN8n1 = version.startsWith('1.');
	const { workflow, pay } = await publish(run);
	const { mockServer } = run;
	const { campaign } = mockServer;
	const [referrer] = campaign.participants;
	let buyers = 0;
	const newBuyer = () => campaign.add(`buyer${buyers++}@example.com`, referrer);
	const payFor = async ({ email }: { email: string }) =>
		await pay({ paymentId: `of ${email}`, email, amount });
	const expected = ({ email }: Participant, outcome: string) =>
		`200 Payment of ${email} by ${email}: ${outcome}`;
	const qualified = run.qualifications();

	await step('Payments: twenty at once, sent twice, are qualified once', async () => {
		const twenty = Array.from({ length: 20 }, newBuyer);
		const payAll = async () => await Promise.all(twenty.map(payFor));
		assert.deepEqual(
			await payAll(),
			twenty.map((buyer) => expected(buyer, 'qualified')),
		);
		assert.deepEqual(
			await payAll(),
			twenty.map((buyer) => expected(buyer, 'alreadyQualified')),
		);
		assert.deepEqual(qualified().toSorted(), twenty.map(({ email }) => [email, amount]).toSorted());
	});
	await step('Payments: five for one buyer at once qualify once', async () => {
		const buyer = newBuyer();
		const responses = await Promise.all(Array<Participant>(5).fill(buyer).map(payFor));
		const outcomes = ['qualified', ...Array<string>(4).fill('alreadyQualified')];
		assert.deepEqual(
			responses.toSorted(),
			outcomes.map((outcome) => expected(buyer, outcome)).toSorted(),
		);
		assert.deepEqual(qualified().slice(20), [[buyer.email, amount]]);
	});
	await step('Payments: the shop reads why a payment is unusable', async () => {
		const { email } = newBuyer();
		const payment = { paymentId: 17, email, amount };
		const before = mockServer.requests.length;
		for (const body of [
			...[undefined, null, '', '  '].map((paymentId) => ({ ...payment, paymentId })),
			...[
				undefined,
				'',
				'ana at example',
				'ana@gmail',
				'ana@a.example,bo@b.example',
				'a\u200bna@a.example',
			].map((address) => ({ ...payment, email: address })),
			...[undefined, null, '', 0, -5, '12,50', 'free', true].map((paid) => ({
				...payment,
				amount: paid,
			})),
			{},
			[],
			[payment, payment],
		])
			assert.match(await pay(body), /^422 A payment needs a paymentId, an email and an amount/);
		assert.match(await pay(JSON.stringify(payment), 'text/plain'), /^422 .*Content-Type: appl/);
		assert.equal(mockServer.requests.length, before);
		// Numbers and strings are both accepted.
		const paid = await pay({ paymentId: 17, email: ` ${email} `, amount: ' 250 ' });
		assert.equal(paid, `200 Payment 17 by ${email}: qualified`);
	});
	await step('Payments: the shop repeats only what may succeed later', async () => {
		const alone = campaign.add('not-referred@example.com');
		assert.match(await payFor(alone), /^200 .*: notReferred/);
		for (const answer of ['nothing', 'null', 'notFound'] as const) {
			mockServer.behaviour.unknownParticipant = answer;
			assert.match(await payFor({ email: `${answer}@example.com` }), /^200 .*: notInCampaign/);
		}
		mockServer.behaviour.unknownParticipant = 'nothing';
		for (const [status, expectedStatus] of [
			[400, 200],
			[401, 500],
			[404, 500],
			[500, 500],
		]) {
			const buyer = newBuyer();
			// A rejection of Qualify is final only if the look-up before has found the buyer.
			mockServer.intercept = ({ method }, reply) =>
				status === 400 && method === 'GET'
					? false
					: reply.code(status).send({ message: 'Campaign has ended' });
			const response = await payFor(buyer);
			// n8n 1 responds to a failed execution with an empty 200.
			const expectedStart = isN8n1 && expectedStatus === 500 ? '200 $' : `${expectedStatus} `;
			assert.match(response, new RegExp(`^${expectedStart}`), String(status));
			if (status === 400) assert.match(response, /: rejected, .*Campaign has ended/);
			mockServer.intercept = undefined;
			assert.match(await payFor(buyer), /: qualified$/);
		}
	});
	await run.n8n.deactivate(workflow);
}
