import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { lookUpPausesMs } from '../../../nodes/ReferralRocket/resources/participant/lookUp.ts';
import { startNode, type RunOptions, type RunResult } from '../../support/engine.mts';
import { credentialFor, toItems, locator, useMockServer } from '../../support/mockServer.mts';

/*
 * Nobody is added or qualified twice, however many items, executions and retries request it at the same time,
 * and however the service handles the first request.
 */

// As many as in production, but shorter. The change becomes visible before the last of them.
const pausesMs = [20, 40, 80, 160];
const changeShowsAfterMs = 70;
lookUpPausesMs.splice(0, Infinity, ...pausesMs);

const service = useMockServer();
const email = 'referee@example.com';
const common = { resource: 'participant', campaignId: locator('JCu82f30F1'), output: 'raw' };
const qualify: INodeParameters = { ...common, operation: 'qualify', email };
const add: INodeParameters = {
	...common,
	operation: 'add',
	email: 'new@example.com',
	options: { lookUpFirst: true },
};

beforeEach(() => {
	const { campaign } = service.mockServer;
	campaign.add(email, campaign.find('participant0@example.com'));
});

const posts = () => service.mockServer.requests.filter(({ method }) => method === 'POST');
const start = (parameters: INodeParameters, more: Partial<RunOptions> = {}) =>
	startNode({ credential: credentialFor(service.mockServer), parameters, ...more });
const fourItems = toItems({}, {}, {}, {});

/** How a service responds to a request, apart from the change. */
const faults: Array<[name: string, answer: (reply: FastifyReply) => unknown]> = [
	['the connection is lost', (reply) => reply.hijack().raw.destroy()],
	['there is no response in time', (reply) => reply.hijack()],
	['a gateway responds with 502', (reply) => reply.code(502).send('<html>Bad gateway</html>')],
	['a proxy gives up with 408', (reply) => reply.code(408).send()],
	['the service responds with 500', (reply) => reply.code(500).send({ message: 'Oops' })],
	['the response is cut off', (reply) => reply.type('application/json').send('{"email":"ref')],
	['the response is empty', (reply) => reply.send('')],
	['the response is not a participant', (reply) => reply.send({ status: 'accepted' })],
	['the response is a web page', (reply) => reply.type('text/html').send('<html>')],
];

/** The first POST takes effect after a while, or never; its response is a fault. */
function failing(answer: (reply: FastifyReply) => unknown, takesEffect = true) {
	const { mockServer } = service;
	const { campaign } = mockServer;
	mockServer.intercept = ({ method, path, body }, reply) => {
		if (method === 'GET' || posts().length > 1) return false;
		const change = () => {
			const found = campaign.find(String(body?.email));
			if (path.endsWith('addParticipant')) campaign.add(String(body?.email));
			else if (found) campaign.qualify(found);
		};
		if (takesEffect) setTimeout(change, changeShowsAfterMs);
		void answer(reply);
		return true;
	};
}

const timeout = { requestOptions: { timeout: 1000 } };
const outcomes = (runs: RunResult[]) =>
	runs.flatMap(({ rows }) => rows.map(({ outcome, isNew }) => outcome ?? isNew)).sort();

