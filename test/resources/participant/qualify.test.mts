import { setTimeout as wait } from 'node:timers/promises';
import { startNode } from '../../support/engine.mts';
import { oneBadItemFailsAlone, stopsWithAClearMessage } from '../../support/failures.mts';
import { takesTheCampaign, takesTheEmail } from '../../support/inputs.mts';
import {
	credentialFor,
	itemsOf,
	locator,
	pairs,
	received,
	useMockServer,
} from '../../support/mockServer.mts';

const service = useMockServer();
const parameters = {
	resource: 'participant',
	operation: 'qualify',
	campaignId: locator('JCu82f30F1'),
	email: 'referee@example.com',
	output: 'raw',
};

beforeEach(() => {
	const { campaign } = service.mockServer;
	const referrer = campaign.find('participant0@example.com');
	campaign.add('referee@example.com', referrer);
	campaign.add('other@example.com', referrer);
});

test('qualifies a participant with one request', async () => {
	const { rows } = await service.run(parameters);
	const qualified = service.mockServer.campaign.find('referee@example.com');
	expect(qualified?.rewardEventCompleted).toBe(true);
	expect(rows).toEqual([qualified]);
	expect(received(service.mockServer)).toEqual([
		{
			method: 'POST',
			path: '/api/v1/qualifyParticipant',
			query: {},
			body: { id: 'JCu82f30F1', email: 'referee@example.com' },
		},
	]);
});

test('qualifies the participant of every input item', async () => {
	const { items, rows } = await service.run(
		{
			...parameters,
			email: '={{ $json.email }}',
			additionalFields: { amount: '={{ $json.paid }}' },
		},
		{
			items: itemsOf(
				{ email: 'other@example.com', paid: 10 },
				{ email: 'referee@example.com', paid: 20.5 },
			),
		},
	);
	expect(rows.map(({ email }) => email)).toEqual(['other@example.com', 'referee@example.com']);
	expect(pairs(items)).toEqual([{ item: 0 }, { item: 1 }]);
	const bodies = service.mockServer.requests.map(({ body }) => body);
	expect(bodies).toHaveLength(2);
	expect(bodies).toEqual(
		expect.arrayContaining([
			{ id: 'JCu82f30F1', email: 'other@example.com', amount: '10' },
			{ id: 'JCu82f30F1', email: 'referee@example.com', amount: '20.5' },
		]),
	);
});

test('passes every field through, known or not', async () => {
	const participant = { email: 7, 'odd name': '', new: { deep: [1, null, { a: 'ß' }] } };
	service.mockServer.intercept = (_, reply) => void reply.send(participant);
	const { rows } = await service.run(parameters);
	expect(rows).toEqual([participant]);
});

test.each([
	['250', 250, '250'],
	['0, which is an amount', 0, '0'],
	['decimals', 12.34, '12.34'],
	['a text with a number', '12.50', '12.5'],
	['a sum that is not exact', '={{ 0.1 + 0.2 }}', '0.3'],
	['many digits', '123456789012.34', '123456789012.34'],
	['a text with spaces around', ' 7 ', '7'],
	['an expression', '={{ $json.paid }}', '99'],
	['an expression that gives 0', '={{ 0 }}', '0'],
])('sends %s as a text', async (_, amount, sent) => {
	await service.run(
		{ ...parameters, additionalFields: { amount } },
		{ items: itemsOf({ paid: 99 }) },
	);
	expect(service.mockServer.requests.map(({ body }) => body)).toEqual([
		{ id: 'JCu82f30F1', email: 'referee@example.com', amount: sent },
	]);
});

test.each([
	['empty', ''],
	['blank', '  '],
	['an expression without a value', '={{ $json.nope }}'],
])('sends no amount when it is %s', async (_, amount) => {
	const { error } = await service.run({ ...parameters, additionalFields: { amount } });
	expect(error).toBeUndefined();
	expect(service.mockServer.requests.map(({ body }) => body)).toEqual([
		{ id: 'JCu82f30F1', email: 'referee@example.com' },
	]);
});

