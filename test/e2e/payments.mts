import assert from 'node:assert/strict';
import axios from 'axios';
import { itemsOf } from '../../tools/n8n/n8n.mts';
import { step } from '../../tools/command-line/progress.mts';
import { waitUntil } from '../../tools/command-line/waitUntil.mts';
import type { Participant } from '../../tools/mock-server/campaign.mts';
import type { MockServer } from '../../tools/mock-server/service.mts';
import type { ExampleRun } from './services/exampleRun.mts';

const outcomes = [
	'Already Qualified',
	'Not Referred',
	'Twice in One Delivery',
	'Qualified',
	'Not Qualified',
	'Not a Participant',
	'Incomplete Payment',
] as const;
type Outcomes = Partial<Record<(typeof outcomes)[number], string[]>>;

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
	/** @returns the status that the shop is answered with */
	const pay = async (body: unknown) =>
		(await axios.post(url, body, { headers, validateStatus: () => true })).status;
	const payAtOnce = async (all: Participant[]) =>
		await Promise.all(all.map(async (buyer) => await pay(paymentOf(buyer))));
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
	/** Waits until as many deliveries have been dealt with since the last time; returns what came out. */
	const comeOut = async (deliveries: number): Promise<Outcomes> => {
		const found: Outcomes = {};
		await waitUntil(async () => {
			const fresh = await n8n.executionsOf(workflow, executionsSeen);
			assert.equal(fresh.length, deliveries);
			assert.deepEqual([...new Set(fresh.map(({ status }) => status))], ['success']);
			for (const name of outcomes) {
				const messages = fresh.flatMap((execution) => itemsOf(execution, name));
				if (messages.length) found[name] = messages.map(({ json }) => String(json.message));
			}
		}, 30);
		executionsSeen += deliveries;
		return found;
	};
	const counted = (found: Outcomes) =>
		Object.fromEntries(Object.entries(found).map(([name, messages]) => [name, messages.length]));
	qualifications();

	await step('Payments: the first ten at once are all qualified', async () => {
		const ten = newBuyers(10);
		assert.deepEqual(await payAtOnce(ten), Array(10).fill(200));
		assert.deepEqual(qualifications().toSorted(), paidBy(...ten));
		assert.deepEqual(counted(await comeOut(10)), { Qualified: 10 });
	});
	await step(
		'Payments: twenty at once, and the same twenty again, are qualified once',
		async () => {
			const twenty = newBuyers(20);
			assert.deepEqual(await payAtOnce(twenty), Array(20).fill(200));
			assert.deepEqual(qualifications().toSorted(), paidBy(...twenty));
			assert.deepEqual(await payAtOnce(twenty), Array(20).fill(200));
			assert.deepEqual(qualifications(), []);
			assert.deepEqual(counted(await comeOut(40)), { Qualified: 20, 'Already Qualified': 20 });
		},
	);
	await step(
		'Payments: after ten thousand the first is still known, and more come in',
		async () => {
			const many = newBuyers(10_001);
			for (const buyer of many) campaign.qualify(buyer);
			const next = newBuyer();
			assert.equal(await pay(paymentOf(many[0])), 200);
			assert.equal(await pay(paymentOf(next)), 200);
			assert.deepEqual(qualifications(), paidBy(next));
			assert.deepEqual(counted(await comeOut(2)), { 'Already Qualified': 1, Qualified: 1 });
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
			[1, null],
		];
		for (const body of unusable) assert.equal(await pay(body), 422, JSON.stringify(body));
		const { 'Incomplete Payment': messages = [], ...others } = await comeOut(unusable.length);
		assert.equal(messages.length, unusable.length + 1);
		assert.match(
			messages[0],
			/^Payment without an ID by buyer\d+@example.com over 250 can't be used/,
		);
		assert.deepEqual(others, {});
		assert.equal(mockServer.requests.length, before);
	});
	await step('Payments: several in one delivery, one of them twice', async () => {
		const [ana, bob] = newBuyers(2);
		const asText = { ...paymentOf(ana), paymentId: 17, amount: '250' };
		const delivery = [asText, asText, paymentOf(bob), paymentOf({ email: 'guest@example.com' })];
		assert.equal(await pay(delivery), 200);
		assert.deepEqual(qualifications().toSorted(), paidBy(ana, bob));
		assert.deepEqual(counted(await comeOut(1)), {
			'Twice in One Delivery': 1,
			Qualified: 2,
			'Not a Participant': 1,
		});
		const [zoe] = newBuyers(1);
		assert.equal(await pay([{ ...paymentOf(zoe), amount: '' }, paymentOf(zoe)]), 422);
		assert.deepEqual(qualifications(), paidBy(zoe));
		assert.deepEqual(counted(await comeOut(1)), { Qualified: 1, 'Incomplete Payment': 1 });
	});
	await step('Payments: who is no participant or was not referred is left alone', async () => {
		const alone = campaign.add('not-referred@example.com');
		assert.equal(await pay(paymentOf(alone)), 200);
		assert.deepEqual(await comeOut(1), {
			'Not Referred': [
				'not-referred@example.com was not referred by anyone; payment of not-referred@example.com qualifies nobody',
			],
		});
		for (const answer of ['nothing', 'null', 'notFound'] as const) {
			mockServer.behaviour.unknownParticipant = answer;
			assert.equal(await pay(paymentOf({ email: 'guest@example.com' })), 200);
			assert.deepEqual(counted(await comeOut(1)), { 'Not a Participant': 1 });
		}
		assert.deepEqual(qualifications(), []);
	});
	await step(
		'Payments: what could not be done is not taken, and works when sent again',
		async () => {
			const [ana, bob, zoe, eve] = newBuyers(4);
			const answers: Array<[Participant, MockServer['intercept'], again: object]> = [
				// Down while it qualifies.
				[
					ana,
					({ path }, reply) => path === qualifyPath && reply.code(500).send({ message: 'down' }),
					{ Qualified: 1 },
				],
				// Qualified, but n8n did not hear of it.
				[
					bob,
					({ path }, reply) => {
						if (path !== qualifyPath) return false;
						campaign.qualify(bob);
						return reply.code(500).send({ message: 'down' });
					},
					{ 'Already Qualified': 1 },
				],
				// Down altogether; and a key or a campaign that is not right.
				[zoe, (_request, reply) => reply.code(401).send({}), { Qualified: 1 }],
				[eve, (_request, reply) => reply.code(404).send({}), { Qualified: 1 }],
			];
			for (const [buyer, intercept, again] of answers) {
				mockServer.intercept = intercept;
				assert.equal(await pay(paymentOf(buyer)), 503);
				mockServer.intercept = undefined;
				const { 'Not Qualified': messages = [], ...others } = await comeOut(1);
				assert.deepEqual(others, {});
				assert.match(
					messages[0],
					/^buyer\d+@example.com was not qualified for payment of .*: Referral Rocket /,
				);
				assert.equal(await pay(paymentOf(buyer)), 200);
				assert.deepEqual(counted(await comeOut(1)), again);
			}
			assert.deepEqual(qualifications(), paidBy(ana, ana, bob, zoe, eve).toSorted());
		},
	);
	await step(
		'Payments: while the service does not answer, or does not say who is qualified',
		async () => {
			const [ana, bob] = newBuyers(2);
			mockServer.intercept = (_request, reply) => reply.code(500).send({});
			assert.equal(await pay(paymentOf(ana)), 503);
			mockServer.intercept = ({ path }, reply) =>
				path === '/api/v1/getParticipant' && reply.send({ email: bob.email, referredByCode: 'C1' });
			assert.equal(await pay(paymentOf(bob)), 503);
			mockServer.intercept = undefined;
			assert.deepEqual(qualifications(), []);
			assert.deepEqual(counted(await comeOut(2)), { 'Not Qualified': 2 });
			assert.deepEqual(await payAtOnce([ana, bob]), [200, 200]);
			assert.deepEqual(qualifications().toSorted(), paidBy(ana, bob));
			assert.deepEqual(counted(await comeOut(2)), { Qualified: 2 });
		},
	);
}
