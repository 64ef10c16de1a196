import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { checkLive } from '../../tools/live-check/command.mts';
import { checks } from '../../tools/live-check/checks.mts';
import { locate, formatReport, runChecks, type Row } from '../../tools/live-check/report.mts';
import { connect, type Account } from '../../tools/live-check/service.mts';
import { createTrial } from '../../tools/live-check/trial.mts';
import { UserError, silenceProgress } from '../../tools/command-line/progress.mts';
import type { Participant } from '../../tools/mock-server/campaign.mts';
import {
	startMockServer,
	type Behaviour,
	type Intercept,
} from '../../tools/mock-server/service.mts';
import { useMockServer } from '../support/mockServer.mts';

const service = useMockServer();
silenceProgress();

interface Options extends Partial<Account> {
	write?: boolean;
}

async function inspect({ write = false, ...more }: Options = {}, chosen = checks): Promise<Row[]> {
	const { url: baseUrl, apiKey, campaign } = service.mockServer;
	const live = await connect({ baseUrl, apiKey, campaign: campaign.id, ...more });
	const rows = await runChecks(live, createTrial(live, write), () => undefined, chosen);
	expect(JSON.stringify(rows) + formatReport(rows)).not.toContain(apiKey);
	return rows;
}

/** The only row whose assumption contains the text. */
function row(rows: Row[], part: string): Row {
	const found = rows.filter(({ assumption }) => assumption.includes(part));
	expect(found).toHaveLength(1);
	return found[0];
}

/** Runs only the check whose assumption contains the text. */
const inspectOne = async (part: string, options: Options = {}) =>
	row(
		await inspect(
			options,
			checks.filter(({ assumption }) => assumption.includes(part)),
		),
		part,
	);

const differences = (rows: Row[]) =>
	rows.filter(({ verdict }) => verdict === 'differs').map(({ assumption }) => assumption);

const posts = () => service.mockServer.requests.filter(({ method }) => method === 'POST');

/** Answers some requests instead of the mock server. */
const respondWith = (
	matches: (request: Parameters<Intercept>[0]) => boolean,
	status: number,
	body: unknown,
) => {
	service.mockServer.intercept = (request, reply) =>
		matches(request) &&
		void reply
			.code(status)
			.type('application/json')
			.send(typeof body === 'string' ? body : JSON.stringify(body));
};

const isFor = (endpoint: string) => (request: Parameters<Intercept>[0]) =>
	request.path === `/api/v1/${endpoint}`;

