import type { IDataObject, INodeParameters } from 'n8n-workflow';
import type { RowType } from '../../nodes/ReferralRocket/api/specification.ts';
import type { Behaviour, MockServer } from '../../tools/mock-server/service.mts';
import {
	countInFlight,
	toItems,
	pairedItems,
	receivedRequests,
	type Service,
} from './mockServer.mts';
import { endpointOf } from './operations.mts';

/*
 * Shared tests for the operations that return a list, for every shape of list. Each operation's test calls
 * this with its own parameters.
 */

interface ListOperation {
	/** Valid parameters, without those for paging and output. */
	parameters: INodeParameters;
	/** The query without paging parameters. */
	query: Record<string, string>;
	/** The whole list, by `createdOn`, newest first; 141 to 160 rows, which is eight pages of 20. */
	expectedRows: (mockServer: MockServer) => object[];
	/** Adds a row at the front of the list, with this value in the first field that identifies it. */
	addRow: (mockServer: MockServer, identity: string) => void;
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

export function testLists(
	service: Service,
	{ parameters, query, expectedRows, addRow }: ListOperation,
) {
	const { path, rowType } = endpointOf(parameters);
	const { identityFields, plural, simplified } = rowType as RowType;
	const [identity] = identityFields;
	const all: INodeParameters = { ...parameters, returnAll: true };
	const list = () => expectedRows(service.mockServer) as IDataObject[];
	const identities = (rows: IDataObject[]) => rows.map((row) => row[identity]);
	/** A row with nothing but the fields that identify it. */
	const rowWith = (value: string | null): IDataObject =>
		Object.fromEntries(identityFields.map((name) => [name, value]));
	/** The requests for the list. Reading the whole list also requests the campaign, for its total. */
	const requests = () => service.mockServer.requests.filter((request) => request.path === path);
	const requestedPages = () => requests().map(({ query: { page, size } }) => [page, size]);
	/** Responds to these pages, and leaves the rest to the service. */
	const respondToPages = (answers: Record<string, unknown>, status = 200) => {
		service.mockServer.intercept = (request, reply) => {
			// The campaign reports no total.
			if (request.path !== path) return reply.code(404).send();
			if (!(request.query.page in answers)) return false;
			const body = answers[request.query.page];
			void reply.code(status).header('retry-after', '0').type('application/json');
			void reply.send(typeof body === 'string' ? body : JSON.stringify(body));
			return true;
		};
	};

	test('lists rows with one request', async () => {
		const { rows } = await service.run({ ...parameters, limit: 20, output: 'raw' });
		expect(rows).toEqual(list().slice(0, 20));
		expect(receivedRequests(service.mockServer)).toEqual([
			{ method: 'GET', path, query: { ...query, page: '0', size: '20' } },
		]);
	});

	test('lists the rows for every input item', async () => {
		const { items, rows } = await service.run(
			{ ...parameters, limit: '={{ $json.limit }}' },
			{ items: toItems({ limit: 2 }, { limit: 1 }, { limit: 3 }) },
		);
		expect(pairedItems(items)).toEqual([0, 0, 1, 2, 2, 2].map((item) => ({ item })));
		const some = identities(list().slice(0, 3));
		expect(identities(rows)).toEqual([...some.slice(0, 2), ...some.slice(0, 1), ...some]);
	});

	test('returns a few fields per row by default (simplified)', async () => {
		// The schema of the operation names them, and test/schemas.test.mts compares it with a run.
		const expected = list()
			.slice(0, 3)
			.map((row) => Object.fromEntries(simplified.map((name) => [name, row[name]])));
		expect((await service.run({ ...parameters, limit: 3 })).rows).toEqual(expected);
		expect((await service.run({ ...parameters, limit: 3, output: 'simplified' })).rows).toEqual(
			expected,
		);
	});

	test('returns every field, known or unknown, if not simplified', async () => {
		const odd = [
			{ ...rowWith('A'), new: { deep: [1, null, { a: 'ß' }] } },
			{ ...rowWith('B'), 'odd name': '', totalReferrals: 'many' },
			{ ...rowWith(null), id: 1 },
		];
		respondToPages({ 0: odd, 1: [] });
		const { rows } = await service.run({ ...all, output: 'raw' });
		expect(rows).toEqual(odd);
	});

	test.each(identityFields)('distinguishes rows by %s if they have nothing else', async (name) => {
		const two = [{ [name]: 'A' }, { [name]: 'B' }];
		// A row is still the same after its other fields have changed.
		const later = two.map((row) => ({ ...row, totalReferrals: 1 }));
		respondToPages({ 0: two, 1: later, 2: [] });
		const { error, rows } = await service.run({ ...all, output: 'raw' });
		expect(error).toBeUndefined();
		expect(rows).toEqual(two);
	});

	test('distinguishes rows by all their fields if nothing identifies them', async () => {
		const two = [{ id: 1 }, { id: 2 }];
		respondToPages({ 0: two, 1: two, 2: [] });
		const { error, rows } = await service.run({ ...all, output: 'raw' });
		expect(error).toBeUndefined();
		expect(rows).toEqual(two);
	});

	test('reads on if there is another page after as many rows as the total', async () => {
		// A service that counts pages from 1 and changes the order: it returns its first page twice, with other rows.
		const page = (first: number, number: number) => ({
			content: list().slice(first, first + 2),
			page: { number, totalElements: 4, totalPages: 2 },
		});
		respondToPages({ 0: page(0, 0), 1: page(2, 0), 2: page(1, 1) });
		const { error, rows } = await service.run({ ...all, options: { pageSize: 2 } });
		expect(error).toBeUndefined();
		expect(identities(rows)).toEqual(identities(list().slice(0, 4)));
		expect(requestedPages().map(([number]) => number)).toEqual(['0', '1', '2']);
	});

	test.each(behaviours)(
		'returns every row exactly once: $listShape, at most $pageSizeCap per page from page $firstPage, then $emptyPage',
		async (behaviour) => {
			service.mockServer.behave(behaviour);
			const { error, rows } = await service.run(all);
			expect(error).toBeUndefined();
			expect(Math.ceil(list().length / 20)).toBe(8);
			expect(identities(rows)).toEqual(identities(list()));
			// If no total is reported, the first page is read again.
			const pages = requestedPages().map(([page]) => page);
			const again = behaviour.listShape === 'page' ? 0 : 1;
			expect(pages.length - new Set(pages).size).toBeLessThanOrEqual(again);
		},
	);

	test.each(shapes)(
		'requests smaller pages if the service rejects the size (%s)',
		async (listShape) => {
			service.mockServer.behave({ listShape, pageSizeLimit: 50 });
			const { error, rows } = await service.run(all);
			expect(error).toBeUndefined();
			expect(identities(rows)).toEqual(identities(list()));
			const sizes = requestedPages().map(([, size]) => size);
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
	] as const)('reads eight pages (%s, %j) up to %i at a time', async (...row) => {
		const [listShape, order, most] = row;
		const inFlight = countInFlight(service.mockServer, 40, path);
		service.mockServer.behaviour.listShape = listShape;
		const { rows } = await service.run({ ...all, ...order, options: { pageSize: 20 } });
		expect(identities(rows)).toEqual(identities(list()));
		expect(inFlight.max).toBeLessThanOrEqual(most);
		// roundTrips.test.mts counts sequential requests; here the result depends on the load of the machine.
		expect(inFlight.max > 1).toBe(most > 1);
	});

	test('requests few pages past the end if the end is not known', async () => {
		service.mockServer.behaviour.listShape = 'array';
		const { rows } = await service.run({ ...all, options: { pageSize: 80 } });
		expect(identities(rows)).toEqual(identities(list()));
		expect(requests().length).toBeLessThanOrEqual(5);
	});

	describe('the limit', () => {
		test('is 50 by default', async () => {
			const { rows } = await service.run(parameters);
			expect(identities(rows)).toEqual(identities(list().slice(0, 50)));
			expect(requestedPages()).toEqual([['0', '50']]);
		});

		test.each(shapes)('is applied without requesting extra pages (%s)', async (listShape) => {
			service.mockServer.behaviour.listShape = listShape;
			const { rows } = await service.run({ ...parameters, limit: 7 });
			expect(identities(rows)).toEqual(identities(list().slice(0, 7)));
			expect(requestedPages()).toEqual([['0', '7']]);
		});

		test.each([
			[100, ['0', '1']],
			[101, ['0', '1', '2']],
			[120, ['0', '1', '2']],
		])('of %i requests only the necessary pages', async (limit, pages) => {
			const { rows } = await service.run({ ...parameters, limit, options: { pageSize: 50 } });
			expect(identities(rows)).toEqual(identities(list().slice(0, limit)));
			expect(requestedPages().sort()).toEqual(pages.map((page) => [page, '50']));
		});

		test('is applied if the service returns smaller pages than requested', async () => {
			service.mockServer.behaviour.pageSizeCap = 20;
			const { rows } = await service.run({ ...parameters, limit: 50 });
			expect(identities(rows)).toEqual(identities(list().slice(0, 50)));
			expect(requestedPages().sort()).toEqual([
				['0', '50'],
				['1', '50'],
				['2', '50'],
			]);
		});

		test('is applied if the service returns more than requested', async () => {
			respondToPages({ 0: list() });
			const { rows } = await service.run({ ...parameters, limit: 3 });
			expect(identities(rows)).toEqual(identities(list().slice(0, 3)));
			expect(requests()).toHaveLength(1);
		});

		test.each(shapes)('may be larger than the list (%s)', async (listShape) => {
			service.mockServer.behaviour.listShape = listShape;
			const { error, rows } = await service.run({ ...parameters, limit: 100_000 });
			expect(error).toBeUndefined();
			expect(identities(rows)).toEqual(identities(list()));
		});

		test('is ignored if Return All is on', async () => {
			const { rows } = await service.run({ ...all, limit: 0 });
			expect(rows).toHaveLength(list().length);
		});

		test.each([0, -1, 1.5, 'many', '', '={{ 0 }}', '={{ "2.5" }}', '={{ $json.nope }}'])(
			'of %j is rejected and nothing is sent',
			async (limit) => {
				const { error, items } = await service.run({ ...parameters, limit });
				expect(items).toEqual([]);
				expect(error?.message).toMatch(/^'Limit' /);
				expect(error?.description).toMatch(/whole number of 1 or more, or turn on 'Return All'/);
				expect(service.mockServer.requests).toEqual([]);
			},
		);
	});

	describe('the page size', () => {
		test.each([
			['the value entered', { pageSize: 60 }, '60'],
			['the maximum', { pageSize: 2000 }, '2000'],
			['a number as a string', { pageSize: '={{ "80" }}' }, '80'],
			['500 by default', {}, '500'],
			['500 if it is blank', { pageSize: '={{ $json.nope }}' }, '500'],
		])('is %s', async (_, options, size) => {
			const { rows } = await service.run({ ...all, options });
			expect(rows).toHaveLength(list().length);
			expect(new Set(requestedPages().map(([, sent]) => sent))).toEqual(new Set([size]));
		});

		test('does not read a Page past its end', async () => {
			const { rows } = await service.run({ ...all, options: { pageSize: 50 } });
			expect(rows).toHaveLength(list().length);
			expect(requestedPages()).toHaveLength(Math.ceil(list().length / 50));
		});

		test.each([0, -5, 2001, 10.5, 'all', '={{ 0 }}'])(
			'of %j is rejected and nothing is sent',
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
		test('is sent to the service', async () => {
			const { rows } = await service.run({ ...all, ...sortedBy('createdOn', 'asc') });
			expect(new Set(requests().map(({ query: { sort } }) => sort))).toEqual(
				new Set(['createdOn,asc']),
			);
			expect(identities(rows)).toEqual(identities(list()).reverse());
		});

		test('by another field is sent to the service', async () => {
			const order = sortedBy('other', 'asc', ' revenueGenerated ');
			await service.run({ ...parameters, ...order });
			expect(requests()[0].query.sort).toBe('revenueGenerated,asc');
		});

		test('by another field without a name is rejected', async () => {
			const order = sortedBy('other', 'asc', ' ');
			const { error } = await service.run({ ...parameters, ...order });
			expect(error?.message).toMatch(/^'Field Name' of 'Sort' is empty/);
			expect(requests()).toEqual([]);
		});

		test('is not sent if it is empty', async () => {
			await service.run({ ...parameters, limit: 5, sort: {} });
			expect(receivedRequests(service.mockServer)).toEqual([
				{ method: 'GET', path, query: { ...query, page: '0', size: '5' } },
			]);
		});
	});

	describe('an empty list', () => {
		test.each([
			['an empty Page', { content: [], totalElements: 0, last: true }],
			['an empty Slice', { content: [], last: true }],
			['an object with empty content', { content: [] }],
			['an empty array', []],
			['null', null],
			['an empty body', ''],
		])('returns no items for %s', async (_, answer) => {
			respondToPages({ 0: answer });
			const { error, items } = await service.run(all);
			expect(error).toBeUndefined();
			expect(items).toEqual([]);
			expect(requests()).toHaveLength(1);
		});
	});

	describe('fails instead of returning a partial list', () => {
		const expectFailure = async (listParameters: INodeParameters, expectedMessage: RegExp) => {
			const { error, items } = await service.run(listParameters);
			expect(items).toEqual([]);
			expect(error?.message).toMatch(expectedMessage);
			expect(error?.message).toContain('"JCu82f30F1"');
			expect(error?.message).not.toMatch(/\b(error|problem|failure|mistake)/i);
			return error?.description;
		};
		const onlyPart = /only part/;

		test.each(shapes)('if the service ignores the page (%s)', async (listShape) => {
			service.mockServer.behave({ listShape, ignoresPage: true });
			const description = await expectFailure({ ...all, options: { pageSize: 20 } }, onlyPart);
			expect(description).toContain(`the same 20 ${plural}`);
			expect(requests().length).toBeLessThanOrEqual(12);
		});

		test('if the service ignores the page and a limit needs more', async () => {
			service.mockServer.behave({ listShape: 'array', ignoresPage: true });
			await expectFailure({ ...parameters, limit: 100, options: { pageSize: 20 } }, onlyPart);
			expect(requests().length).toBeLessThanOrEqual(6);
		});

		test.each([
			['an empty Page', { content: [], totalElements: 250, last: true }],
			['null', null],
			['an empty body', ''],
		])('if a Page reports more rows than arrive before %s', async (_, end) => {
			respondToPages({
				...Array(50).fill(end),
				0: { content: list().slice(0, 20), totalElements: 250, last: false },
			});
			const description = await expectFailure({ ...all, options: { pageSize: 20 } }, onlyPart);
			expect(description).toContain(`20 of 250 ${plural}`);
		});

		test('if a Page reports more rows but is marked as the last', async () => {
			respondToPages({ 0: { content: list().slice(0, 20), totalElements: 250, last: true } });
			await expectFailure({ ...all, options: { pageSize: 20 } }, onlyPart);
		});

		test('if pages overlap, so that some rows are missing', async () => {
			const content = (from: number, last: boolean) => ({
				content: list().slice(from, from + 20),
				totalElements: 60,
				last,
			});
			respondToPages({ 0: content(0, false), 1: content(10, false), 2: content(40, true) });
			await expectFailure({ ...all, options: { pageSize: 20 } }, onlyPart);
		});

		test('if a later page is not found although there is more', async () => {
			respondToPages({ 1: { message: 'No' } }, 404);
			await expectFailure({ ...all, options: { pageSize: 20 } }, onlyPart);
		});

		test.each(['slice', 'array'] as const)(
			'if a page between others is empty (%s)',
			async (listShape) => {
				service.mockServer.behaviour.listShape = listShape;
				respondToPages({ 4: [] });
				await expectFailure({ ...all, options: { pageSize: 20 } }, onlyPart);
			},
		);

		test.each([
			['status 503', 503, { message: 'Later' }, /could not complete/],
			['a web page', 200, '<html></html>', /web page/],
			['a web page with status 404', 404, '<html></html>', /web page/],
			['truncated JSON', 200, '[{"email": "jo', /could not be read/],
			['another object', 200, { [plural]: [] }, /could not be read/],
		])('if a later page is %s', async (_, status, body, expectedMessage) => {
			respondToPages({ 1: body }, status);
			const { error, items } = await service.run({ ...all, options: { pageSize: 20 } });
			expect(items).toEqual([]);
			expect(error?.message).toMatch(expectedMessage);
			expect(error?.message).toContain(`20 ${plural} had been read before.`);
		});
	});

	test.each([
		[200, ''],
		[204, ''],
		[404, '{}'],
	])(
		'a page between others that is empty once, with status %i, is read again',
		async (status, body) => {
			service.mockServer.behaviour.listShape = 'array';
			let faults = 0;
			service.mockServer.intercept = (request, reply) => {
				// Without a total, nothing else shows that rows are missing.
				if (request.path.endsWith('getCampaign')) return reply.code(404).send();
				return request.query.page === '4' && faults++ === 0 && reply.code(status).send(body);
			};
			const { error, rows } = await service.run({ ...all, options: { pageSize: 20 } });
			expect(error).toBeUndefined();
			expect(identities(rows)).toEqual(identities(list()));
		},
	);

	describe.each(shapes)('if rows are added while it is being read (%s)', (listShape) => {
		const allInPagesOf20: INodeParameters = { ...all, options: { pageSize: 20 } };
		let added = 0;
		const addRows = (count: number) => {
			for (let number = 0; number < count; number++) {
				addRow(service.mockServer, `new${added++}@example.com`);
			}
		};
		const expectAllInitial = async (listParameters: INodeParameters) => {
			const before = identities(list());
			const { error, rows } = await service.run(listParameters);
			expect(error).toBeUndefined();
			expect(list().length).toBeGreaterThan(before.length);
			const found = identities(rows);
			expect(new Set(found).size).toBe(found.length);
			expect(found).toEqual(expect.arrayContaining(before));
		};
		beforeEach(() => {
			service.mockServer.behaviour.listShape = listShape;
		});

		test('a few after every page: every initial row is returned exactly once', async () => {
			service.mockServer.afterResponse = () => addRows(3);
			await expectAllInitial(allInPagesOf20);
		});

		test.each([
			[20, 3],
			[20, 5],
			[70, 6],
		])('%i at once before request %i: no initial row is lost', async (count, moment) => {
			service.mockServer.intercept = (_request, _reply, number) => {
				if (number === moment) addRows(count);
				return false;
			};
			const before = identities(list());
			const { error, rows } = await service.run(allInPagesOf20);
			expect(error).toBeUndefined();
			expect(list()).toHaveLength(before.length + count);
			expect(new Set(identities(rows)).size).toBe(rows.length);
			expect(identities(rows)).toEqual(expect.arrayContaining(before));
		});

		/** Delays the responses for some pages until after an event; other pages arrive first. */
		const respondLate = (late: string[], event: () => void) => {
			let hasHappened = false;
			service.mockServer.intercept = async ({ query: { page } }) => {
				if (!late.includes(page)) return false;
				await new Promise((done) => setTimeout(done, 40));
				if (!hasHappened) event();
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
		])('%i before delayed responses for pages %j: no row is lost', async (count, late) => {
			respondLate(late, () => addRows(count));
			await expectAllInitial(allInPagesOf20);
		});

		test('one in the middle before a delayed response: no row is lost', async () => {
			const sorted = identities(list()).map(String).sort();
			respondLate(['4'], () => addRow(service.mockServer, `${sorted[90]}!`));
			await expectAllInitial({ ...all, ...sortedBy(identity, 'asc'), options: { pageSize: 20 } });
		});
	});
}
