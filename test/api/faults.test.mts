import { gzipSync } from 'node:zlib';
import type { FastifyReply } from 'fastify';
import type { INodeParameters } from 'n8n-workflow';
import { lookUpPausesMs } from '../../nodes/ReferralRocket/resources/participant/lookUp.ts';
import { startMockServer, type MockServer } from '../../tools/mock-server/service.mts';
import { runNode } from '../support/engine.mts';
import { credentialFor, locator, useRateLimitWindow } from '../support/mockServer.mts';

/*
 * How the node handles a misbehaving service or network. Each row is a fault, injected into one request or
 * into all, with the expected result and the number of requests. The campaign has 30 participants, which
 * List reads as three pages of ten. All rows run concurrently.
 */

type Fault = (reply: FastifyReply, mockServer: MockServer) => unknown;
type Operation = 'list' | 'get' | 'add' | 'qualify';
type Times = 'once' | 'always';
/** The complete result, or nothing and this message. */
type Result = 'everything' | RegExp;
type Row = [
	fault: string,
	operation: Operation,
	request: number,
	times: Times,
	Result,
	requests: number,
];

const data = (reply: FastifyReply, text: string | Buffer) =>
	reply.type('application/json').send(text);
const status =
	(code: number, headers: Record<string, string> = { 'retry-after': '0' }): Fault =>
	(reply, { apiKey }) =>
		reply
			.code(code)
			.headers(headers)
			.send({ message: `Refused for the key ${apiKey}` });

/** Writes the response without Fastify, with headers that announce more than is sent. */
function rawBody(
	reply: FastifyReply,
	start: string,
	headers: Record<string, string | number> = {},
) {
	reply.hijack();
	reply.raw.writeHead(200, { 'content-type': 'application/json', ...headers });
	reply.raw.write(start);
	return reply.raw;
}

const drops: NodeJS.Timeout[] = [];
const faults: Record<string, Fault> = {
	'a reset before the response': (reply) => {
		reply.hijack();
		reply.raw.socket?.resetAndDestroy();
	},
	'a reset in the middle of the body': (reply) => {
		const raw = rawBody(reply, '{"content":[{"ema', { 'content-length': 5000 });
		setTimeout(() => raw.socket?.resetAndDestroy(), 20);
	},
	'a body shorter than announced': (reply) => {
		rawBody(reply, '{"content":[{"ema', { 'content-length': 5000 });
		setTimeout(() => reply.raw.socket?.end(), 20);
	},
	'no response at all': (reply) => reply.hijack(),
	'a body that stops and never ends': (reply) => rawBody(reply, '{"content":['),
	'a body that drips and never ends': (reply) => {
		const raw = rawBody(reply, '{"content":[');
		drops.push(setInterval(() => raw.write(' '), 50));
	},
	'a web page with status 200': (reply) =>
		reply.type('text/html').send('<!doctype html><p>Sign in'),
	'a web page with status 502': (reply) =>
		reply.code(502).header('retry-after', '0').type('text/html').send('<html>Bad'),
	'invalid JSON': (reply) => data(reply, '{"content":[{]'),
	'truncated JSON': (reply) => data(reply, '{"content":[{"email":"participant1@exa'),
	'a text': (reply) => data(reply, '"hello"'),
	'a number': (reply) => data(reply, '42'),
	'a list of texts': (reply) => data(reply, '["participant1@example.com"]'),
	'an object without a list': (reply) => data(reply, '{"status":"fine"}'),
	'an empty body': (reply) => data(reply, ''),
	'no content (204)': (reply) => reply.code(204).send(),
	null: (reply) => data(reply, 'null'),
	'broken gzip': (reply) =>
		reply.header('content-encoding', 'gzip').type('application/json').send(Buffer.from('no gzip')),
	'truncated gzip': (reply) =>
		reply
			.header('content-encoding', 'gzip')
			.type('application/json')
			.send(gzipSync('[]').subarray(0, 10)),
	'a redirect to another host': (reply) => reply.redirect('http://127.0.0.2:9/stolen', 302),
	'a redirect that keeps the method': (reply) => reply.redirect('http://127.0.0.2:9/stolen', 307),
	'429 without Retry-After': status(429, {}),
};
for (const code of [400, 401, 403, 404, 408, 409, 422, 429, 500, 501, 502, 503, 504, 520, 524]) {
	faults[`status ${code}`] = status(code);
}

