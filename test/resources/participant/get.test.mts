import { setTimeout } from 'node:timers/promises';
import type { Participant } from '../../../tools/mock-server/campaign.mts';
import { waitUntil } from '../../../tools/command-line/waitUntil.mts';
import { startNode } from '../../support/engine.mts';
import { testBadItems, testServiceFailures } from '../../support/failures.mts';
import { n8nRequires, testCampaignField, testEmailField } from '../../support/inputs.mts';
import {
	credentialFor,
	runErrorMessage,
	toItems,
	locator,
	pairedItems,
	receivedRequests,
	useMockServer,
	runModes,
} from '../../support/mockServer.mts';

const service = useMockServer();
const parameters = {
	resource: 'participant',
	operation: 'get',
	campaignId: locator('JCu82f30F1'),
	email: 'participant3@example.com',
};
const full = { ...parameters, output: 'raw' };

test('gets a participant with one request', async () => {
	const { rows } = await service.run(full);
	expect(rows).toEqual([service.mockServer.campaign.find('participant3@example.com')]);
	expect(receivedRequests(service.mockServer)).toEqual([
		{
			method: 'GET',
			path: '/api/v1/getParticipant',
			query: { id: 'JCu82f30F1', email: 'participant3@example.com' },
		},
	]);
});

test('gets the participant of every input item', async () => {
	const emails = [
		'participant2@example.com',
		'participant9@example.com',
		'participant4@example.com',
	];
	const { items, rows } = await service.run(
		{ ...parameters, email: '={{ $json.who }}' },
		{ items: toItems(...emails.map((who) => ({ who }))) },
	);
	expect(rows.map(({ email }) => email)).toEqual(emails);
	expect(pairedItems(items)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
});

test.each([
	'jo+sale@example.com',
	"o'neil&co=1@example.com",
	'jürgen@exämple.de',
	'a%20b@example.com',
])('finds %s, which needs escaping in a URL', async (email) => {
	service.mockServer.campaign.add(email);
	const { rows } = await service.run({ ...parameters, email });
	expect(rows).toMatchObject([{ email }]);
});

test('returns ten fields if simplified, which is the default', async () => {
	const participant = service.mockServer.campaign.find('participant3@example.com');
	const simplified = {
		email: participant?.email,
		firstName: participant?.firstName,
		lastName: participant?.lastName,
		referralCode: participant?.referralCode,
		referredByCode: participant?.referredByCode,
		shareLink: participant?.shareLink,
		totalReferrals: participant?.totalReferrals,
		referralRewardBalance: participant?.referralRewardBalance,
		rewardEventCompleted: participant?.rewardEventCompleted,
		createdOn: participant?.createdOn,
	};
	expect((await service.run(parameters)).rows).toEqual([simplified]);
	expect((await service.run({ ...parameters, output: 'simplified' })).rows).toEqual([simplified]);
	expect(
		(
			await service.run(
				{ ...parameters, output: '={{ $json.output }}' },
				{ items: toItems({ output: 'simplified' }) },
			)
		).rows,
	).toEqual([simplified]);
});

test.each([
	['chosen', ['email', 'fraudScore']],
	['as one text', 'email, fraudScore'],
])('returns the selected fields, %s', async (_, fields) => {
	const { rows } = await service.run({ ...parameters, output: 'selectedFields', fields });
	expect(rows).toEqual([{ email: 'participant3@example.com', fraudScore: '' }]);
});

test('adds no field that the service omits', async () => {
	service.mockServer.intercept = (_, reply) =>
		void reply.send({ email: 'a@example.com', firstName: null });
	const { rows } = await service.run(parameters);
	expect(rows).toEqual([{ email: 'a@example.com', firstName: null }]);
	expect(Object.keys(rows[0])).toEqual(['email', 'firstName']);
});

test('returns every field, known or unknown, if not simplified', async () => {
	const participant = { email: 7, 'odd name': '', new: { deep: [1, null, { a: 'ß' }] } };
	service.mockServer.intercept = (_, reply) => void reply.send(participant);
	const { rows } = await service.run(full);
	expect(rows).toEqual([participant]);
});

test.each(['nothing', 'null', 'notFound'] as const)(
	'reports that a participant was not found if the service returns %s',
	async (unknownParticipant) => {
		service.mockServer.behaviour.unknownParticipant = unknownParticipant;
		const { error, items } = await service.run({ ...parameters, email: 'nobody@example.com' });
		expect(items).toEqual([]);
		expect(error?.message).toMatch(
			/could not find participant "nobody@example.com" in campaign "JCu82f30F1"/,
		);
		expect(error?.description).toMatch(/Check the campaign ID and the email address/);
	},
);

testCampaignField(service, parameters);
testEmailField(service, parameters);

testServiceFailures(service, {
	parameters,
	names: ['participant3@example.com', 'JCu82f30F1'],
	wrongShapes: [[], [{ email: 'participant3@example.com' }], 'participant3@example.com', 0, false],
});

testBadItems(service, {
	parameters: { ...parameters, email: '={{ $json.email }}' },
	good: [{ email: 'participant1@example.com' }, { email: 'participant2@example.com' }],
	bad: [
		{ name: 'one without an email', json: {}, message: /'Email' is empty/ },
		{ name: 'one that is not an email', json: { email: 'Jo' }, message: /'Email' "Jo"/ },
		{
			name: 'one that is unknown',
			json: { email: 'nobody@example.com' },
			message: /participant "nobody@example.com"/,
		},
	],
});

describe('by referral code', () => {
	const byCode = { ...full, email: undefined as never, findBy: 'referralCode' };
	const codes = () => service.mockServer.campaign.participants.map((one) => one.referralCode);
	const lists = () =>
		service.mockServer.requests.filter(({ path }) => path.endsWith('/getAllParticipants'));

	describe.each(runModes)('%s', (_mode, asTool) => {
		test.each([
			['a code', (code: string) => code],
			['a code with spaces around it', (code: string) => ` ${code} `],
			['a share link', (code: string) => `https://referralrocket.io/c?id=a&referralCode=${code}`],
			['a link without https', (code: string) => `referralrocket.io/?referralCode=${code}&id=a`],
		])('%s finds the participant', async (_, enter) => {
			const wanted = service.mockServer.campaign.participants[17];
			const referralCode = enter(wanted.referralCode);
			const { rows } = await service.run({ ...byCode, referralCode }, { asTool });
			expect(rows).toEqual([wanted]);
		});
	});

	test('reads the list once for all items, whatever their order', async () => {
		const wanted = [...codes(), ...codes().reverse()];
		const { items, rows } = await service.run(
			{ ...byCode, referralCode: '={{ $json.code }}' },
			{ items: toItems(...wanted.map((code) => ({ code }))) },
		);
		expect(rows.map(({ referralCode }) => referralCode)).toEqual(wanted);
		expect(pairedItems(items)).toEqual(wanted.map((_, item) => ({ item })));
		expect(lists()).toHaveLength(1);
	});

	test('finds a code of digits that the service sends as a number', async () => {
		Object.assign(service.mockServer.campaign.participants[0], { referralCode: 20261127 });
		const { rows } = await service.run({ ...byCode, referralCode: '20261127' });
		expect(rows).toEqual([service.mockServer.campaign.participants[0]]);
	});

	test('finds a code if the service rejects the size of the pages', async () => {
		service.mockServer.behaviour.pageSizeLimit = 20;
		const { rows } = await service.run({ ...byCode, referralCode: codes()[25] });
		expect(rows).toEqual([service.mockServer.campaign.participants[25]]);
	});

	test('ignores participants without a code', async () => {
		Object.assign(service.mockServer.campaign.participants[0], { referralCode: null });
		const { error } = await service.run({ ...byCode, referralCode: 'null' });
		expect(error?.message).toMatch(/No participant of campaign "JCu82f30F1"/);
	});

	test('says which code is unknown, once the whole list has been read', async () => {
		const items = toItems({ code: codes()[29] }, { code: 'nope' }, { code: codes()[0] });
		const { error, errorItems, rows } = await service.run(
			{ ...byCode, referralCode: '={{ $json.code }}' },
			{ items, onError: 'continueErrorOutput' },
		);
		expect(error).toBeUndefined();
		expect(rows.map(({ referralCode }) => referralCode)).toEqual([codes()[29], codes()[0]]);
		expect(errorItems.map(({ json }) => json)).toEqual([
			{
				code: 'nope',
				error: expect.stringContaining(
					'No participant of campaign "JCu82f30F1" has the referral code "nope".',
				),
			},
		]);
	});

	test.each([
		['no code', undefined, n8nRequires(/Referral Code/)],
		['a blank code', ' ', /'Referral Code' is empty/],
		['an expression without a code', '={{ $json.nope }}', /'Referral Code' is empty/],
		[
			'a link without a code',
			'https://a.example/?id=b',
			/contains no referral code\. In 'Referral Code'/,
		],
		['an object', '={{ $json }}', /'Referral Code' must be text/],
	])('rejects %s and sends nothing', async (_, referralCode, expectedMessage) => {
		const run = service.run(
			{ ...byCode, referralCode: referralCode as string },
			{ items: toItems({ a: 1 }) },
		);
		expect(await runErrorMessage(run)).toMatch(expectedMessage);
		expect(service.mockServer.requests).toEqual([]);
	});

	describe('in a campaign of 20,000', () => {
		const many = useMockServer({ participants: 20_000 });
		const pages = () =>
			many.mockServer.requests.filter(({ path }) => path.endsWith('/getAllParticipants')).length;

		const find = async (participants: Participant[]) => {
			const items = toItems(...participants.map(({ referralCode }) => ({ referralCode })));
			const parameters = { ...byCode, referralCode: '={{ $json.referralCode }}' };
			return (await many.run(parameters, { items })).rows;
		};

		test('stops reading as soon as everyone is found', async () => {
			const near = many.mockServer.campaign.participants.slice(0, 400);
			expect(await find(near)).toEqual(near);
			expect(pages()).toBe(1);
		});

		test('reads no page twice for items from all over the list', async () => {
			const scattered = many.mockServer.campaign.participants
				.filter((_, index) => index % 97 === 5)
				.sort((a, b) => (a.shareLink < b.shareLink ? 1 : -1));
			expect(await find(scattered)).toEqual(scattered);
			expect(pages()).toBeLessThanOrEqual(41);
		});

		test('stops if the execution is stopped, and sends nothing more', async () => {
			many.mockServer.behaviour.delay = 30;
			const { result, cancel } = startNode({
				credential: credentialFor(many.mockServer),
				parameters: { ...byCode, referralCode: 'nope' },
			});
			await waitUntil(async () => expect(pages()).toBeGreaterThan(0), 10);
			cancel();
			await result;
			// Requests in flight still arrive.
			await setTimeout(500);
			const before = many.mockServer.requests.length;
			await setTimeout(300);
			expect(many.mockServer.requests.length).toBe(before);
			expect(before).toBeLessThan(40);
		});
	});

	test('a list that cannot be read stops the execution for all items', async () => {
		service.mockServer.intercept = (_, reply) => reply.code(400).send({ message: 'Not today' });
		const { error, items } = await service.run(
			{ ...byCode, referralCode: '={{ $json.code }}' },
			{ items: toItems({ code: 'a' }, { code: 'b' }) },
		);
		expect(items).toEqual([]);
		expect(error?.message).toContain('Not today');
	});
});
