import type { INodeParameters } from 'n8n-workflow';
import type { Campaign, Participant } from '../../tools/mock-server/campaign.mts';
import type { Behaviour } from '../../tools/mock-server/service.mts';
import { countInFlight, itemsOf, pairs, received, type Service } from './mockServer.mts';

/*
 * What the two operations that answer with participants must make of a list, however the service
 * gives it. Each operation's test calls this with its own parameters.
 */

interface ListOperation {
	/** Parameters that work, without those about paging and simplifying. */
	parameters: INodeParameters;
	path: string;
	/** The query without paging. */
	query: Record<string, string>;
	/** The whole list; 141 to 160 participants, which is eight pages of 20. */
	wanted: (campaign: Campaign) => Participant[];
	/** Adds someone to the front of the list. */
	signUp: (campaign: Campaign, email: string) => void;
}

const behaviours: Array<Partial<Behaviour>> = (['page', 'slice', 'array'] as const).flatMap(
	(listShape) =>
		[2000, 100, 7].flatMap((pageSizeCap) =>
			([0, 1] as const).flatMap((firstPage) =>
				(['list', 'null', 'nothing'] as const).map((emptyPage) => ({
					listShape,
					pageSizeCap,
					firstPage,
					emptyPage,
				})),
			),
		),
);
const shapes = ['page', 'slice', 'array'] as const;

const sortedBy = (field: string, direction: string, fieldName?: string) => ({
	sort: { sorting: { field, direction, ...(fieldName && { fieldName }) } },
});

