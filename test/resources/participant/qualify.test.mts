import type { INodeParameters } from 'n8n-workflow';
import { testBadItems, testServiceFailures } from '../../support/failures.mts';
import { testCampaignField, testEmailField } from '../../support/inputs.mts';
import {
	toItems,
	locator,
	pairedItems,
	receivedRequests,
	useMockServer,
	useRateLimitWindow,
	runModes,
} from '../../support/mockServer.mts';

const service = useMockServer();
const parameters = {
	resource: 'participant',
	operation: 'qualify',
	campaignId: locator('JCu82f30F1'),
	email: 'referee@example.com',
	output: 'raw',
};

const methods = () => service.mockServer.requests.map(({ method }) => method);
const bodies = () => service.mockServer.requests.flatMap(({ body }) => body ?? []);
const referee = () => service.mockServer.campaign.find('referee@example.com');

beforeEach(() => {
	const { campaign } = service.mockServer;
	const referrer = campaign.find('participant0@example.com');
	campaign.add('referee@example.com', referrer);
	campaign.add('other@example.com', referrer);
});

test('looks a participant up, qualifies them and reports it', async () => {
	const { rows } = await service.run(parameters);
	const qualified = service.mockServer.campaign.find('referee@example.com');
	expect(qualified?.rewardEventCompleted).toBe(true);
	expect(rows).toEqual([{ ...qualified, outcome: 'qualified' }]);
	expect(receivedRequests(service.mockServer)).toEqual([
		{
			method: 'GET',
			path: '/api/v1/getParticipant',
			query: { id: 'JCu82f30F1', email: 'referee@example.com' },
		},
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
			items: toItems(
				{ email: 'other@example.com', paid: 10 },
				{ email: 'referee@example.com', paid: 20.5 },
			),
		},
	);
	expect(rows.map(({ email }) => email)).toEqual(['other@example.com', 'referee@example.com']);
	expect(pairedItems(items)).toEqual([{ item: 0 }, { item: 1 }]);
	expect(bodies()).toHaveLength(2);
	expect(bodies()).toEqual(
		expect.arrayContaining([
			{ id: 'JCu82f30F1', email: 'other@example.com', amount: '10' },
			{ id: 'JCu82f30F1', email: 'referee@example.com', amount: '20.5' },
		]),
	);
});

test('returns every field, known or unknown', async () => {
	const participant = { email: 7, 'odd name': '', new: { deep: [1, null, { a: 'ß' }] } };
	service.mockServer.intercept = ({ method }, reply) =>
		method === 'POST' && void reply.send(participant);
	const { rows } = await service.run(parameters);
	expect(rows).toEqual([{ ...participant, outcome: 'qualified' }]);
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
	['an expression that returns 0', '={{ 0 }}', '0'],
])('sends %s as a string', async (_, amount, sent) => {
	await service.run(
		{ ...parameters, additionalFields: { amount } },
		{ items: toItems({ paid: 99 }) },
	);
	expect(bodies()).toEqual([{ id: 'JCu82f30F1', email: 'referee@example.com', amount: sent }]);
});

test.each([
	['empty', ''],
	['blank', '  '],
	['an expression without a value', '={{ $json.nope }}'],
])('sends no amount if it is %s', async (_, amount) => {
	const { error } = await service.run({ ...parameters, additionalFields: { amount } });
	expect(error).toBeUndefined();
	expect(bodies()).toEqual([{ id: 'JCu82f30F1', email: 'referee@example.com' }]);
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
	['that is not a number', '={{ NaN }}', /'Amount' "NaN"/],
	['that is infinite', '={{ Infinity }}', /'Amount' "Infinity"/],
	['that is true', '={{ true }}', /'Amount' "true"/],
	['that is a list', '={{ [5] }}', /'Amount' "\[5\]"/],
	['in hexadecimal', '={{ "0x10" }}', /'Amount' "0x10"/],
])('rejects an amount %s and sends nothing', async (_, amount, expectedMessage) => {
	const { error } = await service.run({ ...parameters, additionalFields: { amount } });
	expect(error?.message).toMatch(expectedMessage);
	expect(service.mockServer.requests).toEqual([]);
});

/** Responds to the request that qualifies. */
function refusing(status: number, body: unknown) {
	service.mockServer.intercept = ({ method }, reply) =>
		method === 'POST' && reply.code(status).send(body);
}