describe('the checks and docs/api.md', () => {
	const documentedFacts = async () => {
		const text = await readFile('docs/api.md', 'utf8');
		return text.split('\n').flatMap((line) => {
			const [, fact, mark] = /^\| (.*?) +\| (.*?) +\|$/.exec(line) ?? [];
			return fact === undefined ? [] : [{ fact, mark, line }];
		});
	};

	test('checks every fact that is marked as inferred or unknown, in the same order', async () => {
		const unconfirmed = (await documentedFacts()).filter(({ line }) =>
			/\b[IU]\b/.test(line.replaceAll(/`[^`]*`/g, '')),
		);
		const checked = checks.map(({ assumption }) => assumption);
		const facts = unconfirmed.map(({ fact }) => fact);
		expect(facts.length).toBeGreaterThan(20);
		expect(checked.filter((assumed) => facts.includes(assumed))).toEqual(facts);
	});

	test('every check matches a fact in docs/api.md', async () => {
		const facts = (await documentedFacts()).map(({ fact }) => fact);
		for (const { assumption } of checks) expect(facts).toContain(assumption);
	});

	test.each(checks)('finds the code that relies on "$assumption"', async ({ code }) => {
		const [file, symbol] = code;
		const source = await readFile(path.join('nodes/ReferralRocket', file), 'utf8');
		const [, line] = (await locate(code)).split(':');
		expect(source.split('\n')[Number(line) - 1]).toContain(symbol);
	});
});

describe('if the service behaves as assumed', () => {
	const byHand = [
		'The API needs a paid plan',
		'429',
		'Stripe',
		'names of the events',
		'the secret',
		'totalReferred',
	];
	const written = [
		'Qualify expects `id`',
		'as `amount`',
		'`amount` is accepted as a string',
		'`fName`',
		'`addParticipant` returns',
		'`referredByCode`',
		'capital letters',
		'Adding an email twice',
		'was not referred',
	];

	test('everything that can be checked by reading matches, and nothing is written', async () => {
		const before = JSON.stringify(service.mockServer.campaign.participants);
		const rows = await inspect();
		for (const part of [...byHand, ...written]) {
			expect(row(rows, part).verdict).toBe('unclear');
		}
		expect(rows.filter(({ verdict }) => verdict === 'matches')).toHaveLength(
			rows.length - byHand.length - written.length,
		);
		expect(service.mockServer.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
		expect(JSON.stringify(service.mockServer.campaign.participants)).toBe(before);
	});

	test('--write checks the rest as well, and writes everything once', async () => {
		const rows = await inspect({ write: true });
		expect(differences(rows)).toEqual([]);
		for (const part of written.filter((name) => name !== 'as `amount`')) {
			expect(row(rows, part).verdict).toBe('matches');
		}
		expect(row(rows, '`fName`')).toMatchObject({
			observed: expect.stringMatching(/firstName and lastName/),
		});
		expect(row(rows, 'as `amount`')).toMatchObject({
			verdict: 'unclear',
			observed: expect.stringMatching(/Look for 12.34 in Referral Rocket/),
		});
		const [referrer, byCode, byEmail, named] = ['referrer', 'by-code', 'by-email', 'named'].map(
			(role) => expect.stringMatching(new RegExp(`^check-live-${role}-\\w+@example\\.com$`)),
		);
		expect(
			posts().map(({ path, body }) => [path, body?.email, body?.amount ?? body?.fName]),
		).toEqual([
			['/api/v1/addParticipant', referrer, undefined],
			['/api/v1/addParticipant', byCode, undefined],
			['/api/v1/qualifyParticipant', byCode, '12.34'],
			['/api/v1/addParticipant', byEmail, undefined],
			['/api/v1/qualifyParticipant', byEmail, 12.34],
			['/api/v1/addParticipant', named, expect.stringMatching(/./)],
			['/api/v1/addParticipant', referrer, undefined],
			['/api/v1/qualifyParticipant', referrer, 12.34],
		]);
		expect(service.mockServer.campaign.participants).toHaveLength(34);
	});

	test('the report is at most 120 characters wide and counts the verdicts', async () => {
		const rows = await inspect();
		const lines = formatReport(rows).split('\n');
		expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
		expect(formatReport(rows)).toMatch(/^matches: +21,/m);
		expect(formatReport(rows)).toMatch(/^differs: +0,/m);
		expect(formatReport(rows)).toContain('api/specification.ts:');
	});

	test('the report contains no personal data', async () => {
		const { participants } = service.mockServer.campaign;
		const rows = JSON.stringify(await inspect({ write: true }));
		for (const { email, referralCode, shareLink, lastName } of participants) {
			if (!email.startsWith('check-live-')) expect(rows).not.toContain(email);
			expect(rows).not.toContain(referralCode);
			expect(rows).not.toContain(shareLink);
			if (lastName) expect(rows).not.toContain(lastName);
		}
	});
});

describe('if the service behaves in another known way', () => {
	type Quirk = [string, Partial<Behaviour>, string, Row['verdict'], RegExp];
	test.each<Quirk>([
		['lists as arrays', { listShape: 'array' }, 'A list is', 'matches', /an array/],
		['lists as slices', { listShape: 'slice' }, 'A list is', 'matches', /\{content,.*empty\}/],
		['lists as pages', { listShape: 'page' }, 'A list is', 'matches', /totalElements/],
		['a lower cap', { pageSizeCap: 100 }, 'caps `size`', 'differs', /2001, received 100/],
		['no cap', { pageSizeCap: 9999 }, 'caps `size`', 'matches', /no cap/],
		[
			'a lower cap that no field reports',
			{ pageSizeCap: 10, listShape: 'array' },
			'caps `size`',
			'differs',
			/received 10\./,
		],
		[
			'a lower cap that no field reports, with pages from 1',
			{ pageSizeCap: 10, listShape: 'array', firstPage: 1 },
			'caps `size`',
			'differs',
			/received 10\./,
		],
		[
			'a cap that a small campaign does not reach',
			{ listShape: 'array', firstPage: 1 },
			'caps `size`',
			'unclear',
			/only 30 participants/,
		],
		['pages from 0', { firstPage: 0 }, 'Page 0 and page 1', 'matches', /start at 0/],
		['pages from 1', { firstPage: 1 }, 'Page 0 and page 1', 'matches', /start at 1/],
		['pages from 1, honoured', { firstPage: 1 }, '`page` is honoured', 'matches', /other/],
		['page ignored', { ignoresPage: true }, '`page` is honoured', 'differs', /0, 1 and 2/],
		['page ignored, first page', { ignoresPage: true }, 'Page 0 and page 1', 'unclear', /same/],
		['page ignored, past the end', { ignoresPage: true }, 'past the end', 'unclear', /100,000/],
		['empty pages as null', { emptyPage: 'null' }, 'past the end', 'matches', /200, null/],
		[
			'empty pages as an empty body',
			{ emptyPage: 'nothing' },
			'past the end',
			'matches',
			/empty body/,
		],
		[
			'an unknown participant as an empty body',
			{ unknownParticipant: 'nothing' },
			'unknown part',
			'matches',
			/empty body/,
		],
		[
			'an unknown participant as null',
			{ unknownParticipant: 'null' },
			'unknown part',
			'matches',
			/null/,
		],
		[
			'an unknown participant as 404',
			{ unknownParticipant: 'notFound' },
			'unknown part',
			'matches',
			/404/,
		],
		['duplicates returned', { duplicateAdd: 'returned' }, 'twice is', 'matches', /^Harmless/],
		['duplicates refused', { duplicateAdd: 'refused' }, 'twice is', 'matches', /already enrolled/],
		[
			'the bare key in X-API-Key',
			{ keyHeader: 'x-api-key', keyPrefix: '' },
			'Bearer KEY',
			'differs',
			/X-API-Key/,
		],
		['Bearer', {}, 'If Bearer', 'matches', /as a bearer token: accepted, .*X-API-Key: status 401/],
		...['Authorization', 'X-API-Key', 'API-Key', 'X-Auth-Token'].map((header): Quirk => [
			`the bare key in ${header}`,
			{ keyHeader: header.toLowerCase(), keyPrefix: '' },
			'If Bearer',
			'matches',
			new RegExp(`bearer token: status 401, .*bare in ${header}: accepted`),
		]),
	])('%s', async (_, behaviour, part, verdict, observed) => {
		service.mockServer.behave(behaviour);
		const found = await inspectOne(part, { write: part === 'twice is' });
		expect(found).toMatchObject({ verdict, observed: expect.stringMatching(observed) });
	});

	test('--header finds the key in that header', async () => {
		service.mockServer.behave({ keyHeader: 'x-rocket', keyPrefix: '' });
		expect(await inspectOne('If Bearer', { header: 'X-Rocket' })).toMatchObject({
			verdict: 'differs',
			observed: expect.stringMatching(/bare in X-Rocket: accepted/),
		});
	});
});

describe('if the service does not behave as assumed', () => {
	const wrongKey = ({ headers }: Parameters<Intercept>[0]) =>
		headers.authorization !== `Bearer ${service.mockServer.apiKey}`;
	const renamed = (from: keyof Participant, name: string) => () => {
		for (const participant of service.mockServer.campaign.participants) {
			Object.assign(participant, { [name]: participant[from] });
			Reflect.deleteProperty(participant, from);
		}
	};
	const details = () => service.mockServer.campaign.details();

	test.each<[string, () => void, string, RegExp, { write: true }?]>([
		[
			'another status for a wrong key',
			() => respondWith(wrongKey, 400, {}),
			'401 and 403',
			/status 400/,
		],
		[
			'a campaign that is looked up before the key is checked',
			() =>
				respondWith((request) => wrongKey(request) && request.query.id !== 'JCu82f30F1', 404, {}),
			'for a campaign that',
			/status 404/,
		],
		[
			'200 for an unknown campaign',
			() => respondWith(({ query }) => query.id === 'n8n-credential-test', 200, 'null'),
			'`getCampaign` returns',
			/200, null/,
		],
		[
			'the message of an error in another field',
			() => respondWith(({ query }) => query.id === 'n8n-credential-test', 404, { reason: 'No' }),
			'`ErrorDetail`',
			/404, \{reason\}/,
		],
		[
			'an amount that must be a number',
			() =>
				respondWith(({ body }) => typeof body?.amount === 'string', 400, { message: 'no text' }),
			'accepted as a string',
			/string: status 400, "no text"\. As a number: accepted/,
			{ write: true },
		],
		[
			'status 500 for an unknown participant',
			() => respondWith(isFor('getParticipant'), 500, {}),
			'unknown participant',
			/status 500/,
		],
		[
			'an empty participant for an unknown one',
			() => respondWith(isFor('getParticipant'), 200, { email: null }),
			'unknown participant',
			/200, \{email\}/,
		],
		[
			'no path for Qualify',
			() => respondWith(isFor('qualifyParticipant'), 404, {}),
			'path of Qualify',
			/404; the path of Add returned 405/,
		],
		[
			'no path for Qualify, with --write',
			() => respondWith(isFor('qualifyParticipant'), 404, {}),
			'path of Qualify',
			/POST returned status 404/,
			{ write: true },
		],
		[
			'another name for the email of Qualify',
			() => respondWith(isFor('qualifyParticipant'), 400, { message: 'participant missing' }),
			'Qualify expects `id`',
			/400, "participant missing"/,
			{ write: true },
		],
		[
			'Qualify without effect',
			() => respondWith(isFor('qualifyParticipant'), 200, {}),
			'Qualify expects `id`',
			/rewardEventCompleted false/,
			{ write: true },
		],
		[
			'an empty response from Add',
			() => respondWith(isFor('addParticipant'), 200, ''),
			'`addParticipant` returns',
			/200, empty body/,
			{ write: true },
		],
		[
			'a refused Add',
			() => respondWith(isFor('addParticipant'), 500, { message: 'firstName missing' }),
			'`addParticipant` returns',
			/500, "firstName missing"/,
			{ write: true },
		],
		[
			'a referrer that is not accepted',
			() =>
				respondWith(({ body }) => body?.referredByEmail !== undefined, 500, { message: 'unknown' }),
			'`referredByCode`',
			/By code: a referral\. By email: status 500, "unknown"/,
			{ write: true },
		],
		[
			'a duplicate refused with an unknown message',
			() => {
				const exists = ({ body }: Parameters<Intercept>[0]) =>
					service.mockServer.campaign.find(String(body?.email)) !== undefined;
				respondWith((request) => isFor('addParticipant')(request) && exists(request), 422, {
					message: 'Nope',
				});
			},
			'twice is',
			/Refused: status 422, "Nope"/,
			{ write: true },
		],
		[
			'a duplicate that creates another participant',
			() => {
				service.mockServer.intercept = ({ path, body }) => {
					const found = service.mockServer.campaign.find(String(body?.email));
					if (found && path.endsWith('/addParticipant')) found.referralCode += 'X';
					return false;
				};
			},
			'twice is',
			/different referral code/,
			{ write: true },
		],
		[
			'an object instead of true',
			() => respondWith(isFor('validateCode'), 200, { valid: true }),
			'`validateCode`',
			/200, \{valid\}/,
		],
		[
			'a valid code reported as invalid',
			() => respondWith(isFor('validateCode'), 200, 'false'),
			'`validateCode`',
			/participant's code: status 200, false/,
		],
		[
			'another name for the total',
			() =>
				respondWith(isFor('getCampaign'), 200, { ...details(), totalParticipants: 1, members: 30 }),
			'totalParticipants',
			/is 1; the list says 30/,
		],
		[
			'no total',
			() => respondWith(isFor('getCampaign'), 200, { members: 30 }),
			'totalParticipants',
			/No such field in \{members\}/,
		],
		[
			'another name for the share link',
			renamed('shareLink', 'link'),
			'simplified output',
			/None of 20 has shareLink\..*link/,
		],
		[
			'another name for a total of a participant',
			renamed('refereeReward', 'reward'),
			'the totals of',
			/has refereeReward\..*reward/,
		],
		[
			'a share link in another format',
			() =>
				service.mockServer.campaign.participants.forEach((participant) =>
					Object.assign(participant, { shareLink: `https://rr.example/${participant.email}` }),
				),
			'share link contains',
			/0 of 20/,
		],
		[
			'createdOn in milliseconds',
			() =>
				service.mockServer.campaign.participants.forEach((participant) =>
					Object.assign(participant, { createdOn: Date.parse(participant.createdOn) }),
				),
			'ISO 8601',
			/0 of 20/,
		],
		[
			'an unordered list',
			() => {
				const { participants } = service.mockServer.campaign;
				Object.assign(participants[3], { createdOn: participants[9].createdOn });
			},
			'at the front',
			/Not ordered/,
		],
		[
			'sort refused',
			() => respondWith(({ query }) => query.sort !== undefined, 500, {}),
			'Sort fields',
			/createdOn,asc: status 500/,
		],
		[
			'a list as a map',
			() => respondWith(isFor('getAllParticipants'), 200, { 'jo@example.com': {} }),
			'A list is',
			/200, \{\}/,
		],
		[
			'404 past the end of a list',
			() => respondWith(({ query }) => Number(query.page) > 1000, 404, {}),
			'past the end',
			/404/,
		],
	])('reports %s', async (...[, change, part, observed, options]) => {
		change();
		const found = await inspectOne(part, options);
		expect(found).toMatchObject({ verdict: 'differs', observed: expect.stringMatching(observed) });
		expect(found.location).toMatch(/\.ts:[1-9]\d*$/);
	});

	test('reports a sort that is not honoured', async () => {
		const participants = JSON.stringify(service.mockServer.campaign.participants);
		respondWith(({ query }) => query.sort !== undefined, 200, participants);
		expect(await inspectOne('Sort fields')).toMatchObject({
			verdict: 'differs',
			observed: expect.stringMatching(/not/),
		});
	});

	test('accepts a list with the newest last', async () => {
		service.mockServer.campaign.participants.reverse();
		expect(await inspectOne('at the front')).toMatchObject({
			verdict: 'matches',
			observed: expect.stringMatching(/last/),
		});
	});

	test('names that are ignored are unclear', async () => {
		service.mockServer.intercept = ({ body }) => {
			for (const name of ['fName', 'lName']) delete body?.[name];
			return false;
		};
		expect(await inspectOne('`fName`', { write: true })).toMatchObject({
			verdict: 'unclear',
			observed: expect.stringMatching(/no field/),
		});
	});

	test('refused names do not affect the check of Add without names', async () => {
		respondWith(({ body }) => body?.fName !== undefined, 400, { message: 'Unrecognized field' });
		const rows = await inspect({ write: true });
		expect(row(rows, '`fName`')).toMatchObject({
			verdict: 'unclear',
			observed: expect.stringMatching(/Refused: status 400, "Unrecognized field"/),
		});
		expect(differences(rows)).toEqual([]);
	});

	test('an amount that is refused in both formats leaves the format unclear', async () => {
		respondWith(isFor('qualifyParticipant'), 400, { message: 'No' });
		expect(await inspectOne('accepted as a string', { write: true })).toMatchObject({
			verdict: 'unclear',
			observed: expect.stringMatching(/string: status 400, "No"\. As a number: status 400/),
		});
	});

	test('finds an amount that is returned in a field', async () => {
		service.mockServer.intercept = ({ path, body }) => {
			const participant = service.mockServer.campaign.find(String(body?.email));
			if (path.endsWith('/qualifyParticipant') && participant) {
				Object.assign(participant, { revenueGenerated: body?.amount });
			}
			return false;
		};
		expect(await inspectOne('as `amount`', { write: true })).toMatchObject({
			verdict: 'matches',
			observed: expect.stringMatching(/revenueGenerated/),
		});
	});
});

