import { gzipSync } from 'node:zlib';
import type { FastifyReply } from 'fastify';
import type { INodeParameters } from 'n8n-workflow';
import { lookUpPausesMs } from '../../nodes/ReferralRocket/resources/participant/lookUp.ts';
import { startMockServer, type MockServer } from '../../tools/mock-server/service.mts';
import { runNode } from '../support/engine.mts';
import { credentialFor, locator, useRateLimitWindow } from '../support/mockServer.mts';

/*
 * What the node makes of a service or network that misbehaves. Each row is a fault, put into a request
 * once or for ever, and says what a user gets and how often that request was made. The campaign has 30
 * participants, which List reads as three pages of ten. All rows run at the same time.
 */

type Fault = (reply: FastifyReply, mockServer: MockServer) => unknown;
type Operation = 'list' | 'get' | 'add' | 'qualify';
type Times = 'once' | 'for ever';
/** What comes out: all that was asked for, or nothing and this message. */
type Result = 'all of it' | RegExp;
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

/** Takes the connection out of Fastify's hands, with a head that promises more than will come. */
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
	'a reset before the answer': (reply) => {
		reply.hijack();
		reply.raw.socket?.resetAndDestroy();
	},
	'a reset in the middle of the body': (reply) => {
		const raw = rawBody(reply, '{"content":[{"ema', { 'content-length': 5000 });
		setTimeout(() => raw.socket?.resetAndDestroy(), 20);
	},
	'a body that is shorter than announced': (reply) => {
		rawBody(reply, '{"content":[{"ema', { 'content-length': 5000 });
		setTimeout(() => reply.raw.socket?.end(), 20);
	},
	'no answer at all': (reply) => reply.hijack(),
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
	'JSON cut in half': (reply) => data(reply, '{"content":[{"email":"participant1@exa'),
	'a text': (reply) => data(reply, '"hello"'),
	'a number': (reply) => data(reply, '42'),
	'a list of texts': (reply) => data(reply, '["participant1@example.com"]'),
	'an object without a list': (reply) => data(reply, '{"status":"fine"}'),
	'an empty body': (reply) => data(reply, ''),
	'no content (204)': (reply) => reply.code(204).send(),
	'the word null': (reply) => data(reply, 'null'),
	'broken gzip': (reply) =>
		reply.header('content-encoding', 'gzip').type('application/json').send(Buffer.from('no gzip')),
	'gzip that is cut off': (reply) =>
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

const tooMany = /Too many requests/;
const incomplete = /could not complete the request for/;
const cut = /connection was lost/;
const late = /did not respond in time/;
const key = /refused the API key/;
const page = /responded with a web page/;
const unread = /could not be read/;
const elsewhere = /redirects to another address/;
const maybe = /may have taken effect: check the participant/;
const unconfirmed = /did not confirm the request for participant/;

