import type { FastifyReply } from 'fastify';
import { sleep as wait, type INodeExecutionData } from 'n8n-workflow';
import { queueOf } from '../../nodes/ReferralRocket/api/requestQueue.ts';
import { sendWithRetry, type Attempt } from '../../nodes/ReferralRocket/api/retry.ts';
import { endpoints, type Endpoint } from '../../nodes/ReferralRocket/api/specification.ts';
import {
	startMockServer,
	type ReceivedRequest,
	type MockServer,
} from '../../tools/mock-server/service.mts';
import { runNode, startNode } from '../support/engine.mts';
import {
	countInFlight,
	countEventLoopTurns,
	credentialFor,
	locator,
	useRateLimitWindow,
} from '../support/mockServer.mts';

let mockServer: MockServer;
let inFlight: ReturnType<typeof countInFlight>;
beforeEach(async () => {
	mockServer = await startMockServer({ participants: 30 });
	inFlight = countInFlight(mockServer, 5);
});
afterEach(async () => await mockServer.close());

const campaignId = locator('JCu82f30F1');
const adding = {
	resource: 'participant',
	operation: 'add',
	campaignId,
	email: '={{ $json.email }}',
};
const people = (count: number): INodeExecutionData[] =>
	Array.from({ length: count }, (_, number) => ({ json: { email: `new${number}@example.com` } }));

test('all of 2,000 adds succeed with a limit of 1,600 per second, at most 10 at a time', async () => {
	let second = 0;
	let inThisSecond = 0;
	let refused = 0;
	const counted = mockServer.intercept;
	mockServer.intercept = async (request, reply, count) => {
		await counted?.(request, reply, count);
		const now = Math.floor(Date.now() / 1000);
		inThisSecond = now === second ? inThisSecond + 1 : 1;
		second = now;
		// So that a machine that is too slow for that rate reaches the limit as well.
		if (inThisSecond <= 1600 && count % 100 !== 0) return false;
		refused++;
		return await reply.code(429).header('retry-after', '0').send({ message: 'Too many' });
	};
	const items = people(2000);
	const turns = countEventLoopTurns();
	const result = await runNode({
		credential: credentialFor(mockServer),
		parameters: adding,
		items,
	});
	expect(result.error).toBeUndefined();
	// At most ten items per turn, so n8n stays responsive.
	expect(turns()).toBeGreaterThan(200);
	expect(mockServer.campaign.participants.length).toBe(2030);
	expect(result.rows.map(({ email }) => email)).toEqual(items.map(({ json }) => json.email));
	expect(result.items.map(({ pairedItem }) => pairedItem)).toEqual(
		items.map((_, item) => ({ item })),
	);
	expect(refused).toBeGreaterThan(10);
	expect(mockServer.requests.length).toBe(2000 + refused);
	expect(inFlight.max).toBeLessThanOrEqual(10);
	expect(inFlight.max).toBeGreaterThan(5);
}, 120_000);

describe('a rate limit without Retry-After', () => {
	useRateLimitWindow(1200);
	let refused = 0;
	const refuse = (reply: FastifyReply) => {
		refused++;
		return reply.code(429).send({ message: 'Too many' });
	};
	/** Adds this many people; each must be added exactly once. */
	const addAll = async (count: number) => {
		refused = 0;
		const items = people(count);
		const { error, rows } = await runNode({
			credential: credentialFor(mockServer),
			parameters: adding,
			items,
		});
		expect(error).toBeUndefined();
		expect(rows.map(({ email }) => email)).toEqual(items.map(({ json }) => json.email));
		expect(mockServer.campaign.participants.length).toBe(30 + count);
		expect(mockServer.requests.length).toBe(count + refused);
	};

	test('that allows three concurrent requests loses none of 60 people', async () => {
		const counted = countInFlight(mockServer, 100);
		const answer = mockServer.intercept;
		mockServer.intercept = async (request, reply, count) =>
			counted.now < 3 ? await answer?.(request, reply, count) : refuse(reply);
		await addAll(60);
		expect(counted.max).toBe(3);
		expect(refused).toBeGreaterThan(0);
		expect(refused).toBeLessThan(20);
	});

	test('fails after minutes in which nothing was accepted, and then quickly for later items', async () => {
		mockServer.intercept = (_, reply) => refuse(reply);
		refused = 0;
		const { errorItems } = await runNode({
			credential: credentialFor(mockServer),
			parameters: adding,
			items: people(40),
			onError: 'continueErrorOutput',
		});
		expect(errorItems.length).toBe(40);
		expect(errorItems[39].json.error).toMatch(/Too many requests/);
		expect(refused).toBeLessThan(40 + 30);
	});

	test('for one kind of request fails as well, although others are accepted all the time', async () => {
		mockServer.intercept = ({ method }, reply) => method === 'POST' && refuse(reply);
		const get = { resource: 'campaign', operation: 'get', campaignId };
		const credential = credentialFor(mockServer);
		let isOver = false;
		const added = runNode({ credential, parameters: adding, items: people(1) });
		void added.finally(() => (isOver = true));
		while (!isOver) await runNode({ credential, parameters: get });
		expect((await added).error?.message).toMatch(/Too many requests/);
	});
});