export function readsLists(
	service: Service,
	{ parameters, path, query, wanted, signUp }: ListOperation,
) {
	const all: INodeParameters = { ...parameters, returnAll: true };
	const list = () => wanted(service.mockServer.campaign);
	const emails = (rows: Array<{ email?: unknown }>) => rows.map(({ email }) => email);
	/** The requests for the list; the campaign's total is asked for as well where everyone is wanted. */
	const requests = () => service.mockServer.requests.filter((request) => request.path === path);
	const asked = () => requests().map(({ query: { page, size } }) => [page, size]);
	/** Answers the given pages itself and leaves the rest to the service. */
	const answering = (answers: Record<string, unknown>, status = 200) => {
		service.mockServer.intercept = (request, reply) => {
			// The campaign tells no total.
			if (request.path !== path) return reply.code(404).send();
			if (!(request.query.page in answers)) return false;
			const body = answers[request.query.page];
			void reply.code(status).header('retry-after', '0').type('application/json');
			void reply.send(typeof body === 'string' ? body : JSON.stringify(body));
			return true;
		};
	};

	test('lists participants with one request', async () => {
		const { rows } = await service.run({ ...parameters, limit: 20, output: 'raw' });
		expect(rows).toEqual(list().slice(0, 20));
		expect(received(service.mockServer)).toEqual([
			{ method: 'GET', path, query: { ...query, page: '0', size: '20' } },
		]);
	});

	test('lists the participants for every input item', async () => {
		const { items, rows } = await service.run(
			{ ...parameters, limit: '={{ $json.limit }}' },
			{ items: itemsOf({ limit: 2 }, { limit: 1 }, { limit: 3 }) },
		);
		expect(pairs(items)).toEqual([0, 0, 1, 2, 2, 2].map((item) => ({ item })));
		const some = emails(list().slice(0, 3));
		expect(emails(rows)).toEqual([...some.slice(0, 2), ...some.slice(0, 1), ...some]);
	});

	test('gives ten fields of each when simplified, which it is unless told otherwise', async () => {
		const names = [
			'email',
			'firstName',
			'lastName',
			'referralCode',
			'referredByCode',
			'shareLink',
			'totalReferrals',
			'referralRewardBalance',
			'rewardEventCompleted',
			'createdOn',
		] as const;
		const simplified = list()
			.slice(0, 3)
			.map((row) => Object.fromEntries(names.map((name) => [name, row[name]])));
		expect((await service.run({ ...parameters, limit: 3 })).rows).toEqual(simplified);
		expect((await service.run({ ...parameters, limit: 3, output: 'simplified' })).rows).toEqual(
			simplified,
		);
	});

	test('passes every field through, known or not, when not simplified', async () => {
		const odd = [
			{ email: 'a@example.com', referralCode: 'A', new: { deep: [1, null, { a: 'ß' }] } },
			{ email: 'b@example.com', referralCode: 'B', 'odd name': '', totalReferrals: 'many' },
			{ email: null, referralCode: null, participantId: 1 },
		];
		answering({ 0: odd, 1: [] });
		const { rows } = await service.run({ ...all, output: 'raw' });
		expect(rows).toEqual(odd);
	});

	test.each([
		['by their codes', [{ referralCode: 'A' }, { referralCode: 'B' }]],
		['by their emails', [{ email: 'a@example.com' }, { email: 'b@example.com' }]],
		['by all that they have', [{ participantId: 1 }, { participantId: 2 }]],
	])('tells participants apart %s, where nothing else is sent', async (by, two) => {
		// Who has an email or a code stays the same when a friend qualifies meanwhile.
		const later = by.includes('all') ? two : two.map((one) => ({ ...one, totalReferrals: 1 }));
		answering({ 0: two, 1: later, 2: [] });
		const { error, rows } = await service.run({ ...all, output: 'raw' });
		expect(error).toBeUndefined();
		expect(rows).toEqual(two);
	});

	test.each(behaviours)(
		'gives everyone once: $listShape, at most $pageSizeCap a page from page $firstPage, then $emptyPage',
		async (behaviour) => {
			Object.assign(service.mockServer.behaviour, behaviour);
			const { error, rows } = await service.run(all);
			expect(error).toBeUndefined();
			expect(Math.ceil(list().length / 20)).toBe(8);
			expect(emails(rows)).toEqual(emails(list()));
			// Where no total is told, the front is looked at once more.
			const pages = asked().map(([page]) => page);
			const again = behaviour.listShape === 'page' ? 0 : 1;
			expect(pages.length - new Set(pages).size).toBeLessThanOrEqual(again);
		},
	);

	test.each(shapes)(
		'asks for smaller pages if the service rejects the size, as %s',
		async (listShape) => {
			Object.assign(service.mockServer.behaviour, { listShape, pageSizeLimit: 50 });
			const { error, rows } = await service.run(all);
			expect(error).toBeUndefined();
			expect(emails(rows)).toEqual(emails(list()));
			const sizes = asked().map(([, size]) => size);
			expect(sizes.slice(0, 3)).toEqual(['500', '100', '20']);
			expect(new Set(sizes.slice(3))).toEqual(new Set(['20']));
		},
	);

	const sorted = sortedBy('createdOn', 'desc');
	test.each([
		['page', {}, 7],
		['page', sorted, 7],
		['slice', {}, 8],
		['slice', sorted, 1],
		['array', {}, 8],
		['array', sorted, 1],
	] as const)('a list of eight pages (%s, %j) is read up to %i at once', async (...row) => {
		const [listShape, order, most] = row;
		const inFlight = countInFlight(service.mockServer, 40, path);
		service.mockServer.behaviour.listShape = listShape;
		const { rows } = await service.run({ ...all, ...order, options: { pageSize: 20 } });
		expect(emails(rows)).toEqual(emails(list()));
		expect(inFlight.most).toBeLessThanOrEqual(most);
		// How few must wait for one another is counted in roundTrips.test.mts; here a busy machine decides.
		expect(inFlight.most > 1).toBe(most > 1);
	});

	test('few pages beyond the end are requested where the end is not known', async () => {
		service.mockServer.behaviour.listShape = 'array';
		const { rows } = await service.run({ ...all, options: { pageSize: 80 } });
		expect(emails(rows)).toEqual(emails(list()));
		expect(requests().length).toBeLessThanOrEqual(5);
	});

	describe('the limit', () => {
		test('is 50 unless given', async () => {
			const { rows } = await service.run(parameters);
			expect(emails(rows)).toEqual(emails(list().slice(0, 50)));
			expect(asked()).toEqual([['0', '50']]);
		});

		test.each(shapes)('is kept to, without a page too many (%s)', async (listShape) => {
			service.mockServer.behaviour.listShape = listShape;
			const { rows } = await service.run({ ...parameters, limit: 7 });
			expect(emails(rows)).toEqual(emails(list().slice(0, 7)));
			expect(asked()).toEqual([['0', '7']]);
		});

		test.each([
			[100, ['0', '1']],
			[101, ['0', '1', '2']],
			[120, ['0', '1', '2']],
		])('of %i takes just the pages that it needs', async (limit, pages) => {
			const { rows } = await service.run({ ...parameters, limit, options: { pageSize: 50 } });
			expect(emails(rows)).toEqual(emails(list().slice(0, limit)));
			expect(asked().sort()).toEqual(pages.map((page) => [page, '50']));
		});

		test('is kept to when the service gives smaller pages than asked for', async () => {
			service.mockServer.behaviour.pageSizeCap = 20;
			const { rows } = await service.run({ ...parameters, limit: 50 });
			expect(emails(rows)).toEqual(emails(list().slice(0, 50)));
			expect(asked().sort()).toEqual([
				['0', '50'],
				['1', '50'],
				['2', '50'],
			]);
		});

		test('is kept to when the service gives more than asked for', async () => {
			answering({ 0: list() });
			const { rows } = await service.run({ ...parameters, limit: 3 });
			expect(emails(rows)).toEqual(emails(list().slice(0, 3)));
			expect(requests()).toHaveLength(1);
		});

		test.each(shapes)('may be larger than the list (%s)', async (listShape) => {
			service.mockServer.behaviour.listShape = listShape;
			const { error, rows } = await service.run({ ...parameters, limit: 100_000 });
			expect(error).toBeUndefined();
			expect(emails(rows)).toEqual(emails(list()));
		});

		test('does not count when everyone is wanted', async () => {
			const { rows } = await service.run({ ...all, limit: 0 });
			expect(rows).toHaveLength(list().length);
		});

		test.each([0, -1, 1.5, 'many', '', '={{ 0 }}', '={{ "2.5" }}', '={{ $json.nope }}'])(
			'of %j is refused and nothing sent',
			async (limit) => {
				const { error, items } = await service.run({ ...parameters, limit });
				expect(items).toEqual([]);
				expect(error?.message).toMatch(/^'Limit' /);
				expect(error?.description).toMatch(/whole number of 1 or more/);
				expect(service.mockServer.requests).toEqual([]);
			},
		);
	});

	describe('the page size', () => {
		test.each([
			['the one given', { pageSize: 60 }, '60'],
			['the largest', { pageSize: 2000 }, '2000'],
			['one as text', { pageSize: '={{ "80" }}' }, '80'],
			['500 when none is given', {}, '500'],
			['500 when it is blank', { pageSize: '={{ $json.nope }}' }, '500'],
		])('is %s', async (_, options, size) => {
			const { rows } = await service.run({ ...all, options });
			expect(rows).toHaveLength(list().length);
			expect(new Set(asked().map(([, sent]) => sent))).toEqual(new Set([size]));
		});

		test('reads a Page no further than its end', async () => {
			const { rows } = await service.run({ ...all, options: { pageSize: 50 } });
			expect(rows).toHaveLength(list().length);
			expect(asked()).toHaveLength(Math.ceil(list().length / 50));
		});

		test.each([0, -5, 2001, 10.5, 'all', '={{ 0 }}'])(
			'of %j is refused and nothing sent',
			async (pageSize) => {
				const { error, items } = await service.run({ ...all, options: { pageSize } });
				expect(items).toEqual([]);
				expect(error?.message).toMatch(/^'Page Size' /);
				expect(error?.description).toMatch(/from 1 to 2000/);
				expect(service.mockServer.requests).toEqual([]);
			},
		);
	});

	describe('the order', () => {
		test('is passed to the service', async () => {
			const { rows } = await service.run({ ...all, ...sortedBy('createdOn', 'asc') });
			expect(new Set(requests().map(({ query: { sort } }) => sort))).toEqual(
				new Set(['createdOn,asc']),
			);
			expect(emails(rows)).toEqual(emails(list()).reverse());
		});

		test('of another field is passed to the service', async () => {
			const order = sortedBy('other', 'asc', ' revenueGenerated ');
			await service.run({ ...parameters, ...order });
			expect(requests()[0].query.sort).toBe('revenueGenerated,asc');
		});

		test('of another field without a name is refused', async () => {
			const order = sortedBy('other', 'asc', ' ');
			const { error } = await service.run({ ...parameters, ...order });
			expect(error?.message).toMatch(/^'Field Name' of 'Sort' is empty/);
			expect(requests()).toEqual([]);
		});

		test('is not sent when it is empty', async () => {
			await service.run({ ...parameters, limit: 5, sort: {} });
			expect(received(service.mockServer)).toEqual([
				{ method: 'GET', path, query: { ...query, page: '0', size: '5' } },
			]);
		});
	});

	describe('an empty list', () => {
		test.each([
			['an empty Page', { content: [], totalElements: 0, last: true }],
			['an empty Slice', { content: [], last: true }],
			['an object without anyone in it', { content: [] }],
			['an empty array', []],
			['null', null],
			['nothing', ''],
		])('gives no items when it comes as %s', async (_, answer) => {
			answering({ 0: answer });
			const { error, items } = await service.run(all);
			expect(error).toBeUndefined();
			expect(items).toEqual([]);
			expect(requests()).toHaveLength(1);
		});
	});

	describe('is refused as a whole', () => {
		const expectRefused = async (given: INodeParameters, says: RegExp) => {
			const { error, items } = await service.run(given);
			expect(items).toEqual([]);
			expect(error?.message).toMatch(says);
			expect(error?.message).toContain('"JCu82f30F1"');
			expect(error?.message).not.toMatch(/\b(error|problem|failure|mistake)/i);
			return error?.description;
		};
		const onlyPart = /only part/;

		test.each(shapes)('when the service ignores the page (%s)', async (listShape) => {
			Object.assign(service.mockServer.behaviour, { listShape, ignoresPage: true });
			const description = await expectRefused({ ...all, options: { pageSize: 20 } }, onlyPart);
			expect(description).toContain('the same 20 participants');
			expect(requests().length).toBeLessThanOrEqual(12);
		});

		test('when the service ignores the page and a limit needs more', async () => {
			Object.assign(service.mockServer.behaviour, { listShape: 'array', ignoresPage: true });
			await expectRefused({ ...parameters, limit: 100, options: { pageSize: 20 } }, onlyPart);
			expect(requests().length).toBeLessThanOrEqual(6);
		});

		test.each([
			['an empty Page', { content: [], totalElements: 250, last: true }],
			['null', null],
			['nothing', ''],
		])('when a Page tells of more than comes before %s', async (_, end) => {
			answering({ 0: { content: list().slice(0, 20), totalElements: 250, last: false }, 1: end });
			const description = await expectRefused({ ...all, options: { pageSize: 20 } }, onlyPart);
			expect(description).toContain('20 of 250 participants');
		});

		test('when a Page tells of more and says that it is the last', async () => {
			answering({ 0: { content: list().slice(0, 20), totalElements: 250, last: true } });
			await expectRefused({ ...all, options: { pageSize: 20 } }, onlyPart);
		});

		test('when pages overlap, so that some participants never come', async () => {
			const content = (from: number, last: boolean) => ({
				content: list().slice(from, from + 20),
				totalElements: 60,
				last,
			});
			answering({ 0: content(0, false), 1: content(10, false), 2: content(40, true) });
			await expectRefused({ ...all, options: { pageSize: 20 } }, onlyPart);
		});

		test('when a later page is not found though there is more', async () => {
			answering({ 1: { message: 'No' } }, 404);
			await expectRefused({ ...all, options: { pageSize: 20 } }, onlyPart);
		});

		test.each([
			['status 503', 503, { message: 'Later' }, /could not complete/],
			['a web page', 200, '<html></html>', /web page/],
			['JSON that is cut off', 200, '[{"email": "jo', /could not be read/],
			['something else', 200, { participants: [] }, /could not be read/],
		])('when a later page is %s', async (_, status, body, says) => {
			answering({ 1: body }, status);
			const { error, items } = await service.run({ ...all, options: { pageSize: 20 } });
			expect(items).toEqual([]);
			expect(error?.message).toMatch(says);
			expect(error?.message).toContain('20 participants had been read before.');
		});
	});

	describe.each(shapes)('when people sign up while it is read (%s)', (listShape) => {
		const inTwenties: INodeParameters = { ...all, options: { pageSize: 20 } };
		const signUps = (count: number) => {
			for (let number = 0; number < count; number++) {
				const { campaign } = service.mockServer;
				signUp(campaign, `new${campaign.participants.length}@example.com`);
			}
		};
		const expectEveryone = async (given: INodeParameters) => {
			const before = emails(list());
			const { error, rows } = await service.run(given);
			expect(error).toBeUndefined();
			expect(list().length).toBeGreaterThan(before.length);
			const found = emails(rows);
			expect(new Set(found).size).toBe(found.length);
			expect(found).toEqual(expect.arrayContaining(before));
		};
		beforeEach(() => {
			service.mockServer.behaviour.listShape = listShape;
		});

		test('a few after every page: everyone from before comes once, nobody twice', async () => {
			service.mockServer.afterResponse = () => signUps(3);
			await expectEveryone(inTwenties);
		});

		test.each([
			[20, 3],
			[20, 5],
			[70, 6],
		])('%i at once before request %i: nobody from before is lost', async (count, moment) => {
			service.mockServer.intercept = (_request, _reply, number) => {
				if (number === moment) signUps(count);
				return false;
			};
			const before = emails(list());
			const { error, rows } = await service.run(inTwenties);
			expect(error).toBeUndefined();
			expect(list()).toHaveLength(before.length + count);
			expect(new Set(emails(rows)).size).toBe(rows.length);
			expect(emails(rows)).toEqual(expect.arrayContaining(before));
		});

		/** Answers some pages late, after something has happened; pages asked for meanwhile come first. */
		const answeringLate = (late: string[], happening: () => void) => {
			let hasHappened = false;
			service.mockServer.intercept = async ({ query: { page } }) => {
				if (!late.includes(page)) return false;
				await new Promise((done) => setTimeout(done, 40));
				if (!hasHappened) happening();
				hasHappened = true;
				return false;
			};
		};

		test.each([
			[20, ['2', '3', '4']],
			[5, ['4', '5']],
			[20, ['4', '5']],
			[5, ['5', '6']],
			[120, ['4', '5']],
		])('%i before late answers for pages %j: nobody is lost', async (count, late) => {
			answeringLate(late, () => signUps(count));
			await expectEveryone(inTwenties);
		});

		test('someone in the middle before a late answer: nobody is lost', async () => {
			const sorted = emails(list()).map(String).sort();
			answeringLate(['4'], () =>
				signUp(service.mockServer.campaign, sorted[90].replace('@', '!@')),
			);
			await expectEveryone({ ...all, ...sortedBy('email', 'asc'), options: { pageSize: 20 } });
		});
	});
}