describe.each<[string, INodeParameters, unknown, unknown]>([
	['Qualify', { ...qualify, ...timeout }, 'qualified', 'alreadyQualified'],
	['Add', { ...add, ...timeout }, true, false],
])('%s', (_operation, parameters, first, second) => {
	const once = (count: number) => [first, ...Array<unknown>(count - 1).fill(second)].sort();

	describe.each(faults)('if %s, and the change becomes visible later,', (_fault, answer) => {
		beforeEach(() => failing(answer));

		test('40 items for one person send one request', async () => {
			const run = await service.run(parameters, { items: toItems(...Array(40).fill({})) });
			expect(run.error).toBeUndefined();
			expect(outcomes([run])).toEqual(once(40));
			expect(posts()).toHaveLength(1);
		});

		test('a tool returns the change', async () => {
			const run = await service.run(parameters, { asTool: true });
			expect(outcomes([run])).toEqual([first]);
			expect(posts()).toHaveLength(1);
		});
	});

	test.each(faults.slice(0, 3))(
		'if %s, five executions at once send one request',
		async (_fault, answer) => {
			failing(answer);
			const runs = await Promise.all(
				Array.from({ length: 5 }, async () => await service.run(parameters)),
			);
			expect(outcomes(runs)).toEqual(once(5));
			expect(posts()).toHaveLength(1);
		},
	);

	describe.each(faults.slice(0, 3))(
		'if %s, and no change ever becomes visible,',
		(_fault, answer) => {
			beforeEach(() => failing(answer, false));

			test('three attempts of Retry On Fail send one request and say what is unknown', async () => {
				const settings = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };
				const { error } = await service.run(parameters, { settings });
				expect(error?.message).toMatch(/^It is not known whether participant ".*" was \w+\.$/);
				expect(error?.description).toMatch(
					/^Look in Referral Rocket, or run this again in 5 minutes\./,
				);
				expect(posts()).toHaveLength(1);
			});

			test('all waiting items get the same message, and a later look-up finds the change', async () => {
				const options = { items: fourItems, onError: 'continueErrorOutput' as const };
				const runs = await Promise.all([
					service.run(parameters, options),
					service.run(parameters, options),
				]);
				const messages = runs.flatMap(({ errorItems }) => errorItems.map(({ json }) => json.error));
				expect(messages).toHaveLength(8);
				expect(new Set(messages).size).toBe(1);
				expect(posts()).toHaveLength(1);

				const { campaign } = service.mockServer;
				if (parameters.operation === 'add') campaign.add('new@example.com');
				else campaign.qualify(campaign.find(email) as never);
				const later = [await service.run(parameters), await service.run(parameters)];
				expect(outcomes(later)).toEqual(once(2));
				expect(posts()).toHaveLength(1);
			});
		},
	);

	test('after an execution was stopped in between, another one sends nothing and finds the change', async () => {
		failing((reply) => reply.hijack());
		const { result, cancel } = start(parameters);
		void result.catch(() => undefined);
		while (posts().length === 0) await wait(5);
		const waiting = service.run(parameters);
		cancel();
		await result.catch(() => undefined);
		expect(outcomes([await waiting])).toEqual([first]);
		expect(outcomes([await service.run(parameters)])).toEqual([second]);
		expect(posts()).toHaveLength(1);
	});

	test('Stop aborts the look-ups and the waiting items', async () => {
		lookUpPausesMs.splice(0, Infinity, 3_600_000);
		try {
			failing((reply) => reply.code(502).send());
			const first = start(parameters);
			while (service.mockServer.requests.length < 3) await wait(5);
			const second = start(parameters);
			await wait(200);
			first.cancel();
			second.cancel();
			await Promise.allSettled([first.result, second.result]);
			const sent = service.mockServer.requests.length;
			await wait(300);
			expect(service.mockServer.requests).toHaveLength(sent);
			expect(posts()).toHaveLength(1);
		} finally {
			lookUpPausesMs.splice(0, Infinity, ...pausesMs);
		}
	});

	test('items that wait for one person do not delay others, and at most ten run', async () => {
		const others = Array.from({ length: 30 }, (_, item) => `other${item}@example.com`);
		const { campaign } = service.mockServer;
		const referrer = campaign.find('participant0@example.com');
		if (parameters.operation === 'qualify') others.forEach((one) => campaign.add(one, referrer));
		let answer = () => {};
		const slow = new Promise<void>((resolve) => (answer = resolve));
		service.mockServer.intercept = async ({ method, body }) => {
			if (method === 'POST' && body?.email === parameters.email) await slow;
			return false;
		};
		const items = toItems(
			...Array<IDataObject>(40).fill({ email: parameters.email as string }),
			...others.map((one) => ({ email: one })),
		);
		const running = start({ ...parameters, email: '={{ $json.email }}' }, { items });
		while (posts().length < 31) await wait(5);
		answer();
		const run = await running.result;
		expect(run.rows.map((row) => row.email)).toEqual(items.map(({ json }) => json.email));
		expect(posts()).toHaveLength(31);
	});

	test('after a request that cannot have reached the service, the next one is sent', async () => {
		const { error } = await service.run({
			...parameters,
			requestOptions: { proxy: 'http://127.0.0.1:9' },
		});
		expect(error?.message).not.toContain('not known');
		expect(outcomes([await service.run(parameters)])).toEqual([first]);
	});

	test('another key or campaign means a different person', async () => {
		failing((reply) => reply.code(502).send(), false);
		await service.run(parameters);
		const other = { ...credentialFor(service.mockServer), apiKey: 'another' };
		const { error } = await service.run(parameters, { credential: other });
		expect(error?.message).toMatch(/refused the API key/);
		const { error: unknown } = await service.run({ ...parameters, campaignId: locator('Other') });
		expect(unknown?.message).toMatch(/could not find campaign "Other"/);
	});

	test('after five minutes the request may be sent again', async () => {
		failing((reply) => reply.code(502).send(), false);
		await service.run(parameters);
		const now = jest.spyOn(Date, 'now');
		const later = Date.now() + 5 * 60_000;
		now.mockImplementation(() => later);
		try {
			expect(outcomes([await service.run(parameters)])).toEqual([first]);
		} finally {
			now.mockRestore();
		}
		expect(posts()).toHaveLength(2);
	});
});

