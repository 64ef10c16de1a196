import { createServer as createHttp, type IncomingMessage } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { INodeParameters } from 'n8n-workflow';
import { runNode, startNode, decryptionCount } from '../support/engine.mts';
import { credentialFor, locator, useMockServer, runModes } from '../support/mockServer.mts';
import { selfSigned } from '../support/selfSigned.mts';

/*
 * Request Options, which n8n adds to every declarative node, have the same effect in a workflow, where the
 * node applies them, and in a tool, where n8n does.
 */

const service = useMockServer();
const get: INodeParameters = {
	resource: 'campaign',
	operation: 'get',
	campaignId: locator('JCu82f30F1'),
};
const adding: INodeParameters = {
	resource: 'participant',
	operation: 'add',
	campaignId: locator('JCu82f30F1'),
	email: '={{ $json.email }}',
};
const people = (count: number) =>
	Array.from({ length: count }, (_, item) => ({ json: { email: `new${item}@example.com` } }));

describe.each(runModes)('%s', (_mode, asTool) => {
	const run = async (requestOptions: object, credential: object = {}) =>
		await runNode({
			credential: { ...credentialFor(service.mockServer), ...credential },
			parameters: { ...get, requestOptions: requestOptions as INodeParameters },
			asTool,
		});

	test.each([
		['', undefined],
		['jo:s%40fe@', `Basic ${Buffer.from('jo:s@fe').toString('base64')}`],
	])('requests go through the proxy %j', async (login, sent) => {
		const proxied: IncomingMessage[] = [];
		const proxy = createHttp((request, response) => {
			proxied.push(request);
			response.setHeader('content-type', 'application/json').end('{"campaignId":"by proxy"}');
		});
		await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
		const { port } = proxy.address() as AddressInfo;
		try {
			const { rows } = await run({ proxy: `http://${login}127.0.0.1:${port}` });
			expect(rows).toEqual([{ campaignId: 'by proxy' }]);
			expect(proxied.map(({ url }) => url)).toEqual([
				`${service.mockServer.url}/api/v1/getCampaign?id=JCu82f30F1`,
			]);
			expect(proxied[0].headers['proxy-authorization']).toBe(sent);
			expect(service.mockServer.requests).toEqual([]);
		} finally {
			await new Promise((done) => proxy.close(done));
		}
	});

	test.each(['nowhere', 'http://nowhere', 'nowhere:3128', 'jo:geheim@nowhere'])(
		'the proxy %s is rejected, and nothing is sent',
		async (proxy) => {
			const { error } = await run({ proxy });
			expect(error?.message).toMatch(/proxy/i);
			expect(error?.message).not.toMatch(/geheim/);
			expect(service.mockServer.requests).toEqual([]);
		},
	);

	test('a self-signed certificate is accepted only if that is allowed', async () => {
		const server = createHttps(selfSigned, (_request, response) => {
			response.setHeader('content-type', 'application/json').end('{"campaignId":"by TLS"}');
		});
		await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
		const baseUrl = `https://localhost:${(server.address() as AddressInfo).port}`;
		try {
			const refused = await run({}, { baseUrl });
			expect(refused.error?.message).toMatch(/Could not establish a secure connection/);
			const { rows } = await run({ allowUnauthorizedCerts: true }, { baseUrl });
			expect(rows).toEqual([{ campaignId: 'by TLS' }]);
		} finally {
			await new Promise((done) => server.close(done));
		}
	});

	test('a request fails if the service is silent for longer than the timeout', async () => {
		service.mockServer.intercept = (_request, reply) => reply.hijack();
		const result = await runNode({
			credential: credentialFor(service.mockServer),
			parameters: {
				...adding,
				operation: 'qualify',
				ifAlreadyQualified: 'qualify',
				email: 'a@example.com',
				requestOptions: { timeout: 100 },
			},
			asTool,
		});
		expect(result.error?.message).toMatch(/did not respond in time/);
	});

	test.each([600_000_000, 999_999_999])(
		'a timeout of %i milliseconds does not end a request at once',
		async (timeout) => {
			const { error, rows } = await run({ timeout });
			expect(error).toBeUndefined();
			expect(rows).toHaveLength(1);
		},
	);

	test.each([1000.5, -5])('a timeout of %d is rejected, and nothing is sent', async (timeout) => {
		const { error } = await run({ timeout });
		expect(error?.message).toBe(`'Timeout' in 'Request Options' "${timeout}" can't be used.`);
		expect(service.mockServer.requests).toEqual([]);
	});

	// n8n lets a node reach the address in its own credential, regardless of the allowed domains.
	test.each([
		{ allowedHttpRequestDomains: 'all' },
		{ allowedHttpRequestDomains: 'none' },
		{ allowedHttpRequestDomains: 'domains', allowedDomains: '' },
		{ allowedHttpRequestDomains: 'domains', allowedDomains: 'example.com' },
	])(
		'the credential with %j allows its own address, but no redirect to another one',
		async (fields) => {
			const { rows } = await run({}, fields);
			expect(rows).toHaveLength(1);
			service.mockServer.intercept = async (_request, reply) =>
				await reply.redirect('https://example.com/', 302);
			expect((await run({}, fields)).error?.message).toMatch(/redirects to another address/);
			expect(service.mockServer.requests).toHaveLength(2);
		},
	);
});