describe.each(runModes)('%s', (_mode, asTool) => {
	useRateLimitWindow(60);
	const run = async (more: INodeParameters = {}) =>
		await service.run({ ...parameters, ...more }, { asTool });

	test('nothing is sent for someone who is already qualified, and the participant is returned', async () => {
		await run();
		const { rows } = await run();
		expect(rows).toEqual([{ ...referee(), outcome: 'alreadyQualified' }]);
		expect(methods()).toEqual(['GET', 'POST', 'GET']);
	});

	test('with Qualify Again, the request is sent without a look-up, every time', async () => {
		const again = { ifAlreadyQualified: 'qualify' };
		const { rows } = await run(again);
		expect(rows).toEqual([{ ...referee(), outcome: 'qualified' }]);
		expect((await run(again)).rows).toEqual(rows);
		expect(methods()).toEqual(['POST', 'POST']);
	});

	describe.each([
		['return', ['GET', 'POST']],
		['qualify', ['POST']],
	])('with If Already Qualified at %s', (ifAlreadyQualified, expected) => {
		const returning = { ifAlreadyQualified, ifNotQualified: 'return' };
		const failing = { ifAlreadyQualified };

		test('someone who was not referred stops the item, or is returned with the reason', async () => {
			const email = 'participant1@example.com';
			const { error } = await run({ ...failing, email });
			expect(error?.message).toContain('participant "participant1@example.com"');
			expect(error?.description).toContain('Only referred participants can be qualified');
			expect(methods()).toEqual(expected);
			const { rows } = await run({ ...returning, email });
			expect(rows).toEqual([
				expect.objectContaining({
					email,
					outcome: 'notReferred',
					reason: 'Only referred participants can be qualified',
				}),
			]);
		});

		test.each(['nothing', 'null', 'notFound'] as const)(
			'someone who is not in the campaign, which exists, stops the item or is returned (%s)',
			async (unknownParticipant) => {
				service.mockServer.behaviour.unknownParticipant = unknownParticipant;
				const email = 'nobody@example.com';
				const { error } = await run({ ...failing, email });
				expect(error?.message).toBe(
					'Participant "nobody@example.com" is not in campaign "JCu82f30F1".',
				);
				const { rows } = await run({ ...returning, email });
				expect(rows).toEqual([
					{
						email,
						campaignId: 'JCu82f30F1',
						outcome: 'notInCampaign',
						reason: expect.stringMatching(/Participant/),
					},
				]);
			},
		);

		test('someone whom the service rejects stops the item, or is returned with the reason', async () => {
			refusing(400, { message: 'Campaign has ended' });
			const { error } = await run(failing);
			expect(error?.message).toMatch(
				/did not accept the request for participant .*: "Campaign has ended"\./,
			);
			const { rows } = await run(returning);
			expect(rows).toMatchObject([
				{ email: 'referee@example.com', outcome: 'rejected', reason: 'Campaign has ended' },
			]);
		});

		test('a rejection without a reason is returned with its status', async () => {
			refusing(422, '');
			const { rows } = await run(returning);
			expect(rows).toMatchObject([
				{
					outcome: 'rejected',
					reason: 'Status 422, without a reason.',
				},
			]);
		});

		test.each([302, 401, 402, 403, 404, 405, 407, 408, 423, 429, 500, 503])(
			'status %i may be temporary, so it is not an outcome and stops the item',
			async (status) => {
				refusing(status, { message: 'Not now' });
				const { error, items } = await run(returning);
				expect(error).toBeDefined();
				expect(items).toEqual([]);
			},
		);

		test("nobody passes if an expression for If Participant Can't Qualify has no value", async () => {
			refusing(422, { message: 'No' });
			const { error, items } = await run({ ...returning, ifNotQualified: '={{ $json.missing }}' });
			expect(error).toBeDefined();
			expect(items).toEqual([]);
		});

		test('status 402 is not an outcome, although the campaign can be read', async () => {
			service.mockServer.intercept = ({ path }, reply) =>
				!path.endsWith('getCampaign') && reply.code(402).send({ message: 'Upgrade your plan' });
			const { error, items } = await run(returning);
			expect(error?.message).toContain('Upgrade your plan');
			expect(items).toEqual([]);
		});

		test('a web page and a campaign that does not exist are not outcomes', async () => {
			refusing(400, '<html>Blocked</html>');
			expect((await run(returning)).error?.message).toContain('web page');
			service.mockServer.intercept = undefined;
			const missing = await run({ ...returning, campaignId: locator('Nope') });
			expect(missing.error?.message).toContain('could not find campaign "Nope"');
		});

		test.each([
			['Participant was not referred', 400],
			['This participant has no referrer', 409],
			["The participant doesn't have a referrer", 422],
			['Only referred participants can be qualified', 500],
			['referee@example.com is not a referee', 400],
		])('"%s" (%i) means that nobody referred the person', async (message, status) => {
			refusing(status, { message });
			const { rows } = await run(returning);
			expect(rows).toMatchObject([{ outcome: 'notReferred', reason: message }]);
		});

		test.each(['Referrer account is not active', 'The referral campaign has no budget'])(
			'"%s" does not mean that nobody referred the person',
			async (message) => {
				refusing(400, { message });
				const { rows } = await run(returning);
				expect(rows).toMatchObject([{ outcome: 'rejected', reason: message }]);
			},
		);

		test('an email that the service knows only in lower case is qualified', async () => {
			const { rows } = await run({ ...returning, email: 'Referee@Example.com' });
			expect(rows).toEqual([{ ...referee(), outcome: 'qualified' }]);
			expect(referee()?.rewardEventCompleted).toBe(true);
		});

		test('an email that the service knows with capital letters is used as entered', async () => {
			const { campaign } = service.mockServer;
			const email = 'Friend@Example.com';
			campaign.add(email, campaign.find('participant0@example.com'));
			const { rows } = await run({ ...returning, email });
			expect(rows).toMatchObject([{ email, outcome: 'qualified' }]);
			expect(methods()).toEqual(expected);
		});
	});

	test('an email that the service rejects in the look-up is rejected permanently', async () => {
		service.mockServer.intercept = ({ path }, reply) =>
			path.endsWith('getParticipant') && reply.code(400).send({ message: 'Bad address' });
		const { rows } = await run({ ifNotQualified: 'return' });
		expect(rows).toEqual([
			{
				email: 'referee@example.com',
				campaignId: 'JCu82f30F1',
				outcome: 'rejected',
				reason: 'Bad address',
			},
		]);
		expect(methods()).toEqual(['GET', 'GET']);
	});

	test.each(['return', 'qualify'])(
		'a rejection for a campaign that does not exist is not an outcome (%s)',
		async (ifAlreadyQualified) => {
			service.mockServer.intercept = ({ path }, reply) =>
				reply.code(path.endsWith('getCampaign') ? 404 : 400).send({ message: 'Bad campaign' });
			const { error } = await run({ ifAlreadyQualified, ifNotQualified: 'return' });
			expect(error?.message).toContain('could not find campaign "JCu82f30F1"');
		},
	);

	test('someone whom another n8n process qualifies at the same moment is already qualified', async () => {
		const { campaign } = service.mockServer;
		service.mockServer.intercept = ({ method }, reply) => {
			if (method === 'GET') return false;
			campaign.qualify(referee() as never);
			return reply.code(400).send({ message: 'Already completed' });
		};
		expect((await run()).rows).toMatchObject([{ outcome: 'alreadyQualified' }]);
	});

	test('nobody is qualified if the service does not say whether they already are', async () => {
		service.mockServer.intercept = (_, reply) =>
			reply.send({ email: 'referee@example.com', referredByCode: 'C1' });
		const { error } = await run({ ifNotQualified: 'return' });
		expect(error?.message).toBe(
			'Referral Rocket does not say whether participant "referee@example.com" is already qualified.',
		);
		expect(error?.description).toContain("set 'If Already Qualified' to Qualify Again");
		expect(methods()).toEqual(['GET']);
	});
});

