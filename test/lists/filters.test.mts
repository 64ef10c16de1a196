import type { INodeParameters } from 'n8n-workflow';
import type { Participant } from '../../tools/mock-server/campaign.mts';
import { locator, runErrorMessage, useMockServer } from '../support/mockServer.mts';

/* Filters of List and List Referrals: who is returned, what is requested, and what can't be decided. */

const service = useMockServer({ participants: 150 });
beforeEach(() => (service.mockServer.behaviour.pageSizeCap = 20));

const everyone = () => service.mockServer.campaign.participants;
const emails = (rows: Array<{ email?: unknown }>) => rows.map(({ email }) => email);
const listed = () =>
	service.mockServer.requests.filter(({ path }) => path.endsWith('getAllParticipants'));
const list = async (filters: INodeParameters, more: INodeParameters = {}) =>
	await service.run({
		resource: 'participant',
		operation: 'list',
		campaignId: locator('JCu82f30F1'),
		returnAll: true,
		filters,
		...more,
	});
/** Participant number 100 of 150 joined at this time. */
const time = '2026-01-01T01:40:00.000Z';
const newestFirst: INodeParameters = {
	sort: { sorting: { field: 'createdOn', direction: 'desc' } },
};

describe.each<[string, INodeParameters, (participant: Participant) => boolean]>([
	[
		'Joined After',
		{ joinedAfter: time },
		({ createdOn }) => Date.parse(createdOn) >= Date.parse(time),
	],
	[
		'Joined Before',
		{ joinedBefore: time },
		({ createdOn }) => Date.parse(createdOn) < Date.parse(time),
	],
	['Minimum Referrals', { minimumReferrals: 2 }, ({ totalReferrals }) => totalReferrals >= 2],
	['Qualified: Yes', { qualified: 'yes' }, ({ rewardEventCompleted }) => rewardEventCompleted],
	['Qualified: No', { qualified: 'no' }, ({ rewardEventCompleted }) => !rewardEventCompleted],
	['Referred By', { referredBy: 'C000001' }, ({ referredByCode }) => referredByCode === 'C000001'],
	[
		'several filters',
		{ joinedAfter: time, qualified: 'yes' },
		({ createdOn, rewardEventCompleted }) =>
			rewardEventCompleted && Date.parse(createdOn) >= Date.parse(time),
	],
])('%s', (_, filters, passes) => {
	test('returns exactly these participants', async () => {
		const expected = emails(everyone().filter(passes));
		expect(expected.length).toBeGreaterThan(0);
		expect(expected.length).toBeLessThan(150);
		const { error, rows } = await list(filters);
		expect(error).toBeUndefined();
		expect(emails(rows)).toEqual(expected);
	});

	test('returns the first of them up to the limit', async () => {
		const { rows } = await list(filters, { returnAll: false, limit: 1 });
		expect(emails(rows)).toEqual(emails(everyone().filter(passes).slice(0, 1)));
	});
});

test('reading stops once there are as many participants as the limit', async () => {
	expect((await list({ joinedAfter: time }, { returnAll: false, limit: 1 })).rows).toHaveLength(1);
	expect(listed()).toHaveLength(1);
});

test('List Referrals filters the referrals of one participant', async () => {
	const { campaign } = service.mockServer;
	const [referrer] = campaign.participants;
	const friends = [1, 2, 3].map((number) => campaign.add(`friend${number}@example.com`, referrer));
	campaign.qualify(friends[1]);
	const { rows } = await list(
		{ qualified: 'yes' },
		{ operation: 'listReferrals', email: referrer.email },
	);
	expect(emails(rows)).toEqual(['friend2@example.com']);
});

test('a filter without a value leaves nobody out', async () => {
	const filters = { joinedAfter: '', joinedBefore: '', minimumReferrals: '', referredBy: ' ' };
	expect((await list(filters)).rows).toHaveLength(150);
});

test('a share link is accepted in Referred By', async () => {
	const link = 'https://referralrocket.io/campaign?id=JCu82f30F1&referralCode=C000001';
	const { rows } = await list({ referredBy: link });
	expect(emails(rows)).toEqual(
		emails(everyone().filter(({ referredByCode }) => referredByCode === 'C000001')),
	);
});

test("a time without a time zone is in the workflow's", async () => {
	// The default of n8n is New York, five hours behind.
	const { rows } = await list({ joinedAfter: '2025-12-31T20:40:00' });
	expect(rows).toEqual((await list({ joinedAfter: time })).rows);
});

describe('sorted by Created On, descending', () => {
	test('Joined After ends the reading', async () => {
		const { rows } = await list({ joinedAfter: '2026-01-01T02:20:00Z' }, newestFirst);
		expect(rows).toHaveLength(10);
		expect(listed().length).toBeLessThanOrEqual(2);
	});

	test('everyone is read if the service ignores the order', async () => {
		service.mockServer.behaviour.newestAt = 'back';
		service.mockServer.intercept = ({ query }) => {
			delete query.sort;
			return false;
		};
		const { rows } = await list({ joinedAfter: '2026-01-01T02:20:00Z' }, newestFirst);
		expect(rows).toHaveLength(10);
	});
});

test.each([
	['joinedAfter', time, 'createdOn', 'Joined After'],
	['joinedBefore', time, 'createdOn', 'Joined Before'],
	['minimumReferrals', 1, 'totalReferrals', 'Minimum Referrals'],
	['qualified', 'no', 'rewardEventCompleted', 'Qualified'],
])('%s: a participant without the field stops the list', async (name, value, field, label) => {
	Object.assign(everyone()[70], { [field]: null });
	const { error, rows } = await list({ [name]: value });
	expect(rows).toEqual([]);
	expect(error?.message).toContain(everyone()[70].email);
	expect(error?.message).toContain(`'${label}'`);
	expect(error?.description).toContain('If node');
});

test.each(['', ' ', 'many', '1,050', true])(
	'Minimum Referrals: %j is an unknown number, so nobody is left out because of it',
	async (unknown) => {
		Object.assign(everyone()[70], { totalReferrals: unknown });
		const { error, rows } = await list({ minimumReferrals: 1 });
		expect(rows).toEqual([]);
		expect(error?.message).toContain(everyone()[70].email);
	},
);

test('Minimum Referrals: formatted numbers are read', async () => {
	const [many, few] = everyone();
	Object.assign(many, { totalReferrals: '1,050.00' });
	Object.assign(few, { totalReferrals: '999' });
	const { rows } = await list({ minimumReferrals: 1000 });
	expect(emails(rows)).toEqual([many.email]);
});

test('someone without a referrer was not referred by the code', async () => {
	for (const one of everyone()) {
		if (one.referredByCode === null) delete (one as Partial<Participant>).referredByCode;
	}
	const { error, rows } = await list({ referredBy: 'C000001' });
	expect(error).toBeUndefined();
	expect(rows.length).toBeGreaterThan(0);
});

test.each([
	[{ joinedAfter: 'yesterday-ish' }, '\'Joined After\' "yesterday-ish" is not a time.'],
	[{ minimumReferrals: 0 }, "'Minimum Referrals' \"0\" can't be used."],
	[{ referredBy: 'https://example.com/' }, 'contains no referral code.'],
	[{ qualified: '={{ true }}' }, "'Qualified' \"true\" can't be used."],
	[{ qualified: '={{ "Yes" }}' }, "'Qualified' \"Yes\" can't be used."],
])('%j is rejected before anything is requested', async (filters, message) => {
	expect(await runErrorMessage(list(filters as INodeParameters))).toContain(message);
	expect(service.mockServer.requests).toEqual([]);
});