const rateLimited = /Too many requests/;
const incomplete = /could not complete the request for/;
const lost = /connection was lost/;
const late = /did not respond in time/;
const key = /refused the API key/;
const page = /responded with a web page/;
const unreadable = /could not be read/;
const redirected = /redirects to another address/;
const mayHaveChanged = /may have taken effect: check the participant/;
const unconfirmed = /did not confirm the request for participant/;

const rows: Row[] = [
	// A list request is retried if that can help, on the first and on a later page.
	...[1, 2].flatMap((request): Row[] => [
		['status 429', 'list', request, 'once', 'everything', 2],
		['429 without Retry-After', 'list', request, 'once', 'everything', 2],
		['status 408', 'list', request, 'once', 'everything', 2],
		['status 500', 'list', request, 'once', 'everything', 2],
		['status 502', 'list', request, 'once', 'everything', 2],
		['status 503', 'list', request, 'once', 'everything', 2],
		['status 504', 'list', request, 'once', 'everything', 2],
		['status 520', 'list', request, 'once', 'everything', 2],
		['status 524', 'list', request, 'once', 'everything', 2],
		['a web page with status 502', 'list', request, 'once', 'everything', 2],
		['a reset before the response', 'list', request, 'once', 'everything', 2],
		['a reset in the middle of the body', 'list', request, 'once', 'everything', 2],
		['a body shorter than announced', 'list', request, 'once', 'everything', 2],
		['truncated gzip', 'list', request, 'once', 'everything', 2],
		['no response at all', 'list', request, 'once', 'everything', 2],
		['a body that stops and never ends', 'list', request, 'once', 'everything', 2],
		['a body that drips and never ends', 'list', request, 'once', 'everything', 2],
		['status 429', 'list', request, 'always', rateLimited, 11],
		['status 500', 'list', request, 'always', incomplete, 5],
		['status 502', 'list', request, 'always', incomplete, 5],
		['status 503', 'list', request, 'always', incomplete, 5],
		['status 504', 'list', request, 'always', incomplete, 5],
		['status 408', 'list', request, 'always', incomplete, 5],
		['a reset before the response', 'list', request, 'always', lost, 5],
		['a reset in the middle of the body', 'list', request, 'always', lost, 5],
		['no response at all', 'list', request, 'always', late, 5],
		['a body that stops and never ends', 'list', request, 'always', late, 5],
		// What a retry can't fix fails at once.
		['status 400', 'list', request, 'once', /did not accept/, 1],
		['status 401', 'list', request, 'once', key, 1],
		['status 403', 'list', request, 'once', key, 1],
		['status 422', 'list', request, 'once', /did not accept/, 1],
		['status 501', 'list', request, 'once', incomplete, 1],
		['a web page with status 200', 'list', request, 'once', page, 1],
		['invalid JSON', 'list', request, 'once', unreadable, 1],
		['truncated JSON', 'list', request, 'once', unreadable, 1],
		['a text', 'list', request, 'once', unreadable, 1],
		['a number', 'list', request, 'once', unreadable, 1],
		['a list of texts', 'list', request, 'once', unreadable, 1],
		['an object without a list', 'list', request, 'once', unreadable, 1],
		['broken gzip', 'list', request, 'always', lost, 5],
		['a redirect to another host', 'list', request, 'once', redirected, 1],
	]),
	['status 404', 'list', 1, 'once', /could not find campaign/, 1],
	['status 404', 'list', 2, 'always', /only part of the participants/, 2],
	// An empty page is the end, unless there is more: then it is read again, once.
	['an empty body', 'list', 2, 'always', /only part of the participants/, 2],
	['no content (204)', 'list', 2, 'always', /only part of the participants/, 2],
	['null', 'list', 2, 'always', /only part of the participants/, 2],
	['status 503', 'get', 1, 'once', 'everything', 2],
	['a reset before the response', 'get', 1, 'once', 'everything', 2],
	['an empty body', 'get', 1, 'once', /could not find participant/, 1],
	// A write is sent once, unless the service says that it did nothing.
	...(['add', 'qualify'] as const).flatMap((operation): Row[] => [
		['status 429', operation, 1, 'once', 'everything', 2],
		['status 429', operation, 1, 'always', rateLimited, 11],
		['status 400', operation, 1, 'once', /did not accept/, 1],
		['status 401', operation, 1, 'once', key, 1],
		['status 404', operation, 1, 'once', /could not find (participant|campaign)/, 1],
		['status 408', operation, 1, 'once', mayHaveChanged, 1],
		['status 500', operation, 1, 'once', mayHaveChanged, 1],
		['status 502', operation, 1, 'once', mayHaveChanged, 1],
		['status 503', operation, 1, 'once', mayHaveChanged, 1],
		['status 504', operation, 1, 'once', mayHaveChanged, 1],
		['a reset before the response', operation, 1, 'once', mayHaveChanged, 1],
		['a reset in the middle of the body', operation, 1, 'once', mayHaveChanged, 1],
		['no response at all', operation, 1, 'once', mayHaveChanged, 1],
		['a body that drips and never ends', operation, 1, 'once', mayHaveChanged, 1],
		['a web page with status 200', operation, 1, 'once', page, 1],
		['invalid JSON', operation, 1, 'once', mayHaveChanged, 1],
		['an empty body', operation, 1, 'once', unconfirmed, 1],
		['a redirect that keeps the method', operation, 1, 'once', redirected, 1],
	]),
];

