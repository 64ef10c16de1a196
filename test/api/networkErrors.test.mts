import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { gzipSync } from 'node:zlib';
import type { INodeParameters } from 'n8n-workflow';
import { runNode } from '../support/engine.mts';
import { locator } from '../support/mockServer.mts';
import { selfSigned } from '../support/selfSigned.mts';

/*
 * Real network faults, as each version of n8n reports them. A message must say whether the request may
 * have taken effect, and a read is retried whenever that is safe.
 */

interface Fault {
	name: string;
	code: string;
	/** How the service responds; missing if it never receives a request. */
	answer?: (socket: Socket) => void;
	says: RegExp;
	/** Settings of the requests, for a service at this port. */
	settings?: (port: number) => { baseUrl?: string; proxy?: string; credential?: object };
}

const head = 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n';
const end = (socket: Socket, headers: string, body: string | Buffer = '') =>
	void socket.end(Buffer.concat([Buffer.from(`${head}${headers}\r\n\r\n`), Buffer.from(body)]));
const gzipped = (body: Buffer) => (socket: Socket) =>
	end(socket, `content-encoding: gzip\r\ncontent-length: ${body.length}`, body);

const participant = JSON.stringify({ email: 'jo@example.com', referralCode: '8Mnu09TD' });
const gzip = gzipSync(participant);

const lost: Fault[] = [
	{
		name: 'a reset',
		code: 'ECONNRESET',
		answer: (socket: Socket) => void socket.resetAndDestroy(),
	},
	{
		name: 'a close without a response',
		code: 'ECONNRESET',
		answer: (socket: Socket) => void socket.end(),
	},
	{
		name: 'a body shorter than announced',
		code: 'ERR_BAD_RESPONSE',
		answer: (socket: Socket) => end(socket, 'content-length: 500', '{"ema'),
	},
	{
		name: 'a missing last chunk',
		code: 'ERR_BAD_RESPONSE',
		answer: (socket: Socket) => end(socket, 'transfer-encoding: chunked', '5\r\n{"ema'),
	},
	{
		name: 'a chunk without a size',
		code: 'HPE_INVALID_CHUNK_SIZE',
		answer: (socket: Socket) => end(socket, 'transfer-encoding: chunked', 'zz\r\n{"ema'),
	},
	{
		name: 'something other than HTTP',
		code: 'HPE_INVALID_CONSTANT',
		answer: (socket: Socket) => void socket.end('220 mail.example.com\r\n'),
	},
	{
		name: 'headers without an end',
		code: 'HPE_HEADER_OVERFLOW',
		answer: (socket: Socket) => end(socket, `x-long: ${'x'.repeat(100_000)}`),
	},
	{
		name: 'gzip truncated in its header',
		code: 'Z_BUF_ERROR',
		answer: gzipped(gzip.subarray(0, 4)),
	},
	{
		name: 'gzip truncated after its header',
		code: 'Z_BUF_ERROR',
		answer: gzipped(gzip.subarray(0, 10)),
	},
].map((fault: Omit<Fault, 'says'>) => ({
	...fault,
	says: /^The connection was lost during the request for participant/,
}));

const late: Fault[] = [
	{ name: 'no response', code: 'ECONNABORTED', answer: () => undefined },
	{
		name: 'a response that never ends',
		code: 'ERR_CANCELED',
		answer: (socket: Socket) => {
			socket.write(`${head}content-length: 5000\r\n\r\n`);
			const drip = setInterval(() => socket.write(' '), 50);
			socket.on('close', () => clearInterval(drip));
		},
	},
].map((fault: Omit<Fault, 'says'>) => ({
	...fault,
	says: /^Referral Rocket did not respond in time to the request for/,
}));

const notSent: Fault[] = [
	{
		name: 'an address where nothing listens',
		code: 'ECONNREFUSED',
		says: /^Could not reach Referral Rocket for participant/,
		settings: () => ({ baseUrl: 'http://127.0.0.1:9' }),
	},
	{
		name: 'a proxy that does not exist',
		code: 'ECONNREFUSED',
		says: /^Could not reach the proxy 127\.0\.0\.1:9 for participant/,
		settings: () => ({ proxy: 'http://127.0.0.1:9' }),
	},
	{
		name: 'a missing proxy for an https address',
		code: 'ECONNREFUSED',
		says: /^Could not reach the proxy 127\.0\.0\.1:9 for participant/,
		settings: (port) => ({ baseUrl: `https://localhost:${port}`, proxy: 'http://127.0.0.1:9' }),
	},
	{
		name: 'a service without TLS',
		code: 'EPROTO',
		answer: (socket) => end(socket, 'content-length: 2', '{}'),
		says: /^Could not establish a secure connection/,
		settings: (port) => ({ baseUrl: `https://localhost:${port}` }),
	},
	{
		name: 'a header name with a space',
		code: '',
		says: /^The API key or the header name contains an invalid character/,
		settings: () => ({ credential: { authentication: 'header', headerName: 'a b' } }),
	},
];

