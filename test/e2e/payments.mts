import assert from 'node:assert/strict';
import axios from 'axios';
import { itemsOf } from '../../tools/n8n/n8n.mts';
import { step } from '../../tools/command-line/progress.mts';
import { waitUntil } from '../../tools/command-line/waitUntil.mts';
import type { Participant } from '../../tools/mock-server/campaign.mts';
import type { MockServer } from '../../tools/mock-server/service.mts';
import type { ExampleRun } from './services/exampleRun.mts';

/** The nodes at the end of the workflow; each answers the shop. */
const outcomes = [
	'Nothing to do',
	'Qualified',
	'Not qualified',
	'Not a participant',
	'Campaign not found',
	'Incomplete payment',
] as const;
type Outcome = (typeof outcomes)[number];

const qualifyPath = '/api/v1/qualifyParticipant';

const headers = { 'X-Shop-Key': 'only-the-shop-knows-it' };

/**
 * The example "Payment to qualification": whatever the shop sends, as often as it likes, nobody is
 * qualified twice, nobody is lost, and everyone comes out somewhere.
 */
export async function payments(run: ExampleRun): Promise<void> {
	const { n8n, mockServer } = run;
	const [[name, value]] = Object.entries(headers);
	const httpHeaderAuth = await run.addCredential('httpHeaderAuth', { name, value });
	const workflow = await run.publish('payment-to-qualification', { webhook: httpHeaderAuth });
	const { campaign } = mockServer;
	const [referrer] = campaign.participants;
	let buyers = 0;
	const newBuyer = () => campaign.add(`buyer${buyers++}@example.com`, referrer);
	const newBuyers = (count: number) => Array.from({ length: count }, newBuyer);
	const paymentOf = ({ email }: { email: string }) => ({
		paymentId: `of ${email}`,
		email,
		amount: 250,
	});
	const url = `${n8n.url}/webhook/payment`;
	/** @returns what the shop is answered: the status, and the text behind it */
	const pay = async (body: unknown) => {
		const { status, data } = await axios.post(url, body, { headers, validateStatus: () => true });
		return `${status} ${data}`;
	};
	const payAtOnce = async (all: Participant[]) =>
		await Promise.all(all.map(async (buyer) => await pay(paymentOf(buyer))));
	const paidAnswer = ({ email }: Participant) =>
		`200 ${email} paid 250 and is qualified, payment of ${email}`;
	const leftAloneAnswer = ({ email }: { email: string }) =>
		`200 ${email} was not referred by anyone, or is qualified already; payment of ${email} changed nothing`;
	const strangerAnswer = ({ email }: { email: string }) =>
		`200 ${email} is not in the campaign; payment of ${email} qualifies nobody`;
	let requestsSeen = 0;
	/** @returns whom the service was asked to qualify since the last time, with the amounts */
	const qualifications = () => {
		const sent = mockServer.requests.slice(requestsSeen).filter(({ path }) => path === qualifyPath);
		requestsSeen = mockServer.requests.length;
		// Amounts go out as texts.
		return sent.map(({ body }) => [body?.email, Number(body?.amount)]);
	};
	const paidBy = (...all: Participant[]) => all.map(({ email }) => [email, 250]).toSorted();
	let executionsSeen = 0;
	/** Waits until as many deliveries have been dealt with since the last time; returns where they came out. */
	const comeOut = async (deliveries: number): Promise<Partial<Record<Outcome, number>>> => {
		const found: Partial<Record<Outcome, number>> = {};
		await waitUntil(async () => {
			const fresh = await n8n.finishedExecutions(workflow, executionsSeen);
			assert.equal(fresh.length, deliveries);
			assert.deepEqual([...new Set(fresh.map(({ status }) => status))], ['success']);
			for (const name of outcomes) {
				const count = fresh.flatMap((execution) => itemsOf(execution, name)).length;
				if (count > 0) found[name] = count;
			}
		}, 30);
		executionsSeen += deliveries;
		return found;
	};
	qualifications();

	await step('Payments: the first ten at once are all qualified', async () => {
		const ten = newBuyers(10);
		assert.deepEqual(await payAtOnce(ten), ten.map(paidAnswer));
		assert.deepEqual(qualifications().toSorted(), paidBy(...ten));
		assert.deepEqual(await comeOut(10), { Qualified: 10 });
	});
	await step(
		'Payments: twenty at once, and the same twenty again, are qualified once',
		async () => {
			const twenty = newBuyers(20);
			assert.deepEqual(await payAtOnce(twenty), twenty.map(paidAnswer));
			assert.deepEqual(qualifications().toSorted(), paidBy(...twenty));
			assert.deepEqual(await payAtOnce(twenty), twenty.map(leftAloneAnswer));
			assert.deepEqual(qualifications(), []);
			assert.deepEqual(await comeOut(40), { Qualified: 20, 'Nothing to do': 20 });
		},
	);
	await step('Payments: five of one buyer at once qualify once', async () => {
		const [buyer] = newBuyers(1);
		for (const answer of await payAtOnce(Array<Participant>(5).fill(buyer)))
			assert.ok([paidAnswer(buyer), leftAloneAnswer(buyer)].includes(answer), answer);
		assert.deepEqual(qualifications(), paidBy(buyer));
		await comeOut(5);
	});
	await step(
		'Payments: after ten thousand the first is still known, and more come in',
		async () => {
			const many = newBuyers(10_001);
			for (const buyer of many) campaign.qualify(buyer);
			const next = newBuyer();
			assert.equal(await pay(paymentOf(many[0])), leftAloneAnswer(many[0]));
			assert.equal(await pay(paymentOf(next)), paidAnswer(next));
			assert.deepEqual(qualifications(), paidBy(next));
			assert.deepEqual(await comeOut(2), { 'Nothing to do': 1, Qualified: 1 });
		},
	);
	await step('Payments: without an ID, an email or a usable amount they are refused', async () => {
		const payment = paymentOf(newBuyer());
		const before = mockServer.requests.length;
		const unusable: unknown[] = [
			...[undefined, null, '', '  '].map((paymentId) => ({ ...payment, paymentId })),
			...[undefined, '', 'ana at example'].map((email) => ({ ...payment, email })),
			...[undefined, null, '', 0, -5, '12,50', 'free', true].map((amount) => ({
				...payment,
				amount,
			})),
			{},
			[],
			// Each payment has a request of its own, so that each has an answer of its own.
			[payment, payment],
		];
		for (const body of unusable) {
			assert.match(
				await pay(body),
				/^422 Payment (of .*|without an ID) by .* over .* can't be used; nobody was qualified$/,
				JSON.stringify(body),
			);
		}
		assert.equal(
			await pay({ email: payment.email, amount: 250 }),
			`422 Payment without an ID by ${payment.email} over 250 can't be used; nobody was qualified`,
		);
		const count = unusable.length + 1;
		assert.deepEqual(await comeOut(count), { 'Incomplete payment': count });
		assert.equal(mockServer.requests.length, before);
	});
	await step('Payments: numbers as texts, and texts as numbers', async () => {
		const buyer = newBuyer();
		const payment = { paymentId: 17, email: ` ${buyer.email} `, amount: ' 250 ' };
		assert.equal(await pay(payment), `200 ${buyer.email} paid 250 and is qualified, payment 17`);
		assert.deepEqual(qualifications(), paidBy(buyer));
		assert.deepEqual(await comeOut(1), { Qualified: 1 });
	});
	await step('Payments: who is no participant or was not referred is left alone', async () => {
		const alone = campaign.add('not-referred@example.com');
		assert.equal(await pay(paymentOf(alone)), leftAloneAnswer(alone));
		assert.deepEqual(await comeOut(1), { 'Nothing to do': 1 });
		const guest = { email: 'guest@example.com' };
		for (const answer of ['nothing', 'null', 'notFound'] as const) {
			mockServer.behaviour.unknownParticipant = answer;
			assert.equal(await pay(paymentOf(guest)), strangerAnswer(guest));
			assert.deepEqual(await comeOut(1), { 'Not a participant': 1 });
		}
		assert.deepEqual(qualifications(), []);
	});
	await step(
		'Payments: what could not be done is not taken, and works when sent again',
		async () => {
			const [ana, bob, zoe, eve] = newBuyers(4);
			const answers: Array<[Participant, MockServer['intercept'], Outcome, again: Outcome]> = [
				// Down while it qualifies.
				[
					ana,
					({ path }, reply) => path === qualifyPath && reply.code(500).send({ message: 'down' }),
					'Not qualified',
					'Qualified',
				],
				// Qualified, but n8n did not hear of it.
				[
					bob,
					({ path }, reply) => {
						if (path !== qualifyPath) return false;
						campaign.qualify(bob);
						return reply.code(500).send({ message: 'down' });
					},
					'Not qualified',
					'Nothing to do',
				],
				// Down altogether; and a key or a campaign that is not right.
				[zoe, (_request, reply) => reply.code(401).send({}), 'Not qualified', 'Qualified'],
				[eve, (_request, reply) => reply.code(404).send({}), 'Campaign not found', 'Qualified'],
			];
			for (const [buyer, intercept, outcome, again] of answers) {
				mockServer.intercept = intercept;
				assert.match(
					await pay(paymentOf(buyer)),
					/^503 buyer\d+@example.com was not qualified for payment of .*: Referral Rocket /,
				);
				mockServer.intercept = undefined;
				assert.deepEqual(await comeOut(1), { [outcome]: 1 });
				assert.match(await pay(paymentOf(buyer)), /^200 /);
				assert.deepEqual(await comeOut(1), { [again]: 1 });
			}
			assert.deepEqual(qualifications(), paidBy(ana, ana, bob, zoe, eve).toSorted());
		},
	);
	await step(
		'Payments: while the service does not answer, or does not say who is qualified',
		async () => {
			const [ana, bob] = newBuyers(2);
			mockServer.intercept = (_request, reply) => reply.code(500).send({});
			assert.match(await pay(paymentOf(ana)), /^503 /);
			mockServer.intercept = ({ path }, reply) =>
				path === '/api/v1/getParticipant' && reply.send({ email: bob.email, referredByCode: 'C1' });
			assert.match(await pay(paymentOf(bob)), /^503 .* did not say whether they are qualified/);
			mockServer.intercept = undefined;
			assert.deepEqual(qualifications(), []);
			assert.deepEqual(await comeOut(2), { 'Not qualified': 2 });
			assert.deepEqual(await payAtOnce([ana, bob]), [ana, bob].map(paidAnswer));
			assert.deepEqual(qualifications().toSorted(), paidBy(ana, bob));
			assert.deepEqual(await comeOut(2), { Qualified: 2 });
		},
	);
}
