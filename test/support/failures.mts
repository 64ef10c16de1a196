import type { FastifyReply } from 'fastify';
import type { INodeParameters } from 'n8n-workflow';
import { isReadOnly, rowTypes } from '../../nodes/ReferralRocket/api/specification.ts';
import { lookUpPausesMs } from '../../nodes/ReferralRocket/resources/participant/lookUp.ts';
import {
	startMockServer,
	type Intercept,
	type MockServer,
} from '../../tools/mock-server/service.mts';
import type { RunResult } from './engine.mts';
import { itemsOf, pairs, useRateLimitWindow, ways, type Service } from './mockServer.mts';
import { endpointOf } from './operations.mts';

/*
 * What every operation must make of a service that doesn't work. Each operation's test calls these
 * with its own parameters.
 */

interface Failure {
	name: string;
	status?: number;
	body?: string;
	type?: string;
	/** What the message says. */
	says: RegExp;
	/** The message can't name the campaign or participant: the credential is to blame. */
	namesNobody?: boolean;
	/** A change may have been made all the same. */
	unsure?: boolean;
	/** Title or description quotes the service. */
	quoted?: boolean;
}

const words = 'The moon is full';
const page = (key: string) => `<!doctype html><html><h1>${words}</h1><p>${key}</p></html>`;