const campaignId = locator('JCu82f30F1');
const parametersOf: Record<Operation, INodeParameters> = {
	list: {
		resource: 'participant',
		operation: 'list',
		campaignId,
		returnAll: true,
		options: { pageSize: 10 },
	},
	get: { resource: 'participant', operation: 'get', campaignId, email: 'participant5@example.com' },
	add: { resource: 'participant', operation: 'add', campaignId, email: 'new@example.com' },
	qualify: {
		resource: 'participant',
		operation: 'qualify',
		campaignId,
		email: 'participant5@example.com',
	},
};

useRateLimitWindow(120);
lookUpPausesMs.splice(0, Infinity, 10);
afterAll(() => drops.forEach(clearInterval));

test('the table has at least 60 distinct rows', () => {
	expect(new Set(rows.map((row) => row.slice(0, 4).join())).size).toBe(rows.length);
	expect(rows.length).toBeGreaterThanOrEqual(60);
});

test.concurrent.each(rows)(
	'%s, %s, request %i, %s',
	async (name, operation, request, times, expected, requests) => {
		const apiKey = 'rr_live_Zq7vT4xW9kLm2';
		const mockServer = await startMockServer({ participants: 30, apiKey });
		// Only if the timeout matters: with all rows running at once, responses can be slow.
		const timeout = /no response|never ends/.test(name)
			? { requestOptions: { timeout: 3000 } }
			: {};
		let count = 0;
		mockServer.intercept = ({ method, path, query }, reply) => {
			// List reads pages concurrently, so a fault affects one page; otherwise it affects one request.
			// For Add and Qualify, it affects the write, not the look-ups.
			const isAffected = ['add', 'qualify'].includes(operation)
				? method === 'POST'
				: operation !== 'list' || query.page === String(request - 1);
			if (!isAffected || path.endsWith('getCampaign')) return false;
			count++;
			return times === 'once' && count > 1 ? false : faults[name](reply, mockServer);
		};
		try {
			const {
				error,
				rows: returned,
				stored,
			} = await runNode({
				credential: credentialFor(mockServer),
				parameters: { ...parametersOf[operation], ...timeout },
			});
			if (expected === 'everything') {
				expect(error).toBeUndefined();
				expect(returned.length).toBe(operation === 'list' ? 30 : 1);
			} else {
				const text = `${error?.message} ${error?.description}`;
				expect(text).toMatch(expected);
				expect(error?.message).not.toMatch(/error|problem|failure|mistake/i);
				expect(returned).toEqual([]);
			}
			// Other pages that are accepted in the meantime prolong it.
			const more = expected === rateLimited && operation === 'list' ? 3 : 0;
			expect(count).toBeGreaterThanOrEqual(requests);
			expect(count).toBeLessThanOrEqual(requests + more);
			expect(stored).not.toContain(apiKey);
		} finally {
			await mockServer.close();
		}
	},
	60_000,
);

