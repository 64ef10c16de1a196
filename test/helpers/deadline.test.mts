import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startMockServer, type MockServer } from '../../tools/mock-server/service.mts';
import { startNode } from '../support/engine.mts';
import { credentialFor, locator } from '../support/mockServer.mts';

/*
 * A service that sends a byte now and then never triggers an inactivity timeout, so only a deadline for the
 * whole request ends it. The deadline must survive garbage collection and leave nothing behind.
 */

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let mockServer: MockServer;
beforeEach(async () => (mockServer = await startMockServer({ participants: 1 })));
afterEach(async () => {
	jest.restoreAllMocks();
	await mockServer.close();
});

const parameters = {
	resource: 'participant',
	operation: 'add',
	campaignId: locator('JCu82f30F1'),
	email: '={{ $json.email }}',
};
const people = (count: number) =>
	Array.from({ length: count }, (_, number) => ({ json: { email: `new${number}@example.com` } }));

test('the deadline ends a request that never finishes, despite garbage collection', async () => {
	mockServer.intercept = (_request, reply) => {
		const { raw } = reply.hijack();
		raw.writeHead(200, { 'content-type': 'application/json' });
		const drip = setInterval(() => {
			raw.write(' ');
			collectGarbage();
		}, 50);
		raw.on('close', () => clearInterval(drip));
	};
	const { result } = startNode({
		credential: credentialFor(mockServer),
		// Sends at once, and looks nothing up afterwards.
		parameters: {
			...parameters,
			operation: 'qualify',
			ifAlreadyQualified: 'qualify',
			requestOptions: { timeout: 300 },
		},
		items: people(1),
	});
	const { error } = await result;
	expect(error?.message).toMatch(/did not respond in time/);
}, 30_000);

test('hundreds of requests add one listener to the execution, and leave no timer or deadline behind', async () => {
	const deadlines: AbortSignal[] = [];
	const timeout = AbortSignal.timeout.bind(AbortSignal);
	jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
		deadlines.push(timeout(ms));
		return deadlines[deadlines.length - 1];
	});
	const { result, signal } = startNode({
		credential: credentialFor(mockServer),
		parameters,
		items: people(300),
	});
	const listeners: number[] = [];
	mockServer.intercept = () => {
		listeners.push(getEventListeners(signal, 'abort').length);
		return false;
	};
	const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
	const { error, rows } = await result;
	expect(error).toBeUndefined();
	expect(rows).toHaveLength(300);
	expect(Math.max(...listeners)).toBe(1);
	const left = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
	expect(left).toBeLessThanOrEqual(timers);
	expect(deadlines).toHaveLength(300);
	expect(deadlines.flatMap((deadline) => getEventListeners(deadline, 'abort'))).toEqual([]);
	expect(signal.aborted).toBe(false);
}, 60_000);

test('a list read several pages at a time adds one listener to the execution', async () => {
	await mockServer.close();
	mockServer = await startMockServer({ participants: 60 });
	let listeners = 0;
	const { result, signal } = startNode({
		credential: credentialFor(mockServer),
		parameters: { ...parameters, operation: 'list', returnAll: true, options: { pageSize: 2 } },
		items: [{ json: {} }],
	});
	mockServer.intercept = () => {
		listeners = Math.max(listeners, getEventListeners(signal, 'abort').length);
		return false;
	};
	expect((await result).rows).toHaveLength(60);
	expect(listeners).toBe(1);
});
