import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { Campaign } from '../../../tools/mock-server/campaign.mts';
import {
	startMockServer,
	defaultBehaviour,
	type ReceivedRequest,
	type MockServer,
} from '../../../tools/mock-server/service.mts';
import { runNode } from '../../support/engine.mts';
import { locator } from '../../support/mockServer.mts';

/*
 * The promise of List, tried on servers that fast-check makes up: whatever the shape of the list, the
 * cap of a page and the first page's number, and whoever signs up while it is read, everyone who was
 * there from the beginning comes out once and nobody twice.
 */

/** How many servers are tried; a mutation run, which does this for every mutant, attempts fewer. */
const count = Number(process.env.RANDOM_SERVERS ?? 500);
/** A failing test names its seed. RANDOM_SEED=<seed> npm test -- exactness repeats it. */
const seed = Number(process.env.RANDOM_SEED ?? Date.now() % 2 ** 31);

/** So many servers are tried at the same time, as most of the time goes into their delays. */
const mockServers: MockServer[] = [];
beforeAll(async () => {
	for (let number = 0; number < 5; number++) mockServers.push(await startMockServer());
});
afterAll(async () => {
	await Promise.all(mockServers.map(async (mockServer) => await mockServer.close()));
});

const servers = fc.record({
	participants: fc.integer({ min: 0, max: 60 }),
	pageSize: fc.integer({ min: 1, max: 25 }),
	pageSizeCap: fc.integer({ min: 1, max: 30 }),
	listShape: fc.constantFrom('page', 'pagedModel', 'slice', 'array'),
	emptyPage: fc.constantFrom('list', 'null', 'nothing', 'nullContent', 'notFound'),
	campaignTotal: fc.constantFrom('included', 'omitted'),
	firstPage: fc.constantFrom(0, 1),
	/** How many sign up while the first, second … request is on its way. */
	signUps: fc.array(fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat({ max: 12 })), {
		maxLength: 12,
	}),
	/** How many milliseconds the first, second … answer takes; so they come out of order. */
	delays: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 7 }),
});

type Server = typeof servers extends fc.Arbitrary<infer Made> ? Made : never;

async function list(
	mockServer: MockServer,
	server: Server,
	limit?: number,
	meanwhile?: (request: ReceivedRequest) => Promise<void>,
	leave?: (count: number) => void,
) {
	const { participants, signUps, delays, pageSize, ...behaviour } = server;
	mockServer.campaign = new Campaign('JCu82f30F1', participants);
	mockServer.requests.length = 0;
	Object.assign(mockServer.behaviour, defaultBehaviour, behaviour);
	const before = mockServer.campaign.participants.map(({ email }) => email);
	mockServer.intercept = async (request, _reply, count) => {
		await meanwhile?.(request);
		await wait(delays[count % delays.length]);
		leave?.(count);
		for (let signUp = 0; signUp < (signUps[count - 1] ?? 0); signUp++) {
			mockServer.campaign.add(`new${count}-${signUp}@example.com`);
		}
		await wait(delays[(count + 1) % delays.length]);
		return false;
	};
	const { rows, error } = await runNode({
		credential: { apiKey: mockServer.apiKey, baseUrl: mockServer.url },
		parameters: {
			resource: 'participant',
			operation: 'list',
			campaignId: locator('JCu82f30F1'),
			returnAll: limit === undefined,
			...(limit === undefined ? {} : { limit }),
			options: { pageSize },
		},
	});
	return { before, emails: rows.map(({ email }) => email), error };
}

/** As list, where nothing may keep everyone from coming out. */
async function listAll(...given: Parameters<typeof list>) {
	const { error, ...listed } = await list(...given);
	expect(error).toBeUndefined();
	return listed;
}