test('lists for several input items share the limit of 10 concurrent requests', async () => {
	const { error, rows } = await runNode({
		credential: credentialFor(mockServer),
		parameters: {
			resource: 'participant',
			operation: 'list',
			campaignId,
			returnAll: true,
			options: { pageSize: 1 },
		},
		items: people(8),
	});
	expect(error).toBeUndefined();
	expect(rows.length).toBe(8 * 30);
	expect(inFlight.max).toBe(10);
});

test('one bad item among many fails alone, and the others keep their paired items', async () => {
	const items = people(200);
	items[77].json.email = 'not an address';
	const result = await runNode({
		credential: credentialFor(mockServer),
		parameters: adding,
		items,
		onError: 'continueErrorOutput',
	});
	const others = items.map((_, item) => ({ item })).filter(({ item }) => item !== 77);
	expect(result.items.map(({ pairedItem }) => pairedItem)).toEqual(others);
	expect(result.errorItems.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 77 }]);
	expect(mockServer.campaign.participants.length).toBe(30 + 199);
});

test.each([
	['seconds', () => '1'],
	['a date', () => new Date(Date.now() + 2000).toUTCString()],
])('after a 429 with %s in Retry-After, every request with that key waits', async (_, asked) => {
	let refusedAt = 0;
	const answeredAt: number[] = [];
	mockServer.intercept = (_request, reply, count) => {
		if (count === 1) {
			refusedAt = Date.now();
			return reply.code(429).header('retry-after', asked()).send();
		}
		answeredAt.push(Date.now());
		return false;
	};
	const get = { resource: 'campaign', operation: 'get', campaignId };
	const first = runNode({ credential: credentialFor(mockServer), parameters: get });
	while (refusedAt === 0) await wait(5);
	await wait(50);
	const second = runNode({ credential: credentialFor(mockServer), parameters: get });
	expect((await first).error).toBeUndefined();
	expect((await second).error).toBeUndefined();
	expect(answeredAt.length).toBe(2);
	// A date has no milliseconds, so up to one of the two seconds may have passed when it arrives.
	expect(Math.min(...answeredAt) - refusedAt).toBeGreaterThanOrEqual(950);
});

/** Runs the node with this key; the mock server accepts any here. */
const getWith = async (apiKey: string) =>
	await runNode({
		credential: { ...credentialFor(mockServer), apiKey },
		parameters: { resource: 'campaign', operation: 'get', campaignId },
	});
const isFrom = (request: ReceivedRequest, apiKey: string) =>
	request.headers.authorization === `Bearer ${apiKey}`;

describe('a key that has to wait', () => {
	useRateLimitWindow(1000);

	test('does not delay another key', async () => {
		let isRefused = false;
		mockServer.intercept = (request, reply) => {
			if (!isFrom(request, 'busy')) return reply.send({ campaignId: 'JCu82f30F1' });
			isRefused = true;
			return reply.code(429).header('retry-after', '60').send();
		};
		const busy = startNode({
			credential: { ...credentialFor(mockServer), apiKey: 'busy' },
			parameters: { resource: 'campaign', operation: 'get', campaignId },
		});
		void busy.result.catch(() => undefined);
		while (!isRefused) await wait(5);
		expect((await getWith('other')).error).toBeUndefined();
		busy.cancel();
	});
});

test('a key whose requests all hang does not delay another key', async () => {
	let hanging = 0;
	mockServer.intercept = (request, reply) => {
		if (!isFrom(request, 'hanging')) return reply.send({ campaignId: 'JCu82f30F1' });
		hanging++;
		return reply.hijack();
	};
	const stuck = startNode({
		credential: { ...credentialFor(mockServer), apiKey: 'hanging' },
		parameters: adding,
		items: people(12),
	});
	void stuck.result.catch(() => undefined);
	while (hanging < 10) await wait(5);
	expect((await getWith('other')).error).toBeUndefined();
	expect(hanging).toBe(10);
	stuck.cancel();
});