/** A service that responds to the first requests with a fault, and then normally. */
async function startService({ answer }: Pick<Fault, 'answer'>, faults: number) {
	let requests = 0;
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket);
		socket.on('error', () => undefined);
		socket.once('data', () => {
			if (requests++ < faults) answer?.(socket);
			else end(socket, `content-length: ${participant.length}`, participant);
		});
	});
	await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
	return {
		port: (server.address() as AddressInfo).port,
		requests: () => requests,
		async [Symbol.asyncDispose]() {
			for (const socket of sockets) socket.destroy();
			await new Promise((done) => server.close(done));
		},
	};
}

async function run(
	operation: 'get' | 'qualify',
	{ settings }: Pick<Fault, 'settings'>,
	port: number,
	timeout?: number,
) {
	const { baseUrl, proxy, credential } = settings?.(port) ?? {};
	const requestOptions = { ...(proxy && { proxy }), ...(timeout && { timeout }) };
	return await runNode({
		credential: {
			apiKey: 'rr_live_Zq7vT4xW9kLm2',
			authentication: 'bearer',
			baseUrl: baseUrl ?? `http://127.0.0.1:${port}`,
			...credential,
		},
		parameters: {
			resource: 'participant',
			operation,
			campaignId: locator('JCu82f30F1'),
			email: 'jo@example.com',
			// Sends at once: the outcome is not looked up.
			ifAlreadyQualified: 'qualify',
			requestOptions,
		} as INodeParameters,
	});
}

const timeoutFor = (fault: Fault) => (late.includes(fault) ? 500 : undefined);

describe.each([...lost, ...late])('after $name, the request may have taken effect', (fault) => {
	test('Qualify says so and does not retry', async () => {
		await using service = await startService(fault, Infinity);
		const { error, rows } = await run('qualify', fault, service.port, timeoutFor(fault));
		expect(rows).toEqual([]);
		expect(error?.message).toMatch(fault.says);
		expect(error?.description).toMatch(/^The request may have taken effect: /);
		expect(error?.description).toContain(`The network reported ${fault.code}.`);
		expect(service.requests()).toBe(1);
	});

	test('Get retries', async () => {
		await using service = await startService(fault, 1);
		const { error, rows } = await run('get', fault, service.port, timeoutFor(fault));
		expect(error).toBeUndefined();
		expect(rows).toMatchObject([{ email: 'jo@example.com' }]);
		expect(service.requests()).toBe(2);
	});
});

test.each(notSent)(
	'for $name, nothing was sent, and the message does not suggest otherwise',
	async (fault) => {
		await using service = await startService(fault, Infinity);
		for (const operation of ['get', 'qualify'] as const) {
			const { error, rows } = await run(operation, fault, service.port);
			expect(rows).toEqual([]);
			expect(error?.message).toMatch(fault.says);
			expect(error?.description).not.toMatch(/may have taken effect/);
			expect(error?.description).toContain(fault.code && `The network reported ${fault.code}.`);
		}
	},
);

test('a self-signed certificate is not a secure connection', async () => {
	const server = createTls(selfSigned);
	await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
	const { port } = server.address() as AddressInfo;
	const settings = () => ({ baseUrl: `https://localhost:${port}` });
	const { error } = await run('qualify', { settings }, port);
	await new Promise((done) => server.close(done));
	expect(error?.message).toBe('Could not establish a secure connection to Referral Rocket.');
	expect(error?.description).toContain('The network reported DEPTH_ZERO_SELF_SIGNED_CERT.');
});

test('the message says which items were sent if all connections are lost at once', async () => {
	const sockets: Socket[] = [];
	const drop = (socket: Socket) => {
		if (sockets.push(socket) === 10) for (const opened of sockets) opened.resetAndDestroy();
	};
	await using service = await startService({ answer: drop }, Infinity);
	const { error } = await runNode({
		credential: { apiKey: 'key', baseUrl: `http://127.0.0.1:${service.port}` },
		parameters: {
			resource: 'participant',
			operation: 'qualify',
			campaignId: locator('JCu82f30F1'),
			email: '={{ $json.email }}',
			ifAlreadyQualified: 'qualify',
		},
		items: Array.from({ length: 12 }, (_, item) => ({ json: { email: `jo${item}@example.com` } })),
	});
	expect(service.requests()).toBe(10);
	expect(error?.message).toMatch(
		/^The connection was lost .* This was item 1 of 12: items 2 to 10 were sent; items 11 to 12 were not\.$/,
	);
	expect(error?.description).toMatch(/^The request may have taken effect: /);
});