describe('batching', () => {
	const batching = (batchSize: number, batchInterval: number) => ({
		...adding,
		requestOptions: { batching: { batch: { batchSize, batchInterval } } },
	});
	const start = (parameters: INodeParameters, items = people(7)) =>
		startNode({ credential: credentialFor(service.mockServer), parameters, items });

	/** @returns the number of requests between pauses */
	async function batches(batchSize: number, interval: number, count: number) {
		const times: number[] = [];
		service.mockServer.intercept = () => {
			times.push(performance.now());
			return false;
		};
		const { rows, error } = await start(batching(batchSize, interval), people(count)).result;
		expect(error).toBeUndefined();
		expect(rows.map(({ email }) => email)).toEqual(people(count).map(({ json }) => json.email));
		return times.reduce(
			(sizes, time, index) => {
				if (index > 0 && time - times[index - 1] > 300) sizes.push(0);
				sizes[sizes.length - 1]++;
				return sizes;
			},
			[0],
		);
	}

	test('starts a batch of items, and waits before the next batch', async () => {
		expect(await batches(3, 600, 7)).toEqual([3, 3, 1]);
		expect(await batches(2, 600, 4)).toEqual([2, 2]);
	});

	test('treats a size of 0 or -1 as 1, as n8n does, and an interval of 0 as none', async () => {
		expect(await batches(0, 600, 3)).toEqual([1, 1, 1]);
		expect(await batches(-1, 600, 2)).toEqual([1, 1]);
		expect(await batches(1, 0, 7)).toEqual([7]);
	});

	const hour = 3_600_000;

	test('ends at once if the execution is stopped', async () => {
		const { result, cancel } = start(batching(2, hour));
		const ended = result.then(
			() => true,
			() => true,
		);
		while (service.mockServer.requests.length < 2) await wait(5);
		cancel();
		expect(await ended).toBe(true);
		expect(service.mockServer.requests).toHaveLength(2);
	});

	test('ends at once if an item fails', async () => {
		service.mockServer.intercept = async (_request, reply) => await reply.code(400).send();
		const { error } = await start(batching(1, hour)).result;
		expect(error?.message).toMatch(/This was item 1 of 7: items 2 to 7 were not sent\.$/);
		expect(service.mockServer.requests).toHaveLength(1);
	});
});

test('the credential is decrypted once per item, however many requests the item makes', async () => {
	const before = decryptionCount();
	const { rows } = await runNode({
		credential: credentialFor(service.mockServer),
		parameters: { ...adding, operation: 'list', returnAll: true, options: { pageSize: 2 } },
		items: people(3),
	});
	expect(rows).toHaveLength(90);
	expect(service.mockServer.requests.length).toBeGreaterThan(40);
	expect(decryptionCount() - before).toBe(3);
});

test('each item uses its own key if the credential contains an expression', async () => {
	const { error } = await runNode({
		credential: {
			...credentialFor(service.mockServer),
			apiKey: (item: number) => `key ${item}`,
		} as never,
		parameters: adding,
		items: people(3),
		onError: 'continueRegularOutput',
	});
	expect(error).toBeUndefined();
	expect(service.mockServer.requests.map(({ headers }) => headers.authorization).sort()).toEqual([
		'Bearer key 0',
		'Bearer key 1',
		'Bearer key 2',
	]);
});