describe('an unusual but valid response', () => {
	const participantsJson = (mockServer: MockServer) =>
		JSON.stringify(mockServer.campaign.participants);
	test.each<[string, (reply: FastifyReply, mockServer: MockServer) => unknown]>([
		[
			'of 50 MB',
			(reply, { campaign }) =>
				data(reply, JSON.stringify([{ ...campaign.participants[0], note: 'x'.repeat(50e6) }])),
		],
		[
			'with a wrong content type',
			(reply, mockServer) => reply.type('text/plain').send(participantsJson(mockServer)),
		],
		[
			'without a content type',
			(reply, mockServer) => reply.type('').send(Buffer.from(participantsJson(mockServer))),
		],
		[
			'compressed with gzip',
			(reply, mockServer) =>
				reply
					.header('content-encoding', 'gzip')
					.type('application/json')
					.send(gzipSync(participantsJson(mockServer))),
		],
	])(
		'%s is accepted',
		async (_name, answer) => {
			const mockServer = await startMockServer({ participants: 30 });
			mockServer.intercept = (_request, reply) => answer(reply, mockServer);
			const { error, rows: returned } = await runNode({
				credential: credentialFor(mockServer),
				parameters: { ...parametersOf.list, returnAll: false, limit: 1, output: 'raw' },
			});
			await mockServer.close();
			expect(error).toBeUndefined();
			expect(returned[0]).toMatchObject(mockServer.campaign.participants[0]);
		},
		60_000,
	);
});

test.each([
	'jo+friends@example.com',
	'jö@exämple.com',
	"o'neil@example.com",
	'"jo"@example.com',
	'a&b=c%20d@example.com',
	'用户@例子.公司',
])('the email %s arrives unchanged, in a query and in a body', async (email) => {
	const mockServer = await startMockServer({ participants: 1 });
	for (const operation of ['add', 'get', 'listReferrals']) {
		const { error } = await runNode({
			credential: credentialFor(mockServer),
			parameters: { resource: 'participant', operation, campaignId, email, returnAll: true },
		});
		expect(error).toBeUndefined();
	}
	await mockServer.close();
	expect(mockServer.requests.map(({ query, body }) => query.email ?? body?.email)).toEqual([
		email,
		email,
		email,
	]);
});

test.each(['A+B', 'ä"ö\'', 'a&b=c', '50%', '码'])(
	'the referral code %s arrives unchanged',
	async (code) => {
		const mockServer = await startMockServer({ participants: 1 });
		const { rows: returned } = await runNode({
			credential: credentialFor(mockServer),
			parameters: { resource: 'referralCode', operation: 'validate', campaignId, code },
		});
		await mockServer.close();
		expect(returned).toEqual([{ code, campaignId: 'JCu82f30F1', valid: false }]);
		expect(mockServer.requests[0].query.code).toBe(code);
	},
);