describe('a rejection', () => {
	test('is not an unknown outcome: the next item sends its own request', async () => {
		service.mockServer.intercept = ({ method }, reply) =>
			method === 'POST' && posts().length === 1 && reply.code(400).send({ message: 'Not now' });
		const { items } = await service.run(qualify, {
			items: toItems({}, {}, {}),
			onError: 'continueRegularOutput',
		});
		expect(items.map(({ json }) => json.outcome ?? json.error)).toEqual([
			expect.stringContaining('Not now'),
			'qualified',
			'alreadyQualified',
		]);
	});

	test.each([
		[409, 'Conflict'],
		[500, 'A participant with this email is already being created'],
	])(
		'of an Add (%i) while another service adds the same person waits for that to finish',
		async (status, message) => {
			const { campaign } = service.mockServer;
			service.mockServer.intercept = ({ method }, reply) => {
				if (method === 'GET') return false;
				setTimeout(() => campaign.add('new@example.com'), changeShowsAfterMs);
				return reply.code(status).send({ message });
			};
			const { rows } = await service.run({ ...add, options: {} });
			expect(rows).toMatchObject([{ email: 'new@example.com', isNew: false }]);
			expect(posts()).toHaveLength(1);
		},
	);

	test('with status 409 never blames the fields, even if nobody is found', async () => {
		service.mockServer.intercept = ({ method }, reply) =>
			method === 'POST' && reply.code(409).send({ message: 'Conflict' });
		const { error } = await service.run({ ...add, options: {} });
		expect(error?.message).toMatch(
			/^It is not known whether participant "new@example.com" .* was added/,
		);
		expect(error?.description).not.toContain('Check the fields');
	});
});

describe('the same person', () => {
	test.each(['new@example.com', 'New@Example.com'])(
		'twice in one batch (%s) is added once',
		async (again) => {
			const { rows } = await service.run(
				{ ...add, email: '={{ $json.email }}' },
				{ items: toItems({ email: 'new@example.com' }, { email: again }) },
			);
			expect(rows.map(({ isNew, referralCode }) => [isNew, referralCode])).toEqual([
				[true, rows[0].referralCode],
				[false, rows[0].referralCode],
			]);
			expect(posts()).toHaveLength(1);
		},
	);

	test('in three executions at once is added once, even without options', async () => {
		const runs = await Promise.all(
			Array.from({ length: 3 }, async () => await service.run({ ...add, options: {} })),
		);
		expect(runs.flatMap(({ rows }) => rows.map(({ isNew }) => isNew))).toEqual([
			undefined,
			false,
			false,
		]);
		expect(posts()).toHaveLength(1);
	});

	test('is not new again while look-ups do not find the addition yet', async () => {
		service.mockServer.intercept = ({ method }, reply) => method === 'GET' && reply.send('');
		const first = await service.run(add);
		const second = await service.run(add);
		expect(outcomes([first, second])).toEqual([false, true]);
	});

	test('who was just added is qualified as soon as look-ups find them', async () => {
		const { campaign } = service.mockServer;
		const referred = { additionalFields: { referrer: 'participant0@example.com' } };
		const person = 'New@Example.com';
		await service.run({ ...add, ...referred, email: person });
		const shown = Date.now() + changeShowsAfterMs;
		service.mockServer.intercept = ({ path }, reply) =>
			path.endsWith('getParticipant') && Date.now() < shown && reply.send('');
		const { rows } = await service.run({ ...qualify, email: person });
		expect(rows).toMatchObject([{ outcome: 'qualified' }]);
		expect(campaign.find(person)?.rewardEventCompleted).toBe(true);
	});

	test('who was just added and is not found yet is not an outcome: it may succeed later', async () => {
		await service.run(add);
		service.mockServer.intercept = ({ path }, reply) =>
			path.endsWith('getParticipant') && reply.send('');
		const person = { ...qualify, email: 'new@example.com', ifNotQualified: 'return' };
		const { error } = await service.run(person);
		expect(error?.message).toMatch(/ was added .* a moment ago, but can't be found yet\.$/);
	});

	test('who was just qualified is not qualified again while look-ups do not report it yet', async () => {
		await service.run(qualify);
		service.mockServer.intercept = ({ method }, reply) =>
			method === 'GET' && reply.send({ email, rewardEventCompleted: false });
		const { rows } = await service.run(qualify);
		expect(rows).toMatchObject([{ outcome: 'alreadyQualified' }]);
		expect(posts()).toHaveLength(1);
	});
});

test('Qualify Again sends a request for every item at once', async () => {
	const { rows } = await service.run(
		{ ...qualify, ifAlreadyQualified: 'qualify' },
		{ items: fourItems },
	);
	expect(rows.map(({ outcome }) => outcome)).toEqual(Array(4).fill('qualified'));
	expect(service.mockServer.requests.map(({ method }) => method)).toEqual(Array(4).fill('POST'));
});