test.each([
	['below 0', -1, /'Amount' "-1"/],
	['with a comma', '49,90', /'Amount' "49,90" can't be used/],
	['with thousands separated', '1,250.00', /'Amount' "1,250.00"/],
	['with thousands separated by points', '1.250.00', /'Amount' "1.250.00"/],
	['with a sign', '+5', /'Amount' "\+5"/],
	['with a minus', '-0', /'Amount' "-0"/],
	['that is huge', 1e21, /'Amount' "1e\+21"/],
	['with more digits than a number can have', '1234567890123456', /'Amount' "1234567890123456"/],
	['that is tiny', 1e-7, /'Amount' "1e-7"/],
	['with a currency', '20 USD', /'Amount' "20 USD"/],
	['that is no number', '={{ NaN }}', /'Amount' "NaN"/],
	['without end', '={{ Infinity }}', /'Amount' "Infinity"/],
	['that is true', '={{ true }}', /'Amount' "true"/],
	['that is a list', '={{ [5] }}', /'Amount' "\[5\]"/],
	['in hexadecimal', '={{ "0x10" }}', /'Amount' "0x10"/],
])('refuses an amount %s and sends nothing', async (_, amount, says) => {
	const { error } = await service.run({ ...parameters, additionalFields: { amount } });
	expect(error?.message).toMatch(says);
	expect(service.mockServer.requests).toEqual([]);
});

test('tells in the words of the service why a participant does not qualify', async () => {
	const { error } = await service.run({ ...parameters, email: 'participant1@example.com' });
	expect(error?.message).toContain('participant "participant1@example.com"');
	expect(error?.description).toContain('Only a participant who was referred can be qualified.');
	expect(error?.description).toContain('Only referred participants can be qualified');
});

describe('with If Qualified Already at Return', () => {
	const once = { ...parameters, options: { ifQualified: 'return' } };
	const methods = () => service.mockServer.requests.map(({ method }) => method);
	const referee = () => service.mockServer.campaign.find('referee@example.com');

	test('looks the participant up, qualifies, and says that it was the first time', async () => {
		const { rows } = await service.run(once);
		expect(rows).toEqual([{ ...referee(), isNew: true }]);
		expect(referee()?.rewardEventCompleted).toBe(true);
		expect(methods()).toEqual(['GET', 'POST']);
	});

	test('sends nothing for who is qualified already, and returns the participant', async () => {
		await service.run(parameters);
		const { rows } = await service.run(once);
		expect(rows).toEqual([{ ...referee(), isNew: false }]);
		expect(methods()).toEqual(['POST', 'GET']);
	});

	test('qualifies once, however many items and executions come in the same moment', async () => {
		const items = itemsOf(...Array.from({ length: 20 }, () => ({})));
		// In capitals it is the same participant.
		const runs = await Promise.all([
			service.run(once, { items }),
			service.run({ ...once, email: 'Referee@Example.com' }, { items }),
		]);
		const all = runs.flatMap(({ rows }) => rows);
		expect(all).toHaveLength(40);
		expect(all.filter(({ isNew }) => isNew)).toHaveLength(1);
		expect(all.every(({ rewardEventCompleted }) => rewardEventCompleted)).toBe(true);
		expect(methods().filter((method) => method === 'POST')).toEqual(['POST']);
	});

	test('does not take one participant for another', async () => {
		const email = '={{ $json.email }}';
		const items = itemsOf({ email: 'referee@example.com' }, { email: 'other@example.com' });
		const { rows } = await service.run({ ...once, email, output: 'simplified' }, { items });
		expect(rows.map((row) => [row.email, row.isNew, row.campaignId])).toEqual([
			['referee@example.com', true, undefined],
			['other@example.com', true, undefined],
		]);
	});

	test('where one of them does not work, the next one does it', async () => {
		let refused = 0;
		service.mockServer.intercept = ({ method }, reply) =>
			method === 'POST' && ++refused === 1 && reply.code(400).send({ message: 'Not now' });
		const { items } = await service.run(once, {
			items: itemsOf({}, {}, {}),
			onError: 'continueRegularOutput',
		});
		expect(items.map(({ json }) => json.isNew ?? json.error)).toEqual([
			expect.stringContaining('Not now'),
			true,
			false,
		]);
	});

	test('an execution that waits for another one can be stopped', async () => {
		const answers: Array<() => void> = [];
		service.mockServer.intercept = async () => {
			await new Promise<void>((resolve) => answers.push(resolve));
			return false;
		};
		const options = { credential: credentialFor(service.mockServer), parameters: once };
		const first = startNode(options);
		while (answers.length < 1) await wait(5);
		const second = startNode(options);
		let isEnded = false;
		const ended = second.result.catch(() => undefined).then(() => (isEnded = true));
		await wait(300);
		expect(isEnded).toBe(false);
		second.cancel();
		await ended;
		service.mockServer.intercept = undefined;
		answers[0]();
		expect((await first.result).rows).toEqual([{ ...referee(), isNew: true }]);
		expect(methods()).toEqual(['GET', 'POST']);
	});

	test('qualifies nobody of whom the service does not say it', async () => {
		service.mockServer.intercept = (_, reply) =>
			reply.send({ email: 'referee@example.com', referredByCode: 'C1' });
		const { error } = await service.run(once);
		expect(error?.message).toBe(
			'Referral Rocket does not say whether participant "referee@example.com" is qualified already.',
		);
		expect(error?.description).toContain(
			"set 'If Qualified Already' in 'Options' to Qualify Again",
		);
		expect(methods()).toEqual(['GET']);
	});

	test('tells of someone unknown as Get does', async () => {
		const { error } = await service.run({ ...once, email: 'nobody@example.com' });
		expect(error?.message).toContain('could not find participant "nobody@example.com"');
		expect(methods()).toEqual(['GET']);
	});
});

takesTheCampaign(service, parameters);

describe('a referred participant', () => {
	beforeEach(() => {
		const participant = service.mockServer.campaign.find('participant3@example.com');
		const code = service.mockServer.campaign.find('participant0@example.com')?.referralCode;
		Object.assign(participant ?? {}, { referredByCode: code });
	});
	takesTheEmail(service, parameters);
});

stopsWithAClearMessage(service, {
	parameters,
	names: ['referee@example.com', 'JCu82f30F1'],
	wrongShapes: [[], [{ email: 'referee@example.com' }], 'qualified', 1, true],
});

oneBadItemFailsAlone(service, {
	parameters: {
		...parameters,
		email: '={{ $json.email }}',
		additionalFields: { amount: '={{ $json.paid }}' },
	},
	good: [{ email: 'referee@example.com' }, { email: 'other@example.com', paid: 0 }],
	bad: [
		{ name: 'one without an email', json: { paid: 5 }, says: /'Email' is empty/ },
		{
			name: 'one with a negative amount',
			json: { email: 'participant9@example.com', paid: -5 },
			says: /'Amount' "-5"/,
		},
		{
			name: 'one that is unknown',
			json: { email: 'nobody@example.com' },
			says: /participant "nobody@example.com"/,
		},
		{
			name: 'one that nobody referred',
			json: { email: 'participant1@example.com' },
			says: /participant "participant1@example.com"/,
		},
	],
});