test('idle accounts are forgotten', async () => {
	const idle = queueOf('idle');
	queueOf('another');
	expect(queueOf('idle')).not.toBe(idle);
});

describe('a waiting request', () => {
	useRateLimitWindow(1000);
	const hang = async () => await new Promise<Attempt>(() => undefined);

	test('leaves the queue if it is stopped, and the next one gets its slot', async () => {
		const account = `${Math.random()}`;
		const get = endpoints.getCampaign;
		let finish: (outcome: Attempt) => void = () => undefined;
		void sendWithRetry(
			account,
			get,
			undefined,
			async () => await new Promise<Attempt>((done) => (finish = done)),
		);
		for (let number = 1; number < 10; number++) void sendWithRetry(account, get, undefined, hang);
		const sent: string[] = [];
		const stop = new AbortController();
		const stopped = sendWithRetry(account, get, stop.signal, async () => {
			sent.push('stopped');
			return { status: 200 };
		});
		const next = sendWithRetry(account, get, undefined, async () => {
			sent.push('next');
			return { status: 200 };
		});
		stop.abort(new Error('Stopped'));
		await expect(stopped).rejects.toThrow('Stopped');
		finish({ status: 200 });
		await next;
		expect(sent).toEqual(['next']);
	});

	test('between attempts ends if it is stopped', async () => {
		const stop = new AbortController();
		let attempts = 0;
		const stopped = sendWithRetry(
			`${Math.random()}`,
			endpoints.getCampaign,
			stop.signal,
			async () => {
				attempts++;
				return { status: 429, headers: { 'retry-after': '60' } };
			},
		);
		await wait(10);
		stop.abort(new Error('Stopped'));
		await expect(stopped).rejects.toThrow('Stopped');
		expect(attempts).toBe(1);
	});
});

test('stopping the execution stops the remaining requests', async () => {
	const { result, cancel } = startNode({
		credential: credentialFor(mockServer),
		parameters: adding,
		items: people(500),
	});
	void result.catch(() => undefined);
	while (mockServer.requests.length < 30) await wait(5);
	cancel();
	const atStop = mockServer.requests.length;
	await wait(700);
	// Requests in flight may still arrive.
	expect(mockServer.requests.length).toBeLessThanOrEqual(atStop + 10);
}, 60_000);

test('stopping the execution aborts a request in flight', async () => {
	let isCut = false;
	mockServer.intercept = (_request, reply) => {
		reply.hijack();
		reply.raw.on('close', () => (isCut = true));
	};
	const { result, cancel } = startNode({
		credential: credentialFor(mockServer),
		parameters: { resource: 'campaign', operation: 'get', campaignId },
	});
	void result.catch(() => undefined);
	while (mockServer.requests.length === 0) await wait(5);
	cancel();
	while (!isCut) await wait(5);
	expect(mockServer.requests.length).toBe(1);
});