describe('if the service fails', () => {
	const bodies = [
		...['', 'null', 'true', '7', '""', '[]', '{}', '[null]', '[[]]', '{"content": null}'],
		...['{"content": [null]}', '{"content": {}}', '<html>No</html>', 'No', '{"content": [{}'],
		'{"message": "a\\tb\\u0001\\u001b[31m\\r\\nc"}',
		...['[{}]', '[{"email": null, "createdOn": 7}]', '{"content": [{"referralCode": {}}]}'],
	];

	test.each(bodies.flatMap((body) => [200, 500].map((status) => ({ body, status }))))(
		'every fact has a verdict if everything but the campaign returns $status with $body',
		async ({ body, status }) => {
			respondWith(
				({ path, query }) => !path.endsWith('getCampaign') || query.id !== 'JCu82f30F1',
				status,
				body,
			);
			const rows = await inspect({ write: true });
			expect(rows.map(({ assumption }) => assumption)).toEqual(
				checks.map(({ assumption }) => assumption),
			);
			expect(
				rows.filter(({ observed }) => /<|\p{Cc}|undefined|object Object/u.test(observed)),
			).toEqual([]);
		},
	);

	/** Lets the first request through, which finds out how to send the key, and intercepts the others. */
	const afterTheFirst = (handle: Intercept) => {
		service.mockServer.intercept = (request, reply, count) =>
			count === 1 ? false : handle(request, reply, count);
	};

	test.each([429, 502, 503, 504])(
		'status %i is inconclusive, and no write is repeated',
		async (status) => {
			afterTheFirst((_, reply) => void reply.code(status).send());
			const rows = await inspect({ write: true });
			expect(differences(rows)).toEqual([]);
			expect(row(rows, 'A list is').observed).toContain(`status ${status}`);
			expect(posts()).toHaveLength(1);
		},
	);

	test('a dropped connection is inconclusive', async () => {
		afterTheFirst((_, reply) => void reply.raw.destroy());
		const rows = await inspect();
		expect(differences(rows)).toEqual([]);
		expect(row(rows, 'A list is').observed).toMatch(/No response \(E/);
	});

	test('a request that times out is inconclusive', async () => {
		service.mockServer.intercept = (request) =>
			isFor('getAllParticipants')(request) && new Promise(() => undefined);
		const rows = await inspect({ timeout: 500 });
		expect(differences(rows)).toEqual([]);
		expect(row(rows, 'A list is').observed).toBe('The request timed out.');
	}, 60_000);

	test('does not send the key to another host on a redirect', async () => {
		const other = await startMockServer({ participants: 30, apiKey: service.mockServer.apiKey });
		try {
			afterTheFirst(
				({ path }, reply) =>
					void reply
						.code(307)
						.header('location', other.url + path)
						.send(),
			);
			const rows = await inspect({ write: true });
			expect(other.requests).toEqual([]);
			expect(row(rows, 'A list is').observed).toContain('status 307');
		} finally {
			await other.close();
		}
	});

	test('an empty campaign leaves facts about participants unclear', async () => {
		service.mockServer.campaign.participants.length = 0;
		const rows = await inspect();
		expect(differences(rows)).toEqual([]);
		expect(row(rows, 'simplified output').observed).toMatch(/no participants/);
	});
});

describe('npm run check:live', () => {
	interface Result {
		code: number;
		output: string;
	}

	/** Runs the command in a separate process, as npm does. */
	const runInProcess = async (args: string[]): Promise<Result> =>
		await new Promise((resolve) => {
			const child = execFile(
				process.execPath,
				['--import', 'tsx', 'tools/live-check/start.mts', ...args],
				{ env: { ...process.env, REFERRAL_ROCKET_API_KEY: service.mockServer.apiKey } },
				(_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
			);
		});

	const run = async (args: string[], apiKey = service.mockServer.apiKey): Promise<Result> => {
		const printed: string[] = [];
		try {
			const code = await checkLive(args, apiKey, (text) => printed.push(text));
			return { code, output: printed.join('\n') };
		} catch (error) {
			expect(error).toBeInstanceOf(UserError);
			return { code: 1, output: [...printed, (error as Error).message].join('\n') };
		}
	};

	const mockServerArgs = () => ['--base-url', service.mockServer.url, '--campaign', 'JCu82f30F1'];
	const runAgainstMockServer = async (...args: string[]) =>
		await run([...mockServerArgs(), ...args]);

	/** Removes the table border and joins wrapped lines. */
	const withoutFrame = ({ output }: Result) => output.replaceAll(/[\s│]+/g, '');

	/** Checks that not even the beginning of the key is printed, even if a line is wrapped or truncated. */
	const expectNoKey = (ended: Result) => {
		expect(withoutFrame(ended)).not.toContain(service.mockServer.apiKey.slice(0, 10));
		expect(ended.output).not.toMatch(/^\s+at .*:\d+/m);
	};

	test('exits with 0 and a table if nothing differs, and mentions --write', async () => {
		const ended = await runInProcess(mockServerArgs());
		expect(ended.code).toBe(0);
		expect(ended.output).toMatch(/│ assumption +│ observation +│ verdict +│ code +│/);
		expect(ended.output).toMatch(/only with --write/i);
		expect(posts()).toEqual([]);
		expectNoKey(ended);
	}, 60_000);

	test('exits with 1 and a sentence if the service refuses the key', async () => {
		respondWith(() => true, 401, { message: service.mockServer.apiKey });
		const ended = await runInProcess(mockServerArgs());
		expect(ended.code).toBe(1);
		expect(ended.output).toMatch(/Check the key/);
		expectNoKey(ended);
	}, 60_000);

	test('exits with 1 if something differs', async () => {
		service.mockServer.behaviour.pageSizeCap = 100;
		const ended = await runAgainstMockServer();
		expect(ended.code).toBe(1);
		expect(ended.output).toMatch(/│ differs +│ api\/specification\.ts:\d+ /);
	});

	test('--write announces which participants it adds, and adds no others', async () => {
		const ended = await runAgainstMockServer('--write');
		expect(ended.code).toBe(0);
		const [before] = ended.output.split('│ assumption');
		for (const { body } of posts()) expect(before).toContain(String(body?.email));
		expect(before).toMatch(/can't delete/);
		expectNoKey(ended);
	});

	test.each([200, 400, 401, 404, 500])(
		'never shows the key if the service echoes it with status %i',
		async (status) => {
			const { apiKey } = service.mockServer;
			const escaped = JSON.stringify(apiKey).replaceAll('/', '\\/').replaceAll('=', '\\u003d');
			const long = 'x'.repeat(290);
			const otherRequests: Parameters<typeof respondWith>[0] = ({ path, query }) =>
				!path.endsWith('getCampaign') || query.id !== 'JCu82f30F1';
			respondWith(otherRequests, status, `{"message": ${escaped}, "${apiKey}": "${apiKey}"}`);
			expectNoKey(await runAgainstMockServer('--write'));
			respondWith(otherRequests, status, `${long} ${apiKey}`);
			expectNoKey(await runAgainstMockServer('--write'));
			respondWith(() => true, status, `{"error": ${escaped}, "${apiKey}": ["${apiKey}"]}`);
			expectNoKey(await runAgainstMockServer('--write'));
		},
	);

	test.each<[string, () => Promise<Result>, RegExp]>([
		['no key', async () => await run(['--campaign', 'x'], ' '), /There is no API key/],
		[
			'the key instead of the campaign',
			async () => await run(['--campaign', service.mockServer.apiKey]),
			/"\[API key\]" contains no campaign ID/,
		],
		['no campaign', async () => await run([]), /There is no campaign.*--campaign/s],
		['an unknown option', async () => await run(['--wirte']), /--wirte.*--write/s],
		[
			'a link without an ID',
			async () => await run(['--campaign', 'https://referralrocket.io/campaign']),
			/contains no campaign ID/,
		],
		[
			'a base URL that is not secure',
			async () => await run(['--campaign', 'x', '--base-url', 'http://example.com']),
			/--base-url "http:\/\/example\.com" can't be used/,
		],
		['a wrong key', async () => await run(mockServerArgs(), 'wrong'), /Check the key/],
		[
			'an unknown campaign',
			async () => await runAgainstMockServer('--campaign', 'x'),
			/Check the campaign ID/,
		],
		[
			'a web page',
			async () => {
				respondWith(() => true, 200, '<html>Sign in</html>');
				return await runAgainstMockServer();
			},
			/Check --base-url/,
		],
		[
			'no server',
			async () => {
				await service.mockServer.close();
				return await runAgainstMockServer();
			},
			/can't be reached.*ECONNREFUSED/,
		],
	])('says how to fix %s', async (_, run, expectedMessage) => {
		const ended = await run();
		expect(ended.output).toMatch(expectedMessage);
		expect(ended.output).not.toMatch(/\b(error|problem|failure|mistake)\b(?!,)/i);
		expect(ended.code).toBe(1);
		expectNoKey(ended);
	});
});
