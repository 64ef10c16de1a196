import type { INodeParameters } from 'n8n-workflow';
import { isReadOnly, rowTypes } from '../../nodes/ReferralRocket/api/specification.ts';
import { lookUpPausesMs } from '../../nodes/ReferralRocket/resources/participant/lookUp.ts';
import {
	startMockServer,
	type Intercept,
	type MockServer,
} from '../../tools/mock-server/service.mts';
import type { RunResult } from './engine.mts';
import { toItems, pairedItems, useRateLimitWindow, type Service } from './mockServer.mts';
import { endpointOf } from './operations.mts';

/*
 * How every operation must handle a failing service, and failing items. Each operation's test calls these
 * functions with its own parameters.
 */

interface Failure {
	name: string;
	status?: number;
	body?: string;
	type?: string;
	/** Matches the message. */
	message: RegExp;
	/** The message does not name the campaign or participant, because the cause is in the credential. */
	isAboutCredential?: boolean;
	/** The request may still have changed something. */
	mayHaveChanged?: boolean;
	/** Title or description quotes the service. */
	quotesService?: boolean;
}

const serviceText = 'The moon is full';
const page = (key: string) => `<!doctype html><html><h1>${serviceText}</h1><p>${key}</p></html>`;

/** A placeholder for the key with each character as a Unicode escape, which is valid JSON too. */
const escaped = (key: string) => `escaped ${key}`;
const asUnicodeEscapes = (key: string) =>
	[...key].map((sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

/** What services and gateways send with status 200 instead of a row. */
const objectsWithoutRow = [
	{},
	{ status: 404, error: serviceText },
	{ success: false, message: serviceText },
	...[null, ''].map((empty) => ({
		...Object.fromEntries(
			Object.values(rowTypes).flatMap(({ identityFields }) =>
				identityFields.map((name) => [name, empty]),
			),
		),
		rewardEventCompleted: false,
	})),
];

/** Every body contains the key, which must not appear in any quoted part of the response. */
const failures = (key: string, shapes: unknown[], acceptsEmptyBody: boolean): Failure[] => {
	const detail = (status: number) => ({
		name: `status ${status}`,
		status,
		body: JSON.stringify({
			status,
			error: 'Refused',
			message: `${serviceText}, Bearer ${key} or ${escaped(key)}`,
			path: key,
		}),
		quotesService: true,
	});
	const nothing = { message: /could not find|did not confirm/, mayHaveChanged: true };
	return [
		{ ...detail(400), message: /did not accept the request/ },
		{ ...detail(401), message: /refused the API key/, isAboutCredential: true },
		{ ...detail(403), message: /refused the API key/, isAboutCredential: true },
		{ ...detail(404), message: /could not find/ },
		{ ...detail(422), message: /did not accept the request/ },
		{ ...detail(429), message: /Too many requests/ },
		{ ...detail(500), message: /could not complete/, mayHaveChanged: true },
		{ ...detail(503), message: /could not complete/, mayHaveChanged: true },
		{
			name: 'status 400 in plain text',
			status: 400,
			type: 'text/plain',
			body: `${serviceText}, ${key}`,
			message: /did not accept the request/,
			quotesService: true,
		},
		{ name: 'status 404 without a body', status: 404, message: /could not find/ },
		{
			name: 'status 500 without a body',
			status: 500,
			message: /could not complete/,
			mayHaveChanged: true,
		},
		...[200, 404].map((status) => ({
			name: `a web page with status ${status}`,
			status,
			type: 'text/html',
			body: page(key),
			message: /web page/,
			isAboutCredential: true,
			mayHaveChanged: status === 200,
		})),
		{
			name: 'a web page that claims to be JSON',
			body: page(key),
			message: /web page/,
			isAboutCredential: true,
			mayHaveChanged: true,
		},
		{
			name: 'a web page with status 502',
			status: 502,
			type: 'text/html',
			body: page(key),
			message: /could not complete/,
			mayHaveChanged: true,
		},
		...(acceptsEmptyBody
			? []
			: [
					{ name: 'an empty body', body: '', ...nothing },
					{ name: 'null', body: 'null', ...nothing },
					...objectsWithoutRow.map((object) => ({
						name: `the object ${JSON.stringify(object)}`,
						body: JSON.stringify(object),
						message: /could not be read/,
						mayHaveChanged: true,
						quotesService: JSON.stringify(object).includes(serviceText),
					})),
				]),
		{
			name: 'truncated JSON',
			body: `{"email": "${key}`,
			message: /could not be read/,
			mayHaveChanged: true,
		},
		...shapes.map((shape) => ({
			name: `${JSON.stringify(shape)} instead of the documented response`,
			body: JSON.stringify(shape),
			message: /could not be read/,
			mayHaveChanged: true,
		})),
	];
};

interface Operation {
	/** Valid parameters. */
	parameters: INodeParameters;
	/** The names that messages must contain. */
	names: string[];
	/** JSON with status 200 that is not a valid response to the operation. */
	wrongShapes: unknown[];
	/** An empty response is an empty list. */
	acceptsEmptyBody?: boolean;
}

/** The requests that would change something. */
const changes = ({ requests }: MockServer) => requests.filter(({ method }) => method === 'POST');

/** Asserts that the execution stopped with a message that blames nobody and does not contain the key. */
function expectStopped(result: RunResult, key: string) {
	const { error, items, stored } = result;
	expect(items).toEqual([]);
	expect(error?.message).toBeTruthy();
	expect(error?.message).not.toMatch(/\b(error|problem|failure|mistake)/i);
	expect(stored).toContain(JSON.stringify(error?.message));
	expect(stored).not.toContain(key);
	expect(`${error?.message} ${error?.description}`).not.toContain(key);
	// With one item, the message does not mention others.
	expect(error?.message).not.toMatch(/This was item/);
}

const mayHaveTakenEffect = /may have taken effect/;
lookUpPausesMs.splice(0, Infinity, 10);

/** The look-ups of Add and Qualify succeed; only their own request fails. */
const onlyChanges =
	(intercept: Intercept): Intercept =>
	(request, ...others) =>
		request.method === 'POST' && intercept(request, ...others);

export function testServiceFailures(service: Service, operation: Operation) {
	const { parameters, names, wrongShapes, acceptsEmptyBody = false } = operation;
	const changesSomething = !isReadOnly(endpointOf(parameters));
	const keyPlaceholder = '(the API key)';

	describe('stops with a clear message', () => {
		useRateLimitWindow(60);

		test.each(failures(keyPlaceholder, wrongShapes, acceptsEmptyBody))(
			'if the service responds with $name',
			async ({ status = 200, body = '', type = 'application/json', ...expected }) => {
				const { mockServer } = service;
				const sent = body
					.replaceAll(escaped(keyPlaceholder), asUnicodeEscapes(mockServer.apiKey))
					.replaceAll(keyPlaceholder, mockServer.apiKey);
				const intercept: Intercept = (_, reply) => {
					const retriable = status === 429 || status >= 500;
					if (retriable) void reply.header('retry-after', '0');
					return reply.code(status).type(type).send(sent);
				};
				mockServer.intercept = changesSomething ? onlyChanges(intercept) : intercept;
				const result = await service.run(parameters);
				expectStopped(result, mockServer.apiKey);
				const isUnknown = changesSomething && expected.mayHaveChanged === true;
				const { message, description } = result.error ?? {};
				const { effect, notFound } = endpointOf(parameters);
				if (isUnknown && effect) {
					expect(message).toMatch(/^It is not known whether /);
					expect(description).toMatch(expected.message);
				} else {
					expect(message).toMatch(expected.message);
					// A web page is not from Referral Rocket.
					if (isUnknown && !expected.isAboutCredential)
						expect(description).toMatch(mayHaveTakenEffect);
					else expect(description).not.toMatch(mayHaveTakenEffect);
				}
				const named = status === 404 && notFound === rowTypes.campaign ? names.slice(-1) : names;
				for (const name of expected.isAboutCredential ? [] : named) {
					expect(result.error?.message).toContain(`"${name}"`);
				}
				if (expected.quotesService)
					expect(`${result.error?.message} ${result.error?.description}`).toContain(serviceText);
				if (status !== 200) expect(result.error?.httpCode).toBe(String(status));
				if (changesSomething && status !== 429) expect(changes(mockServer)).toHaveLength(1);
			},
		);

		test.each([301, 302, 307, 308])(
			'if the service redirects with %i, without a request to the other host',
			async (status) => {
				const { mockServer } = service;
				const other = await startMockServer({ participants: 30, apiKey: mockServer.apiKey });
				try {
					mockServer.intercept = ({ path }, reply) => {
						const address = `${other.url}${path}?id=${other.campaign.id}&key=${mockServer.apiKey}`;
						void reply.code(status).header('location', address).send();
					};
					const result = await service.run(parameters);
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

		test('if nothing listens at the address', async () => {
			const { apiKey } = service.mockServer;
			await service.mockServer.close();
			const result = await service.run(parameters);
			expectStopped(result, apiKey);
			expect(result.error?.message).toMatch(/Could not reach/);
			expect(result.error?.description).toMatch(/Base URL/);
			for (const name of names) expect(result.error?.message).toContain(`"${name}"`);
		});
	});
}

interface ItemMix {
	/** Parameters with expressions that use the input item. */
	parameters: INodeParameters;
	/** Two input items that succeed. */
	good: [RunResult['rows'][number], RunResult['rows'][number]];
	/** Input items that fail, and what the message for each must match. */
	bad: Array<{ name: string; json: RunResult['rows'][number]; message: RegExp }>;
	/** Number of output items per good input item. */
	outputsPerItem?: number;
}

/** With "On Error" set to continue, a bad item must not affect the others. */
export function testBadItems(
	service: Service,
	{ parameters, good, bad, outputsPerItem = 1 }: ItemMix,
) {
	const pairedWith = (item: number) => Array.from({ length: outputsPerItem }, () => ({ item }));

	describe.each(bad)('among good items, $name', ({ json, message }) => {
		const items = toItems(good[0], json, good[1]);

		test('goes alone to the error output', async () => {
			const result = await service.run(parameters, { items, onError: 'continueErrorOutput' });
			expect(result.error).toBeUndefined();
			expect(pairedItems(result.items)).toEqual([...pairedWith(0), ...pairedWith(2)]);
			expect(result.rows.filter((row) => 'error' in row)).toEqual([]);
			expect(pairedItems(result.errorItems)).toEqual([{ item: 1 }]);
			expect(result.errorItems[0].json).toEqual({ ...json, error: expect.stringMatching(message) });
			expect(result.errorItems[0].json.error).toMatch(/\S$/);
			expect(result.stored).not.toContain(service.mockServer.apiKey);
		});

		test('keeps its position in the only output', async () => {
			const result = await service.run(parameters, { items, onError: 'continueRegularOutput' });
			expect(result.error).toBeUndefined();
			expect(pairedItems(result.items)).toEqual([...pairedWith(0), { item: 1 }, ...pairedWith(2)]);
			const failedRows = result.rows.filter((row) => 'error' in row);
			expect(failedRows).toEqual([result.rows[outputsPerItem]]);
			expect(failedRows[0].error).toMatch(message);
			expect(result.stored).not.toContain(service.mockServer.apiKey);
		});

		test('stops the execution by default, and the message names the item', async () => {
			const result = await service.run(parameters, { items });
			expect(result.items).toEqual([]);
			expect(result.error?.message).toMatch(message);
			// The third item was sent only if the second had to be sent to be rejected.
			const changesSomething = !isReadOnly(endpointOf(parameters));
			expect(result.error?.message).toMatch(
				changesSomething
					? /This was item 2 of 3: (item 1 was sent; item 3 was not|items 1, 3 were sent)\.$/
					: /This was item 2 of 3\.$/,
			);
			// n8n would show these as the service's messages.
			expect(result.error).toMatchObject({ messages: [] });
			expect(result.error?.description).toMatch(/Continue \(using error output\)/);
		});
	});
}
