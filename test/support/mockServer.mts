import { setTimeout as wait } from 'node:timers/promises';
import type { INodeParameterResourceLocator, INodeParameters } from 'n8n-workflow';
import { rateLimit } from '../../nodes/ReferralRocket/api/specification.ts';
import { startMockServer, type MockServer } from '../../tools/mock-server/service.mts';
import { runNode, type RunOptions, type RunResult } from './engine.mts';

let keys = 0;

/**
 * @returns a key like nothing else in a message, so that a leak can't hide. Each mock server has its own:
 * a later one may get the port of an earlier one, and the node remembers what it has sent.
 */
const newKey = () => `rr_live_Zq7vT4xW9k${++keys}Lm2P+/8Hs==`;

/**
 * Starts a mock server for every test of the file and closes it again.
 * @param settings as of startMockServer; 30 participants unless given
 * @returns the mock server of the running test, and a way to run the node against it
 */
export function useMockServer(settings: Parameters<typeof startMockServer>[0] = {}) {
	let mockServer: MockServer;
	beforeEach(async () => {
		mockServer = await startMockServer({ participants: 30, apiKey: newKey(), ...settings });
	});
	afterEach(async () => await mockServer.close());
	return {
		get mockServer() {
			return mockServer;
		},
		run: async (parameters: INodeParameters, more: Partial<RunOptions> = {}) =>
			await runNode({ credential: credentialFor(mockServer), parameters, ...more }),
	};
}

export type Service = ReturnType<typeof useMockServer>;

export const credentialFor = (mockServer: MockServer) => ({
	apiKey: mockServer.apiKey,
	authentication: 'bearer',
	baseUrl: mockServer.url,
});

export const locator = (
	value: string,
	mode: 'id' | 'url' = 'id',
): INodeParameterResourceLocator => ({ __rl: true, mode, value });

/**
 * Lets a mock server take so many milliseconds to answer, and counts the requests under way at once.
 * @param counted the only path to count, if not all are
 */
export function countInFlight(mockServer: MockServer, delay: number, counted?: string) {
	const inFlight = { now: 0, most: 0 };
	mockServer.intercept = async ({ path }, reply) => {
		if (counted === undefined || path === counted) {
			inFlight.most = Math.max(inFlight.most, ++inFlight.now);
			reply.raw.once('finish', () => inFlight.now--);
		}
		await wait(delay);
		return false;
	};
	return inFlight;
}

/** Counts the turns of the event loop until it is asked how many there were. */
export function countTurns(): () => number {
	let turns = 0;
	let isOver = false;
	const turn = () => {
		turns++;
		if (!isOver) setImmediate(turn);
	};
	turn();
	return () => {
		isOver = true;
		return turns;
	};
}

/**
 * Shortens the time in which a rate limit is expected to allow more, and with it all that the node waits
 * after 429. A refused request is given up after about three times as long.
 */
export function useRateLimitWindow(windowMs: number) {
	const usual = rateLimit.windowMs;
	beforeAll(() => void (rateLimit.windowMs = windowMs));
	afterAll(() => void (rateLimit.windowMs = usual));
}

/** The requests that the mock server received, without their headers. */
export const received = (mockServer: MockServer) =>
	mockServer.requests.map(({ method, path, query, body }) => ({ method, path, query, body }));

/** One input item for each of the given objects. */
export const itemsOf = (...rows: RunResult['rows']) => rows.map((json) => ({ json }));

/** How n8n runs an operation: a workflow by its custom operation, a tool by its routing. */
export const ways: Array<[name: string, asTool: boolean]> = [
	['in a workflow', false],
	['as a tool', true],
];

/** Which input item each output item belongs to. */
export const pairs = (items: RunResult['items']) => items.map(({ pairedItem }) => pairedItem);

/** @returns title and description, as they stand below each other */
const told = (error: { message: string; description?: string | null } | undefined) =>
	error && [error.message, error.description].filter(Boolean).join(' ');

/**
 * What a user reads when the node does not run: n8n itself stops at an empty required field,
 * before any node is started.
 */
export async function errorMessageOf(run: Promise<RunResult>): Promise<string | undefined> {
	try {
		return told((await run).error);
	} catch (error) {
		return told(error as Error);
	}
}
