import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import type { INodeParameters } from 'n8n-workflow';
import { startNode, type RunOptions, type RunResult } from '../support/engine.mts';
import {
	countEventLoopTurns,
	credentialFor,
	locator,
	pairedItems,
	useMockServer,
	useRateLimitWindow,
} from '../support/mockServer.mts';
import { randomCases, randomSeed } from '../support/random.mts';

/*
 * Many input items: how many are started, how the others are handled if one fails or the execution is
 * stopped, and what a user reads.
 */

const service = useMockServer();
useRateLimitWindow(1000);
const adding: INodeParameters = {
	resource: 'participant',
	operation: 'add',
	campaignId: locator('JCu82f30F1'),
	email: '={{ $json.email }}',
};
const emailOf = (item: number) => `new${item}@example.com`;
const people = (count: number) =>
	Array.from({ length: count }, (_, item) => ({ json: { email: emailOf(item) } }));
const arrived = () => service.mockServer.requests.map(({ body }) => body?.email);
const start = (options: Partial<RunOptions>) =>
	startNode({ credential: credentialFor(service.mockServer), parameters: adding, ...options });

test('while no request gets a response, ten items are started and no more are resolved', async () => {
	const resolved: number[] = [];
	const items = people(50).map(({ json }, item) => ({
		json: { email: json.email, resolve: () => resolved.push(item) },
	}));
	service.mockServer.intercept = (_request, reply) => reply.hijack();
	const { result, cancel } = start({
		items: items as never,
		parameters: { ...adding, email: '={{ $json.resolve() && $json.email }}' },
	});
	void result.catch(() => undefined);
	while (service.mockServer.requests.length < 10) await wait(5);
	await wait(300);
	expect(arrived()).toEqual(people(10).map(({ json }) => json.email));
	expect(resolved).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
	cancel();
});

test('after an item that cannot be sent, no further item is resolved', async () => {
	const resolved: number[] = [];
	const items = people(50).map(({ json }, item) => ({
		json: { email: item === 5 ? 'no email' : json.email, resolve: () => resolved.push(item) },
	}));
	const { error } = await start({
		items: items as never,
		parameters: { ...adding, email: '={{ $json.resolve() && $json.email }}' },
	}).result;
	expect(resolved).toEqual([0, 1, 2, 3, 4, 5]);
	expect(arrived()).toEqual([0, 1, 2, 3, 4].map(emailOf));
	expect(error?.message).toBe(
		`'Email' "no email" is not an email address. This was item 6 of 50: items 1 to 5 were sent; items 7 to 50 were not.`,
	);
	// n8n would show it as well, counted from 0.
	expect(error).not.toHaveProperty('context.itemIndex');
	// As an API error it would be shown with a status code that the service never sent.
	expect(error?.name).toBe('NodeOperationError');
});

test('items rejected by the rate limit are not reported as sent', async () => {
	let refused = 0;
	let reject = () => {};
	const allRefused = new Promise<void>((resolve) => (reject = resolve));
	service.mockServer.intercept = async ({ body }, reply) => {
		if (body?.email !== emailOf(0)) {
			if (++refused === 4) reject();
			return reply.code(429).header('retry-after', '60').send();
		}
		await allRefused;
		await wait(50);
		return reply.code(400).send();
	};
	const { error } = await start({ items: people(5) }).result;
	expect(error?.message).toMatch(/This was item 1 of 5: items 2 to 5 were not sent\.$/);
});

test('if the execution is stopped, items that wait for a slot are not sent', async () => {
	const answers: Array<() => void> = [];
	service.mockServer.intercept = async () => {
		await new Promise<void>((answer) => answers.push(answer));
		return false;
	};
	const first = start({ items: people(10) });
	while (answers.length < 10) await wait(5);
	const second = start({ items: people(30).slice(10) });
	void second.result.catch(() => undefined);
	await wait(100);
	second.cancel();
	for (const answer of answers) answer();
	expect((await first.result).rows).toHaveLength(10);
	await wait(300);
	expect(arrived()).toEqual(people(10).map(({ json }) => json.email));
});