const rows: Row[] = [
	// A list is asked for again where that can help, on its first and on a later page.
	...[1, 2].flatMap((request): Row[] => [
		['status 429', 'list', request, 'once', 'all of it', 2],
		['429 without Retry-After', 'list', request, 'once', 'all of it', 2],
		['status 408', 'list', request, 'once', 'all of it', 2],
		['status 500', 'list', request, 'once', 'all of it', 2],
		['status 502', 'list', request, 'once', 'all of it', 2],
		['status 503', 'list', request, 'once', 'all of it', 2],
		['status 504', 'list', request, 'once', 'all of it', 2],
		['status 520', 'list', request, 'once', 'all of it', 2],
		['status 524', 'list', request, 'once', 'all of it', 2],
		['a web page with status 502', 'list', request, 'once', 'all of it', 2],
		['a reset before the answer', 'list', request, 'once', 'all of it', 2],
		['a reset in the middle of the body', 'list', request, 'once', 'all of it', 2],
		['a body that is shorter than announced', 'list', request, 'once', 'all of it', 2],
		['gzip that is cut off', 'list', request, 'once', 'all of it', 2],
		['no answer at all', 'list', request, 'once', 'all of it', 2],
		['a body that stops and never ends', 'list', request, 'once', 'all of it', 2],
		['a body that drips and never ends', 'list', request, 'once', 'all of it', 2],
		['status 429', 'list', request, 'for ever', tooMany, 11],
		['status 500', 'list', request, 'for ever', incomplete, 5],
		['status 502', 'list', request, 'for ever', incomplete, 5],
		['status 503', 'list', request, 'for ever', incomplete, 5],
		['status 504', 'list', request, 'for ever', incomplete, 5],
		['status 408', 'list', request, 'for ever', incomplete, 5],
		['a reset before the answer', 'list', request, 'for ever', cut, 5],
		['a reset in the middle of the body', 'list', request, 'for ever', cut, 5],
		['no answer at all', 'list', request, 'for ever', late, 5],
		['a body that stops and never ends', 'list', request, 'for ever', late, 5],
		// What asking again can't fix ends at once.
		['status 400', 'list', request, 'once', /did not accept/, 1],
		['status 401', 'list', request, 'once', key, 1],
		['status 403', 'list', request, 'once', key, 1],
		['status 422', 'list', request, 'once', /did not accept/, 1],
		['status 501', 'list', request, 'once', incomplete, 1],
		['a web page with status 200', 'list', request, 'once', page, 1],
		['invalid JSON', 'list', request, 'once', unread, 1],
		['JSON cut in half', 'list', request, 'once', unread, 1],
		['a text', 'list', request, 'once', unread, 1],
		['a number', 'list', request, 'once', unread, 1],
		['a list of texts', 'list', request, 'once', unread, 1],
		['an object without a list', 'list', request, 'once', unread, 1],
		['broken gzip', 'list', request, 'for ever', cut, 5],
		['a redirect to another host', 'list', request, 'once', elsewhere, 1],
	]),
	['status 404', 'list', 1, 'once', /could not find campaign/, 1],
	['status 404', 'list', 2, 'for ever', /only part of the participants/, 3],
	// An empty page is the end, unless the service has said that there is more.
	['an empty body', 'list', 2, 'for ever', /only part of the participants/, 3],
	['no content (204)', 'list', 2, 'for ever', /only part of the participants/, 3],
	['the word null', 'list', 2, 'for ever', /only part of the participants/, 3],
	['status 503', 'get', 1, 'once', 'all of it', 2],
	['a reset before the answer', 'get', 1, 'once', 'all of it', 2],
	['an empty body', 'get', 1, 'once', /could not find participant/, 1],
	// Something that changes the service is sent once, unless the service says that it did nothing.
	...(['add', 'qualify'] as const).flatMap((operation): Row[] => [
		['status 429', operation, 1, 'once', 'all of it', 2],
		['status 429', operation, 1, 'for ever', tooMany, 11],
		['status 400', operation, 1, 'once', /did not accept/, 1],
		['status 401', operation, 1, 'once', key, 1],
		['status 404', operation, 1, 'once', /could not find (participant|campaign)/, 1],
		['status 408', operation, 1, 'once', maybe, 1],
		['status 500', operation, 1, 'once', maybe, 1],
		['status 502', operation, 1, 'once', maybe, 1],
		['status 503', operation, 1, 'once', maybe, 1],
		['status 504', operation, 1, 'once', maybe, 1],
		['a reset before the answer', operation, 1, 'once', maybe, 1],
		['a reset in the middle of the body', operation, 1, 'once', maybe, 1],
		['no answer at all', operation, 1, 'once', maybe, 1],
		['a body that drips and never ends', operation, 1, 'once', maybe, 1],
		['a web page with status 200', operation, 1, 'once', page, 1],
		['invalid JSON', operation, 1, 'once', maybe, 1],
		['an empty body', operation, 1, 'once', unconfirmed, 1],
		['a redirect that keeps the method', operation, 1, 'once', elsewhere, 1],
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

test('the table has at least 60 rows, each of them once', () => {
	expect(new Set(rows.map((row) => row.slice(0, 4).join())).size).toBe(rows.length);
	expect(rows.length).toBeGreaterThanOrEqual(60);
});

test.concurrent.each(rows)(
	'%s, %s, request %i, %s',
	async (name, operation, request, times, expected, requests) => {
		const apiKey = 'rr_live_Zq7vT4xW9kLm2';
		const mockServer = await startMockServer({ participants: 30, apiKey });
		// Only where the timeout matters: with all rows at once, answers can take a while.
		const patience = /no answer|never ends/.test(name) ? { requestOptions: { timeout: 1500 } } : {};
		let count = 0;
		mockServer.intercept = ({ method, path, query }, reply) => {
			// List reads pages at the same time, so a fault is in one page; other requests have their turn.
			// Of Add and Qualify, it is in their own request, not in their look-ups.
			const isMeant = ['add', 'qualify'].includes(operation)
				? method === 'POST'
				: operation !== 'list' || query.page === String(request - 1);
			if (!isMeant || path.endsWith('getCampaign')) return false;
			count++;
			return times === 'once' && count > 1 ? false : faults[name](reply, mockServer);
		};
		try {
			const {
				error,
				rows: out,
				stored,
			} = await runNode({
				credential: credentialFor(mockServer),
				parameters: { ...parametersOf[operation], ...patience },
			});
			if (expected === 'all of it') {
				expect(error).toBeUndefined();
				expect(out.length).toBe(operation === 'list' ? 30 : 1);
			} else {
				const told = `${error?.message} ${error?.description}`;
				expect(told).toMatch(expected);
				expect(error?.message).not.toMatch(/error|problem|failure|mistake/i);
				expect(out).toEqual([]);
			}
			// What is accepted meanwhile, as other pages of the list, prolongs it.
			const more = expected === tooMany && operation === 'list' ? 3 : 0;
			expect(count).toBeGreaterThanOrEqual(requests);
			expect(count).toBeLessThanOrEqual(requests + more);
			expect(stored).not.toContain(apiKey);
		} finally {
			await mockServer.close();
		}
	},
	60_000,
);

describe('an unusual answer that is right all the same', () => {
	const whole = (mockServer: MockServer) => JSON.stringify(mockServer.campaign.participants);
	test.each<[string, (reply: FastifyReply, mockServer: MockServer) => unknown]>([
		[
			'of 50 MB',
			(reply, { campaign }) =>
				data(reply, JSON.stringify([{ ...campaign.participants[0], note: 'x'.repeat(50e6) }])),
		],
		[
			'with a wrong content type',
			(reply, mockServer) => reply.type('text/plain').send(whole(mockServer)),
		],
		[
			'without a content type',
			(reply, mockServer) => reply.type('').send(Buffer.from(whole(mockServer))),
		],
		[
			'packed with gzip',
			(reply, mockServer) =>
				reply
					.header('content-encoding', 'gzip')
					.type('application/json')
					.send(gzipSync(whole(mockServer))),
		],
	])(
		'%s is read',
		async (_name, answer) => {
			const mockServer = await startMockServer({ participants: 30 });
			mockServer.intercept = (_request, reply) => answer(reply, mockServer);
			const { error, rows: out } = await runNode({
				credential: credentialFor(mockServer),
				parameters: { ...parametersOf.list, returnAll: false, limit: 1, output: 'raw' },
			});
			await mockServer.close();
			expect(error).toBeUndefined();
			expect(out[0]).toMatchObject(mockServer.campaign.participants[0]);
		},
		30_000,
	);
});

test.each([
	'jo+friends@example.com',
	'jö@exämple.com',
	"o'neil@example.com",
	'"jo"@example.com',
	'a&b=c%20d@example.com',
	'用户@例子.公司',
])('the email address %s arrives as it is, in a query and in a body', async (email) => {
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
	'the referral code %s arrives as it is',
	async (code) => {
		const mockServer = await startMockServer({ participants: 1 });
		const { rows: out } = await runNode({
			credential: credentialFor(mockServer),
			parameters: { resource: 'referralCode', operation: 'validate', campaignId, code },
		});
		await mockServer.close();
		expect(out).toEqual([{ code, campaignId: 'JCu82f30F1', valid: false }]);
		expect(mockServer.requests[0].query.code).toBe(code);
	},
);