/** Stands for the key as JSON may write it as well, each character as its number. */
const escaped = (key: string) => `escaped ${key}`;
const numbers = (key: string) =>
	[...key].map((sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

/** What services and gateways send with status 200 in place of a campaign or participant. */
const objectsThatAreNoRow = [
	{},
	{ status: 404, error: words },
	{ success: false, message: words },
	{
		email: null,
		referralCode: '',
		campaignId: null,
		campaignName: '',
		rewardEventCompleted: false,
	},
];

/** Every body holds the key: whatever part of an answer is quoted must not give it away. */
const failures = (key: string, shapes: unknown[], emptyIsFine: boolean): Failure[] => {
	const detail = (status: number) => ({
		name: `status ${status}`,
		status,
		body: JSON.stringify({
			status,
			error: 'Refused',
			message: `${words}, Bearer ${key} or ${escaped(key)}`,
			path: key,
		}),
		quoted: true,
	});
	const nothing = { says: /could not find|did not confirm/, unsure: true };
	return [
		{ ...detail(400), says: /did not accept the request/ },
		{ ...detail(401), says: /refused the API key/, namesNobody: true },
		{ ...detail(403), says: /refused the API key/, namesNobody: true },
		{ ...detail(404), says: /could not find/ },
		{ ...detail(422), says: /did not accept the request/ },
		{ ...detail(429), says: /Too many requests/ },
		{ ...detail(500), says: /could not complete/, unsure: true },
		{ ...detail(503), says: /could not complete/, unsure: true },
		{
			name: 'status 400 in plain text',
			status: 400,
			type: 'text/plain',
			body: `${words}, ${key}`,
			says: /did not accept the request/,
			quoted: true,
		},
		{ name: 'status 404 without a body', status: 404, says: /could not find/ },
		{ name: 'status 500 without a body', status: 500, says: /could not complete/, unsure: true },
		...[200, 404].map((status) => ({
			name: `a web page with status ${status}`,
			status,
			type: 'text/html',
			body: page(key),
			says: /web page/,
			namesNobody: true,
			unsure: status === 200,
		})),
		{
			name: 'a web page that claims to be JSON',
			body: page(key),
			says: /web page/,
			namesNobody: true,
			unsure: true,
		},
		{
			name: 'a web page with status 502',
			status: 502,
			type: 'text/html',
			body: page(key),
			says: /could not complete/,
			unsure: true,
		},
		...(emptyIsFine
			? []
			: [
					{ name: 'an empty body', body: '', ...nothing },
					{ name: 'null', body: 'null', ...nothing },
					...objectsThatAreNoRow.map((object) => ({
						name: `the object ${JSON.stringify(object)}`,
						body: JSON.stringify(object),
						says: /could not be read/,
						unsure: true,
						quoted: JSON.stringify(object).includes(words),
					})),
				]),
		{
			name: 'JSON that is cut off',
			body: `{"email": "${key}`,
			says: /could not be read/,
			unsure: true,
		},
		...shapes.map((shape) => ({
			name: `${JSON.stringify(shape)} instead of what the contract says`,
			body: JSON.stringify(shape),
			says: /could not be read/,
			unsure: true,
		})),
	];
};

interface Operation {
	/** Parameters that work. */
	parameters: INodeParameters;
	/** What messages name. */
	names: string[];
	/** JSON with status 200 that is not the operation's answer. */
	wrongShapes: unknown[];
	/** An empty answer is an empty list. */
	emptyIsFine?: boolean;
}

/** The requests that were to change something. */
const changes = ({ requests }: MockServer) => requests.filter(({ method }) => method === 'POST');

/** The execution has stopped, says why without blame, and tells nobody the key. */
function expectStopped(result: RunResult, key: string) {
	const { error, items, stored } = result;
	expect(items).toEqual([]);
	expect(error?.message).toBeTruthy();
	expect(error?.message).not.toMatch(/\b(error|problem|failure|mistake)/i);
	expect(stored).toContain(JSON.stringify(error?.message));
	expect(stored).not.toContain(key);
	expect(`${error?.message} ${error?.description}`).not.toContain(key);
	// With one item, there is nothing to say about others.
	expect(error?.message).not.toMatch(/This was item/);
}

const mayHaveTakenEffect = /may have taken effect/;
lookUpPausesMs.splice(0, Infinity, 10);

/** What Add and Qualify look up is answered as usual: their own request is what fails. */
const onlyChanges =
	(intercept: Intercept): Intercept =>
	(request, ...others) =>
		request.method === 'POST' && intercept(request, ...others);

export function stopsWithAClearMessage(service: Service, operation: Operation) {
	const { parameters, names, wrongShapes, emptyIsFine = false } = operation;
	const changesSomething = !isReadOnly(endpointOf(parameters));
	const keyOfTable = '(the API key)';

	describe.each(ways)('%s, stops with a clear message', (_way, asTool) => {
		useRateLimitWindow(60);
		let withoutResponse = 0;

		test.each(failures(keyOfTable, wrongShapes, emptyIsFine))(
			'when the service answers with $name',
			async ({ status = 200, body = '', type = 'application/json', ...expected }) => {
				const { mockServer } = service;
				const sent = body
					.replaceAll(escaped(keyOfTable), numbers(mockServer.apiKey))
					.replaceAll(keyOfTable, mockServer.apiKey);
				const intercept: Intercept = (_, reply) => {
					const retriable = status === 429 || status >= 500;
					if (retriable) void reply.header('retry-after', '0');
					return reply.code(status).type(type).send(sent);
				};
				mockServer.intercept = changesSomething ? onlyChanges(intercept) : intercept;
				const result = await service.run(parameters, { asTool });
				expectStopped(result, mockServer.apiKey);
				const isUnknown = changesSomething && expected.unsure === true;
				const { message, description } = result.error ?? {};
				if (isUnknown) expect(message).toMatch(/^It is not known whether /);
				else expect(description).not.toMatch(mayHaveTakenEffect);
				expect(isUnknown ? description : message).toMatch(expected.says);
				const { notFound } = endpointOf(parameters);
				const named = status === 404 && notFound === rowTypes.campaign ? names.slice(-1) : names;
				for (const name of expected.namesNobody ? [] : named) {
					expect(result.error?.message).toContain(`"${name}"`);
				}
				if (expected.quoted)
					expect(`${result.error?.message} ${result.error?.description}`).toContain(words);
				if (status !== 200) expect(result.error?.httpCode).toBe(String(status));
				if (changesSomething && status !== 429) expect(changes(mockServer)).toHaveLength(1);
			},
		);

		test.each([301, 302, 307, 308])(
			'when the service redirects with %i, and the other host gets nothing',
			async (status) => {
				const { mockServer } = service;
				const other = await startMockServer({ participants: 30, apiKey: mockServer.apiKey });
				try {
					mockServer.intercept = ({ path }, reply) => {
						const address = `${other.url}${path}?id=${other.campaign.id}&key=${mockServer.apiKey}`;
						void reply.code(status).header('location', address).send();
					};
					const result = await service.run(parameters, { asTool });
					expect(other.requests).toEqual([]);
					expectStopped(result, mockServer.apiKey);
					expect(result.error?.message).toMatch(/another address/);
					expect(result.error?.description).toContain(other.url);
					expect(mockServer.requests).toHaveLength(1);
				} finally {
					await other.close();
				}
			},
		);

		test('when nothing listens at the address', async () => {
			const { apiKey } = service.mockServer;
			await service.mockServer.close();
			const result = await service.run(parameters, { asTool });
			expectStopped(result, apiKey);
			expect(result.error?.message).toMatch(/Could not reach/);
			expect(result.error?.description).toMatch(/Base URL/);
			for (const name of names) expect(result.error?.message).toContain(`"${name}"`);
		});

		if (changesSomething) {
			test.each<[string, (reply: FastifyReply) => unknown]>([
				['nothing comes', () => undefined],
				[
					'the answer never ends',
					({ raw }) => {
						raw.writeHead(200, { 'content-type': 'application/json' });
						const drip = setInterval(() => raw.write(' '), 20);
						raw.on('close', () => clearInterval(drip));
					},
				],
			])('when %s in time, without sending the request again', async (_, answer) => {
				const { mockServer } = service;
				mockServer.intercept = onlyChanges((_request, reply) => answer(reply.hijack()));
				withoutResponse++;
				const result = await service.run(
					{ ...parameters, requestOptions: { timeout: 1000 } },
					{ asTool },
				);
				expectStopped(result, mockServer.apiKey);
				expect(result.error?.description).toMatch(/did not respond in time/);
				expect(result.error?.description).toMatch(mayHaveTakenEffect);
				expect(changes(mockServer)).toHaveLength(1);
			});

			test('when the connection is cut, without sending the request again', async () => {
				const { mockServer } = service;
				mockServer.intercept = onlyChanges((_, reply) => reply.hijack().raw.destroy());
				withoutResponse++;
				const result = await service.run(parameters, { asTool });
				expectStopped(result, mockServer.apiKey);
				expect(result.error?.description).toMatch(/connection was lost/);
				expect(result.error?.description).toMatch(mayHaveTakenEffect);
				expect(changes(mockServer)).toHaveLength(1);
			});
		}

		test('after all requests without a response that could have changed something', () => {
			expect(withoutResponse).toBe(changesSomething ? 3 : 0);
		});
	});
}

interface Mixture {
	/** Parameters with expressions on the input item. */
	parameters: INodeParameters;
	/** Two input items that work. */
	good: [RunResult['rows'][number], RunResult['rows'][number]];
	/** Input items that don't, and what the message for each says. */
	bad: Array<{ name: string; json: RunResult['rows'][number]; says: RegExp }>;
	/** How many items come out for each good one. */
	each?: number;
}

/** With "On Error" set to continue, one bad item must not take the others along. */
export function oneBadItemFailsAlone(
	service: Service,
	{ parameters, good, bad, each = 1 }: Mixture,
) {
	const timesEach = (item: number) => Array.from({ length: each }, () => ({ item }));

	describe.each(bad)('among good items, $name', ({ json, says }) => {
		const items = itemsOf(good[0], json, good[1]);

		test('goes to the second output alone', async () => {
			const result = await service.run(parameters, { items, onError: 'continueErrorOutput' });
			expect(result.error).toBeUndefined();
			expect(pairs(result.items)).toEqual([...timesEach(0), ...timesEach(2)]);
			expect(result.rows.filter((row) => 'error' in row)).toEqual([]);
			expect(pairs(result.errorItems)).toEqual([{ item: 1 }]);
			expect(result.errorItems[0].json).toEqual({ ...json, error: expect.stringMatching(says) });
			expect(result.errorItems[0].json.error).toMatch(/\S$/);
			expect(result.stored).not.toContain(service.mockServer.apiKey);
		});

		test('stays in its place in the one output', async () => {
			const result = await service.run(parameters, { items, onError: 'continueRegularOutput' });
			expect(result.error).toBeUndefined();
			expect(pairs(result.items)).toEqual([...timesEach(0), { item: 1 }, ...timesEach(2)]);
			const refused = result.rows.filter((row) => 'error' in row);
			expect(refused).toEqual([result.rows[each]]);
			expect(refused[0].error).toMatch(says);
			expect(result.stored).not.toContain(service.mockServer.apiKey);
		});

		test('stops the execution and names the item when nothing else is set', async () => {
			const result = await service.run(parameters, { items });
			expect(result.items).toEqual([]);
			expect(result.error?.message).toMatch(says);
			// The third item is under way by then only where the second one had to be sent to be refused.
			const changesSomething = ['add', 'qualify'].includes(String(parameters.operation));
			expect(result.error?.message).toMatch(
				changesSomething
					? /This was item 2 of 3: 1 item before it had been sent; (item 3 was under way and had been sent too|none of the later ones was sent)\.$/
					: /This was item 2 of 3\.$/,
			);
			// n8n would show them as the service's words.
			expect(result.error).toMatchObject({ messages: [] });
			expect(result.error?.description).toMatch(/Continue \(using error output\)/);
		});
	});
}