describe('whichever items fail', () => {
	const count = randomCases(200);

	const cases = fc.record({
		count: fc.integer({ min: 2, max: 30 }),
		/** For each item, whether it is sent and accepted, and how long that takes. */
		items: fc.array(
			fc.record({
				outcome: fc.oneof(
					{ weight: 12, arbitrary: fc.constant('succeeds') },
					{ weight: 1, arbitrary: fc.constant('is rejected') },
					{ weight: 1, arbitrary: fc.constant('is not an email') },
				),
				delay: fc.nat({ max: 15 }),
			}),
			{ minLength: 30, maxLength: 30 },
		),
	});
	type Case = typeof cases extends fc.Arbitrary<infer Made> ? Made : never;

	async function run({ count, items }: Case, onError?: RunOptions['onError']) {
		const { mockServer } = service;
		mockServer.requests.length = 0;
		mockServer.intercept = async ({ body }, reply) => {
			const { outcome, delay } = items[Number(/\d+/.exec(String(body?.email)))];
			await wait(delay);
			return outcome === 'succeeds' ? false : await reply.code(400).send({ message: 'No' });
		};
		const input = people(count).map(({ json }, item) => ({
			json: items[item].outcome === 'is not an email' ? { email: `${item}` } : json,
		}));
		const result = await start({ items: input, onError }).result;
		const sent = arrived().map((email) => Number(/\d+/.exec(String(email))));
		return { ...result, sent, outcomes: items.slice(0, count).map(({ outcome }) => outcome) };
	}

	/** @returns the indexes of the items that a message lists, as in "items 1 to 3, 5" */
	function itemsIn(pattern: RegExp, message: string): number[] {
		const [, list = ''] = pattern.exec(message) ?? [];
		return list.split(', ').flatMap((range) => {
			const [first, last = first] = range.split(' to ').map(Number);
			return range ? Array.from({ length: last - first + 1 }, (_, add) => first + add - 1) : [];
		});
	}

	test('the message says exactly which were sent', async () => {
		await fc.assert(
			fc.asyncProperty(cases, async (server) => {
				const { error, sent, outcomes, rows } = await run(server);
				const first = outcomes.findIndex((outcome) => outcome !== 'succeeds');
				if (first === -1) {
					expect(error).toBeUndefined();
					expect(rows).toHaveLength(server.count);
					return;
				}
				const { message = '' } = error ?? {};
				const [, place] = /This was item (\d+) of /.exec(message) ?? [];
				const index = Number(place) - 1;
				// The first failed item in order is reported, even if another one failed earlier.
				expect(index).toBe(first);
				const others = Array.from({ length: server.count }, (_, item) => item).filter(
					(item) => item !== index,
				);
				expect(itemsIn(/items? ([\d, to]+) (?:was|were) sent/, message)).toEqual(
					others.filter((item) => sent.includes(item)),
				);
				expect(itemsIn(/items? ([\d, to]+) (?:was|were) not/, message)).toEqual(
					others.filter((item) => !sent.includes(item)),
				);
				expect(sent).toHaveLength(new Set(sent).size);
			}),
			{ numRuns: Math.ceil(count / 4), seed: randomSeed, endOnFailure: true },
		);
	}, 120_000);

	test.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'every item has its outcome in its place with %s',
		async (onError) => {
			await fc.assert(
				fc.asyncProperty(cases, async (server) => {
					const { error, items, errorItems, outcomes } = await run(server, onError);
					expect(error).toBeUndefined();
					const all = outcomes.map((outcome, item) => ({
						item,
						succeeded: outcome === 'succeeds',
					}));
					const place = ({ item }: { item: number }) => ({ item });
					const isSplit = onError === 'continueErrorOutput';
					const good = all.filter(({ succeeded }) => succeeded || !isSplit);
					expect(pairedItems(items)).toEqual(good.map(place));
					expect(items.map(({ json }) => !('error' in json))).toEqual(
						good.map(({ succeeded }) => succeeded),
					);
					const bad = all.filter(({ succeeded }) => !succeeded && isSplit);
					expect(pairedItems(errorItems)).toEqual(bad.map(place));
					for (const { json } of errorItems) expect(json).toHaveProperty('email');
				}),
				{ numRuns: Math.ceil(count / 8), seed: randomSeed, endOnFailure: true },
			);
		},
		120_000,
	);
});

test('thousands of items that cannot be sent do not block n8n', async () => {
	const turns = countEventLoopTurns();
	const items = Array.from({ length: 5000 }, (_, item) => ({ json: { email: `${item}` } }));
	const { rows } = await start({ items, onError: 'continueRegularOutput' }).result;
	expect(rows).toHaveLength(5000);
	// At most ten items per turn.
	expect(turns()).toBeGreaterThan(500);
}, 60_000);

test('Execute Once and Always Output Data are honoured', async () => {
	const once = await start({ items: people(5), settings: { executeOnce: true } }).result;
	expect(arrived()).toEqual([emailOf(0)]);
	expect(pairedItems(once.items)).toEqual([{ item: 0 }]);
	service.mockServer.intercept = (_request, reply) => reply.send([]);
	const empty = await start({
		parameters: { ...adding, operation: 'list', returnAll: true },
		settings: { alwaysOutputData: true },
	}).result;
	expect(empty.rows).toEqual([{}]);
});

describe('with the output', () => {
	const hints = ({ run }: RunResult) =>
		(run.data.resultData.runData['Referral Rocket'][0].hints ?? []).map(({ message }) => message);
	const list = { ...adding, operation: 'listReferrals' };
	const two = people(2);

	test('a hint says how to get the outcome of each item of several adds', async () => {
		const [hint, ...others] = hints(await service.run(adding, { items: two }));
		expect(hint).toContain('Settings → On Error → Continue (using error output)');
		// n8n's guideline.
		expect(hint.length).toBeLessThanOrEqual(120);
		expect(others).toEqual([]);
	});

	test.each<[string, Partial<RunOptions>]>([
		['for one item', { items: two.slice(1) }],
		['with an error output', { items: two, onError: 'continueErrorOutput' }],
	])('there is no hint %s', async (_, options) => {
		expect(hints(await service.run(adding, options))).toEqual([]);
	});

	test('there is no hint if a list is empty, because n8n itself says so', async () => {
		const nobody = { ...list, email: 'participant29@example.com' };
		const result = await service.run(nobody);
		expect(result.rows).toEqual([]);
		expect(hints(result)).toEqual([]);
	});
});