describe('waiting', () => {
	beforeEach(() => jest.useFakeTimers());
	afterEach(() => jest.useRealTimers());

	/** @returns the delays in milliseconds between the attempts of a request that always has this outcome */
	async function delays(
		outcome: Attempt,
		attempts = 5,
		endpoint: Endpoint = endpoints.getCampaign,
	) {
		const times: number[] = [];
		const ended = sendWithRetry(`http://${Math.random()}`, endpoint, undefined, async () => {
			times.push(Date.now());
			return outcome;
		});
		await jest.advanceTimersByTimeAsync(600_000);
		expect((await ended).attempts).toBe(attempts);
		return times.slice(1).map((time, index) => time - times[index]);
	}

	test('never takes more than a minute, whatever Retry-After says', async () => {
		const headers = { 'retry-after': '3600' };
		expect(await delays({ status: 429, headers }, 4)).toEqual([60_000, 60_000, 60_000]);
		expect(await delays({ status: 503, headers })).toEqual([60_000, 60_000, 60_000, 60_000]);
	});

	test.each([
		['is missing', undefined],
		['is too short', '0'],
	])('grows up to a minute if Retry-After of a 429 %s', async (_, retryAfter) => {
		const headers = { 'retry-after': retryAfter };
		const [first, ...others] = await delays({ status: 429, headers }, 11);
		expect(first).toBe(retryAfter === undefined ? 500 : 0);
		expect(others).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
	});

	test.each(['soon', '', '-5', undefined])(
		'doubles from half a second, with jitter, if Retry-After is %s',
		async (retryAfter) => {
			const all = await delays({ status: 503, headers: { 'retry-after': retryAfter } });
			all.forEach((wait, index) => {
				expect(wait).toBeGreaterThanOrEqual(500 * 2 ** index);
				expect(wait).toBeLessThanOrEqual(1000 * 2 ** index + 1);
			});
		},
	);

	test('is skipped for a response that a retry does not change', async () => {
		expect(await delays({ status: 404 }, 1)).toEqual([]);
	});

	describe('a retry', () => {
		test.each([
			...[408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524].map((status) => ({ status })),
			{ code: 'ECONNRESET' },
			{ code: 'EPIPE' },
			{ code: 'ERR_BAD_RESPONSE' },
			{ code: 'ERR_STREAM_PREMATURE_CLOSE' },
			{ code: 'HPE_INVALID_CONSTANT' },
			{ code: 'Z_BUF_ERROR' },
			{ code: 'ETIMEDOUT' },
			{ code: 'ECONNABORTED' },
			{ code: 'ERR_CANCELED' },
		])('follows a read after %j', async (outcome) => {
			expect(await delays(outcome)).toHaveLength(4);
		});

		test.each([
			{ status: 200 },
			{ status: 400 },
			{ status: 501 },
			{ code: 'ECONNREFUSED' },
			{ code: 'ENOTFOUND' },
			{ code: undefined },
		])('does not follow %j', async (outcome) => {
			expect(await delays(outcome, 1)).toEqual([]);
		});

		test('follows a write only if the service did nothing', async () => {
			const change = endpoints.addParticipant;
			expect(await delays({ status: 429 }, 11, change)).toHaveLength(10);
			for (const outcome of [
				{ status: 408 },
				{ status: 503 },
				{ code: 'ECONNRESET' },
				{ code: 'ETIMEDOUT' },
			]) {
				expect(await delays(outcome, 1, change)).toEqual([]);
			}
		});
	});

	test('lasts until a rate limit per minute allows more, and nothing is lost', async () => {
		const account = `${Math.random()}`;
		let allowed = 200;
		let refused = 0;
		let added = 0;
		const allow = () => {
			allowed = 200;
			setTimeout(allow, 60_000);
		};
		allow();
		const people = Array.from({ length: 260 }, (_, number) => number);
		const addSequentially = async () => {
			while (people.pop() !== undefined) {
				await sendWithRetry(account, endpoints.addParticipant, undefined, async () => {
					await wait(20);
					if (allowed-- <= 0) return { status: 429, refused: refused++ };
					return { status: 200, added: added++ };
				});
			}
		};
		const all = Promise.all(Array.from({ length: 10 }, addSequentially));
		await jest.advanceTimersByTimeAsync(300_000);
		await all;
		expect(added).toBe(260);
		expect(refused).toBeLessThan(30);
	});

	test('is skipped after a past date in Retry-After', async () => {
		const headers = { 'retry-after': new Date(Date.now() - 60_000).toUTCString() };
		expect(Math.max(...(await delays({ status: 503, headers })))).toBeLessThanOrEqual(1);
	});

	/** @returns the delay in milliseconds of a GET that starts a second after this outcome of another one */
	async function delayOfNext(outcome: Attempt) {
		const service = `http://${Math.random()}`;
		const get = endpoints.getCampaign;
		let made = 0;
		const send = async () => (made++ === 0 ? outcome : { status: 200 });
		void sendWithRetry(service, get, undefined, send);
		await jest.advanceTimersByTimeAsync(1000);
		const start = Date.now();
		let sentAt = 0;
		void sendWithRetry(service, get, undefined, async () => {
			sentAt = Date.now();
			return { status: 200 };
		});
		await jest.advanceTimersByTimeAsync(600_000);
		return sentAt - start;
	}

	test('delays every request after a 429, but only the failed one after a 503', async () => {
		const headers = { 'retry-after': '30' };
		expect(await delayOfNext({ status: 429, headers })).toBe(29_000);
		expect(await delayOfNext({ status: 503, headers })).toBe(0);
	});

	test('takes as long as the longest Retry-After', async () => {
		const service = `http://${Math.random()}`;
		const asked = async (seconds: string) =>
			await sendWithRetry(service, endpoints.getCampaign, undefined, async () => ({
				status: Date.now() < start + 1000 ? 429 : 200,
				headers: { 'retry-after': seconds },
			}));
		const start = Date.now();
		void asked('50');
		const second = asked('10').then(() => Date.now() - start);
		await jest.advanceTimersByTimeAsync(600_000);
		expect(await second).toBe(50_000);
	});
});