/** Tries a promise on so many servers. */
async function onServers(
	count: number,
	promise: (mockServer: MockServer, server: Server, limit: number) => Promise<void>,
) {
	const numRuns = Math.ceil(count / mockServers.length);
	const limits = fc.integer({ min: 1, max: 80 });
	const results = await Promise.allSettled(
		mockServers.map(async (mockServer, index) => {
			const property = fc.asyncProperty(servers, limits, async (server, limit) =>
				promise(mockServer, server, limit),
			);
			await fc.assert(property, { numRuns, seed: seed + index });
		}),
	);
	// Only now, as the next test uses the same mock servers.
	for (const result of results) if (result.status === 'rejected') throw result.reason;
}

test('everyone comes out once, whatever the server and whoever signs up meanwhile', async () => {
	await onServers(count, async (mockServer, server) => {
		const { before, emails } = await listAll(mockServer, server);
		expect(new Set(emails).size).toBe(emails.length);
		expect(before.filter((email) => !emails.includes(email))).toEqual([]);
	});
}, 600_000);

test('a limit is kept exactly, whatever the server and whoever signs up meanwhile', async () => {
	await onServers(count / 5, async (mockServer, server, limit) => {
		const { before, emails } = await listAll(mockServer, server, limit);
		expect(new Set(emails).size).toBe(emails.length);
		expect(emails.length).toBeLessThanOrEqual(limit);
		expect(emails.length).toBeGreaterThanOrEqual(Math.min(limit, before.length));
	});
}, 600_000);

test('someone hidden by a whole page of sign-ups between two pages read at once is found', async () => {
	const [mockServer] = mockServers;
	const none = { participants: 200, pageSize: 20, pageSizeCap: 2000, signUps: [], delays: [0] };
	const array = { listShape: 'array', campaignTotal: 'omitted' } as const;
	const server = { ...none, ...array, emptyPage: 'list', firstPage: 0 } as Server;
	const isHeld = ({ query }: { query: Record<string, string> }) => query.page === '3';
	const { before, emails } = await listAll(mockServer, server, undefined, async (request) => {
		if (!isHeld(request) || mockServer.requests.filter(isHeld).length > 1) return;
		await wait(50);
		for (let number = 0; number < 80; number++) mockServer.campaign.add(`new${number}@example.com`);
	});
	expect(new Set(emails).size).toBe(emails.length);
	expect(before.filter((email) => !emails.includes(email))).toEqual([]);
});

const quiet = { signUps: [], delays: [0] };

test('a list in an order that changes comes out whole or not at all', async () => {
	let whole = 0;
	let refused = 0;
	await onServers(count / 5, async (mockServer, server) => {
		const order = server.participants % 2 === 0 ? 'random' : 'byPage';
		// Without a total, rows in a changing order look like rows that others push onto later pages.
		fc.pre(server.campaignTotal === 'included' || server.listShape.startsWith('page'));
		const { before, emails, error } = await list(mockServer, {
			...server,
			...quiet,
			order,
		} as Server);
		if (error) {
			refused++;
			expect(error.message).toMatch(/only part of the participants/);
			expect(emails).toEqual([]);
		} else {
			whole++;
			expect([...emails].sort()).toEqual([...before].sort());
		}
	});
	expect(whole).toBeGreaterThan(count / 50);
	expect(refused).toBeGreaterThan(count / 50);
}, 600_000);

test('a total that counts more than the list holds does not keep the list back', async () => {
	await onServers(count / 5, async (mockServer, server) => {
		const { before, emails } = await listAll(mockServer, {
			...server,
			...quiet,
			totalCountsMore: 3,
		} as Server);
		expect(emails).toEqual(before);
	});
}, 600_000);

test('someone who leaves hides nobody where a total is given', async () => {
	await onServers(count / 5, async (mockServer, server) => {
		fc.pre(server.participants > 5);
		const told = { ...server, ...quiet, campaignTotal: 'included', firstPage: 0 } as Server;
		const leaver = Math.floor(server.participants / 3);
		const { before, emails } = await listAll(mockServer, told, undefined, undefined, (request) => {
			if (request === 2) mockServer.campaign.participants.splice(leaver, 1);
		});
		const stayed = before.filter((_, index) => index !== leaver);
		expect(stayed.filter((email) => !emails.includes(email))).toEqual([]);
	});
}, 600_000);