test('does not mistake one participant for another', async () => {
	const email = '={{ $json.email }}';
	const items = toItems({ email: 'referee@example.com' }, { email: 'other@example.com' });
	const { rows } = await service.run({ ...parameters, email, output: 'simplified' }, { items });
	expect(rows.map((row) => [row.email, row.outcome, row.campaignId])).toEqual([
		['referee@example.com', 'qualified', undefined],
		['other@example.com', 'qualified', undefined],
	]);
});

testCampaignField(service, parameters);

describe('a referred participant', () => {
	beforeEach(() => {
		const participant = service.mockServer.campaign.find('participant3@example.com');
		const code = service.mockServer.campaign.find('participant0@example.com')?.referralCode;
		Object.assign(participant ?? {}, { referredByCode: code });
	});
	testEmailField(service, parameters);
});

testServiceFailures(service, {
	parameters,
	names: ['referee@example.com', 'JCu82f30F1'],
	wrongShapes: [[], [{ email: 'referee@example.com' }], 'qualified', 1, true],
});

testBadItems(service, {
	parameters: {
		...parameters,
		email: '={{ $json.email }}',
		additionalFields: { amount: '={{ $json.paid }}' },
	},
	good: [{ email: 'referee@example.com' }, { email: 'other@example.com', paid: 0 }],
	bad: [
		{ name: 'one without an email', json: { paid: 5 }, message: /'Email' is empty/ },
		{
			name: 'one with a negative amount',
			json: { email: 'participant9@example.com', paid: -5 },
			message: /'Amount' "-5"/,
		},
		{
			name: 'one that is unknown',
			json: { email: 'nobody@example.com' },
			message: /Participant "nobody@example.com"/,
		},
		{
			name: 'one that nobody referred',
			json: { email: 'participant1@example.com' },
			message: /participant "participant1@example.com"/,
		},
	],
});
