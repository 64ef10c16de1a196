import { setTimeout as wait } from 'node:timers/promises';
import type { INodeParameterResourceLocator, INodeParameters } from 'n8n-workflow';
import { rateLimit } from '../../nodes/ReferralRocket/api/specification.ts';
import { startMockServer, type MockServer } from '../../tools/mock-server/service.mts';
import { runNode, type RunOptions, type RunResult } from './engine.mts';

let keys = 0;

/**
 * @returns a key unique enough that a leak is unmistakable. Each mock server has its own, because a later one
 * may get the port of an earlier one, and the node remembers what it has sent.
 */
const newKey = () => `rr_live_Zq7vT4xW9k${++keys}Lm2P+/8Hs==`;

/**
 * Starts a mock server before every test of the file, and closes it afterwards.
 * @param settings as for startMockServer; by default, 30 participants
 * @returns the mock server of the current test, and a function that runs the node against it
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
 * Delays every response, and counts concurrent requests.
 * @param delay in milliseconds
 * @param countedPath counts only requests to this path
 */
export function countInFlight(mockServer: MockServer, delay: number, countedPath?: string) {
	const inFlight = { now: 0, max: 0 };
	mockServer.intercept = async ({ path }, reply) => {
		if (countedPath === undefined || path === countedPath) {
			inFlight.max = Math.max(inFlight.max, ++inFlight.now);
			reply.raw.once('finish', () => inFlight.now--);
		}
		await wait(delay);
		return false;
	};
	return inFlight;
}

/** Counts the turns of the event loop. @returns a function that stops and returns the count */
export function countEventLoopTurns(): () => number {
	let turns = 0;
	let isFinished = false;
	const turn = () => {
		turns++;
		if (!isFinished) setImmediate(turn);
	};
	turn();
	return () => {
		isFinished = true;
		return turns;
	};
}

/**
 * Shortens the assumed window of the rate limit, and thus every delay after a 429. A refused request is
 * abandoned after about three times this window.
 */
export function useRateLimitWindow(windowMs: number) {
	const original = rateLimit.windowMs;
	beforeAll(() => void (rateLimit.windowMs = windowMs));
	afterAll(() => void (rateLimit.windowMs = original));
}

/** The requests received by the mock server, without headers. */
export const receivedRequests = (mockServer: MockServer) =>
	mockServer.requests.map(({ method, path, query, body }) => ({ method, path, query, body }));

/** Creates an input item from each object. */
export const toItems = (...rows: RunResult['rows']) => rows.map((json) => ({ json }));

/** How n8n runs an operation: a workflow uses its custom operation, a tool its routing. */
export const runModes: Array<[name: string, asTool: boolean]> = [
	['in a workflow', false],
	['as a tool', true],
];

/** The paired item of each output item. */
export const pairedItems = (items: RunResult['items']) => items.map(({ pairedItem }) => pairedItem);

/** @returns the message and its description, which n8n shows below it */
const fullMessage = (error: { message: string; description?: string | null } | undefined) =>
	error && [error.message, error.description].filter(Boolean).join(' ');

/**
 * @returns what a user reads if a run fails, even before it starts: n8n itself stops at an empty required
 * field
 */
export async function runErrorMessage(run: Promise<RunResult>): Promise<string | undefined> {
	try {
		return fullMessage((await run).error);
	} catch (error) {
		return fullMessage(error as Error);
	}
}
