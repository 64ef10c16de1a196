import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { checkLive } from '../../tools/live-check/command.mts';
import { checks } from '../../tools/live-check/checks.mts';
import { lineOf, report, rowsOf, type Row } from '../../tools/live-check/report.mts';
import { connect, type Account } from '../../tools/live-check/service.mts';
import { trialAt } from '../../tools/live-check/trial.mts';
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

async function inspect({ write = false, ...more }: Options = {}): Promise<Row[]> {
	const { url: baseUrl, apiKey, campaign } = service.mockServer;
	const live = await connect({ baseUrl, apiKey, campaign: campaign.id, ...more });
	const rows = await rowsOf(live, trialAt(live, write), () => undefined);
	expect(JSON.stringify(rows) + report(rows)).not.toContain(apiKey);
	return rows;
}

/** The one row whose assumption holds the text. */
function row(rows: Row[], part: string): Row {
	const found = rows.filter(({ assumed }) => assumed.includes(part));
	expect(found).toHaveLength(1);
	return found[0];
}

const differing = (rows: Row[]) =>
	rows.filter(({ verdict }) => verdict === 'differs').map(({ assumed }) => assumed);

const posts = () => service.mockServer.requests.filter(({ method }) => method === 'POST');

/** Answers some requests in place of the mock server. */
const answering = (
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

const to = (endpoint: string) => (request: Parameters<Intercept>[0]) =>
	request.path === `/api/v1/${endpoint}`;

describe('the checks and docs/api.md', () => {
	const documentedLines = async () => {
		const text = await readFile('docs/api.md', 'utf8');
		return text.split('\n').flatMap((line) => {
			const [, fact, mark] = /^\| (.*?) +\| (.*?) +\|$/.exec(line) ?? [];
			return fact === undefined ? [] : [{ fact, mark, line }];
		});
	};

	test('every line that is marked as inferred or unknown is checked, in the same order', async () => {
		const unsure = (await documentedLines()).filter(({ line }) =>
			/\b[IU]\b/.test(line.replaceAll(/`[^`]*`/g, '')),
		);
		const checked = checks.map(({ assumed }) => assumed);
		const facts = unsure.map(({ fact }) => fact);
		expect(facts.length).toBeGreaterThan(20);
		expect(checked.filter((assumed) => facts.includes(assumed))).toEqual(facts);
	});

	test('every check is about a line of it', async () => {
		const facts = (await documentedLines()).map(({ fact }) => fact);
		for (const { assumed } of checks) expect(facts).toContain(assumed);
	});

	test.each(checks)('the code that "$assumed" is about is found', async ({ code }) => {
		const [file, symbol] = code;
		const source = await readFile(path.join('nodes/ReferralRocket', file), 'utf8');
		const [, line] = (await lineOf(code)).split(':');
		expect(source.split('\n')[Number(line) - 1]).toContain(symbol);
	});
});

describe('against a service that is as assumed', () => {
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
		'Adding an email twice',
	];

	test('everything that shows by reading holds, and nothing is written', async () => {
		const before = JSON.stringify(service.mockServer.campaign.participants);
		const rows = await inspect();
		for (const part of [...byHand, ...written]) {
			expect(row(rows, part).verdict).toBe('not seen');
		}
		expect(rows.filter(({ verdict }) => verdict === 'holds')).toHaveLength(
			rows.length - byHand.length - written.length,
		);
		expect(service.mockServer.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
		expect(JSON.stringify(service.mockServer.campaign.participants)).toBe(before);
	});

	test('with --write the rest holds as well, and each thing is written once', async () => {
		const rows = await inspect({ write: true });
		expect(differing(rows)).toEqual([]);
		const unseen = ['as `amount`', '`fName`'];
		for (const part of written.filter((name) => !unseen.includes(name))) {
			expect(row(rows, part).verdict).toBe('holds');
		}
		expect(row(rows, '`fName`')).toMatchObject({
			verdict: 'not seen',
			seen: expect.stringMatching(/no field/),
		});
		expect(row(rows, 'as `amount`')).toMatchObject({
			verdict: 'not seen',
			seen: expect.stringMatching(/Look for 12.34 in Referral Rocket/),
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
		]);
		expect(service.mockServer.campaign.participants).toHaveLength(34);
	});

	test('the report is no wider than 120 characters and counts the verdicts', async () => {
		const rows = await inspect();
		const lines = report(rows).split('\n');
		expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
		expect(report(rows)).toMatch(/^holds: +22,/m);
		expect(report(rows)).toMatch(/^differs: +0,/m);
		expect(report(rows)).toContain('api/specification.ts:');
	});

	test('nobody can be recognised in the report', async () => {
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

describe('where the service behaves in another way that is known', () => {
	type Quirk = [string, Partial<Behaviour>, string, Row['verdict'], RegExp];
	test.each<Quirk>([
		['lists as arrays', { listShape: 'array' }, 'A list is', 'holds', /an array/],
		['lists as slices', { listShape: 'slice' }, 'A list is', 'holds', /\{content,.*empty\}/],
		['lists as pages', { listShape: 'page' }, 'A list is', 'holds', /totalElements/],
		['a lower cap', { pageSizeCap: 100 }, 'caps `size`', 'differs', /2001, 100 are given/],
		['no cap', { pageSizeCap: 9999 }, 'caps `size`', 'holds', /no cap/],
		[
			'a lower cap that no field tells',
			{ pageSizeCap: 10, listShape: 'array' },
			'caps `size`',
			'differs',
			/10 are given/,
		],
		[
			'a lower cap that no field tells, with pages from 1',
			{ pageSizeCap: 10, listShape: 'array', firstPage: 1 },
			'caps `size`',
			'differs',
			/10 are given/,
		],
		[
			'a cap that a small campaign does not show',
			{ listShape: 'array', firstPage: 1 },
			'caps `size`',
			'not seen',
			/only 30 participants/,
		],
		['pages from 0', { firstPage: 0 }, 'Page 0 and page 1', 'holds', /from 0/],
		['pages from 1', { firstPage: 1 }, 'Page 0 and page 1', 'holds', /from 1/],
		['pages from 1, followed', { firstPage: 1 }, '`page` is honoured', 'holds', /other/],
		['page ignored', { ignoresPage: true }, '`page` is honoured', 'differs', /0, 1 and 2/],
		['page ignored, first', { ignoresPage: true }, 'Page 0 and page 1', 'not seen', /same/],
		['page ignored, end', { ignoresPage: true }, 'past the end', 'not seen', /100,000/],
		['empty pages as null', { emptyPage: 'null' }, 'past the end', 'holds', /200, null/],
		['empty pages as nothing', { emptyPage: 'nothing' }, 'past the end', 'holds', /nothing/],
		['nobody as nothing', { unknownParticipant: 'nothing' }, 'unknown part', 'holds', /nothing/],
		['nobody as null', { unknownParticipant: 'null' }, 'unknown part', 'holds', /null/],
		['nobody as 404', { unknownParticipant: 'notFound' }, 'unknown part', 'holds', /404/],
		['adding again harmless', { addingAgain: 'harmless' }, 'twice is', 'holds', /^Harmless/],
		['adding again refused', { addingAgain: 'refused' }, 'twice is', 'holds', /already enrolled/],
		[
			'the bare key in X-API-Key',
			{ keyHeader: 'x-api-key', keyPrefix: '' },
			'Bearer KEY',
			'differs',
			/X-API-Key/,
		],
		['Bearer', {}, 'If Bearer', 'holds', /as a bearer token taken, .*X-API-Key status 401/],
		...['Authorization', 'X-API-Key', 'API-Key', 'X-Auth-Token'].map((header): Quirk => [
			`the bare key in ${header}, which is usual`,
			{ keyHeader: header.toLowerCase(), keyPrefix: '' },
			'If Bearer',
			'holds',
			new RegExp(`bearer token status 401, .*bare in ${header} taken`),
		]),
	])('%s', async (_, behaviour, part, verdict, seen) => {
		Object.assign(service.mockServer.behaviour, behaviour);
		const rows = await inspect({ write: part === 'twice is' });
		expect(row(rows, part)).toMatchObject({ verdict, seen: expect.stringMatching(seen) });
	});

	test('the key is found in a header that is given', async () => {
		Object.assign(service.mockServer.behaviour, { keyHeader: 'x-rocket', keyPrefix: '' });
		const rows = await inspect({ header: 'X-Rocket' });
		expect(row(rows, 'If Bearer')).toMatchObject({
			verdict: 'differs',
			seen: expect.stringMatching(/bare in X-Rocket taken/),
		});
	});
});

describe('where the service is not as assumed', () => {
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
			() => answering(wrongKey, 400, {}),
			'401 and 403',
			/status 400/,
		],
		[
			'a campaign that is looked up before the key',
			() => answering((request) => wrongKey(request) && request.query.id !== 'JCu82f30F1', 404, {}),
			'for a campaign that',
			/status 404/,
		],
		[
			'200 for an unknown campaign',
			() => answering(({ query }) => query.id === 'n8n-credential-test', 200, 'null'),
			'`getCampaign` returns',
			/200, null/,
		],
		[
			'words of a refusal in another field',
			() => answering(({ query }) => query.id === 'n8n-credential-test', 404, { reason: 'No' }),
			'`ErrorDetail`',
			/404, \{reason\}/,
		],
		[
			'the same for a campaign and for no path',
			() =>
				answering(({ query }) => query.id !== 'JCu82f30F1' && !query.page, 404, { message: 'No' }),
			'distinguished from',
			/campaign: status 404, \{message\}\. The path: status 404, \{message\}/,
		],
		[
			'an amount that must be a number',
			() => answering(({ body }) => typeof body?.amount === 'string', 400, { message: 'no text' }),
			'accepted as a string',
			/text: status 400, "no text"\. As a number: taken/,
			{ write: true },
		],
		[
			'status 500 for an unknown participant',
			() => answering(to('getParticipant'), 500, {}),
			'unknown participant',
			/status 500/,
		],
		[
			'a participant without anything for an unknown one',
			() => answering(to('getParticipant'), 200, { email: null }),
			'unknown participant',
			/200, \{email\}/,
		],
		[
			'no path for Qualify',
			() => answering(to('qualifyParticipant'), 404, {}),
			'path of Qualify',
			/404; on the path of Add with 405/,
		],
		[
			'no path for Qualify, with --write',
			() => answering(to('qualifyParticipant'), 404, {}),
			'path of Qualify',
			/POST answered with status 404/,
			{ write: true },
		],
		[
			'another name for the email of Qualify',
			() => answering(to('qualifyParticipant'), 400, { message: 'participant missing' }),
			'Qualify expects `id`',
			/400, "participant missing"/,
			{ write: true },
		],
		[
			'Qualify without effect',
			() => answering(to('qualifyParticipant'), 200, {}),
			'Qualify expects `id`',
			/rewardEventCompleted false/,
			{ write: true },
		],
		[
			'Add that answers with nothing',
			() => answering(to('addParticipant'), 200, ''),
			'`addParticipant` returns',
			/200, nothing/,
			{ write: true },
		],
		[
			'Add that is refused',
			() => answering(to('addParticipant'), 500, { message: 'firstName missing' }),
			'`addParticipant` returns',
			/500, "firstName missing"/,
			{ write: true },
		],
		[
			'a referrer that is not taken',
			() =>
				answering(({ body }) => body?.referredByEmail !== undefined, 500, { message: 'unknown' }),
			'`referredByCode`',
			/By code: a referral\. By email: status 500, "unknown"/,
			{ write: true },
		],
		[
			'adding again refused in other words',
			() => {
				const isThere = ({ body }: Parameters<Intercept>[0]) =>
					service.mockServer.campaign.find(String(body?.email)) !== undefined;
				answering((request) => to('addParticipant')(request) && isThere(request), 422, {
					message: 'Nope',
				});
			},
			'twice is',
			/Refused: status 422, "Nope"/,
			{ write: true },
		],
		[
			'adding again that makes another participant',
			() => {
				service.mockServer.intercept = ({ path, body }) => {
					const found = service.mockServer.campaign.find(String(body?.email));
					if (found && path.endsWith('/addParticipant')) found.referralCode += 'X';
					return false;
				};
			},
			'twice is',
			/another referral code/,
			{ write: true },
		],
		[
			'an object in place of true',
			() => answering(to('validateCode'), 200, { valid: true }),
			'`validateCode`',
			/200, \{valid\}/,
		],
		[
			'no code that is valid',
			() => answering(to('validateCode'), 200, 'false'),
			'`validateCode`',
			/participant's code: status 200, false/,
		],
		[
			'another name for the total',
			() => answering(to('getCampaign'), 200, { ...details(), totalParticipants: 1, members: 30 }),
			'totalParticipants',
			/is 1; the list says 30/,
		],
		[
			'no total',
			() => answering(to('getCampaign'), 200, { members: 30 }),
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
			'a share link of another form',
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
			'a list in no order',
			() => {
				const { participants } = service.mockServer.campaign;
				Object.assign(participants[3], { createdOn: participants[9].createdOn });
			},
			'at the front',
			/no order/,
		],
		[
			'sort refused',
			() => answering(({ query }) => query.sort !== undefined, 500, {}),
			'Sort fields',
			/createdOn,asc: status 500/,
		],
		[
			'a list as a map',
			() => answering(to('getAllParticipants'), 200, { 'jo@example.com': {} }),
			'A list is',
			/200, \{\}/,
		],
		[
			'404 past the end of a list',
			() => answering(({ query }) => Number(query.page) > 1000, 404, {}),
			'past the end',
			/404/,
		],
	])('%s is told', async (...[, change, part, seen, options]) => {
		change();
		const found = row(await inspect(options), part);
		expect(found).toMatchObject({ verdict: 'differs', seen: expect.stringMatching(seen) });
		expect(found.line).toMatch(/\.ts:[1-9]\d*$/);
	});

	test('a sort that is not followed is reported', async () => {
		const participants = JSON.stringify(service.mockServer.campaign.participants);
		answering(({ query }) => query.sort !== undefined, 200, participants);
		expect(row(await inspect(), 'Sort fields')).toMatchObject({
			verdict: 'differs',
			seen: expect.stringMatching(/not/),
		});
	});

	test('a list with the newest last is as good', async () => {
		service.mockServer.campaign.participants.reverse();
		expect(row(await inspect(), 'at the front')).toMatchObject({
			verdict: 'holds',
			seen: expect.stringMatching(/last/),
		});
	});

	test('names that come back in fields are seen', async () => {
		service.mockServer.intercept = ({ path, body }) => {
			if (path.endsWith('/addParticipant') && body?.fName) {
				const { fName: firstName, lName: lastName } = body as Record<string, string>;
				service.mockServer.campaign.add(String(body.email), undefined, {
					firstName,
					lastName,
				} as never);
			}
			return false;
		};
		expect(row(await inspect({ write: true }), '`fName`')).toMatchObject({
			verdict: 'holds',
			seen: expect.stringMatching(/firstName and lastName/),
		});
	});

	test('names that are refused say nothing against adding without them', async () => {
		answering(({ body }) => body?.fName !== undefined, 400, { message: 'Unrecognized field' });
		const rows = await inspect({ write: true });
		expect(row(rows, '`fName`')).toMatchObject({
			verdict: 'not seen',
			seen: expect.stringMatching(/Refused: status 400, "Unrecognized field"/),
		});
		expect(differing(rows)).toEqual([]);
	});

	test('an amount that is not taken either way says nothing about how it is written', async () => {
		answering(to('qualifyParticipant'), 400, { message: 'No' });
		expect(row(await inspect({ write: true }), 'accepted as a string')).toMatchObject({
			verdict: 'not seen',
			seen: expect.stringMatching(/text: status 400, "No"\. As a number: status 400/),
		});
	});

	test('an amount that comes back in a field is seen', async () => {
		service.mockServer.intercept = ({ path, body }) => {
			const participant = service.mockServer.campaign.find(String(body?.email));
			if (path.endsWith('/qualifyParticipant') && participant) {
				Object.assign(participant, { revenueGenerated: body?.amount });
			}
			return false;
		};
		expect(row(await inspect({ write: true }), 'as `amount`')).toMatchObject({
			verdict: 'holds',
			seen: expect.stringMatching(/revenueGenerated/),
		});
	});
});

describe('where the service does not answer as a service', () => {
	const bodies = [
		...['', 'null', 'true', '7', '""', '[]', '{}', '[null]', '[[]]', '{"content": null}'],
		...['{"content": [null]}', '{"content": {}}', '<html>No</html>', 'No', '{"content": [{}'],
		'{"message": "a\\tb\\u0001\\u001b[31m\\r\\nc"}',
		...['[{}]', '[{"email": null, "createdOn": 7}]', '{"content": [{"referralCode": {}}]}'],
	];

	test.each(bodies.flatMap((body) => [200, 500].map((status) => ({ body, status }))))(
		'every line has its verdict when all else is $status with $body',
		async ({ body, status }) => {
			answering(
				({ path, query }) => !path.endsWith('getCampaign') || query.id !== 'JCu82f30F1',
				status,
				body,
			);
			const rows = await inspect({ write: true });
			expect(rows.map(({ assumed }) => assumed)).toEqual(checks.map(({ assumed }) => assumed));
			expect(rows.filter(({ seen }) => /<|\p{Cc}|undefined|object Object/u.test(seen))).toEqual([]);
		},
	);

	/** Lets the first question pass, by which the key is found, and hands the others over. */
	const afterTheFirst = (handle: Intercept) => {
		service.mockServer.intercept = (request, reply, count) =>
			count === 1 ? false : handle(request, reply, count);
	};

	test.each([429, 502, 503, 504])(
		'status %i says nothing about what was assumed, and nothing is asked twice',
		async (status) => {
			afterTheFirst((_, reply) => void reply.code(status).send());
			const rows = await inspect({ write: true });
			expect(differing(rows)).toEqual([]);
			expect(row(rows, 'A list is').seen).toContain(`status ${status}`);
			expect(posts()).toHaveLength(1);
		},
	);

	test('a connection that is cut says nothing about what was assumed', async () => {
		afterTheFirst((_, reply) => void reply.raw.destroy());
		const rows = await inspect();
		expect(differing(rows)).toEqual([]);
		expect(row(rows, 'A list is').seen).toMatch(/No answer came \(E/);
	});

	test('a service that falls silent is not waited for', async () => {
		service.mockServer.intercept = (request) =>
			to('getAllParticipants')(request) && new Promise(() => undefined);
		const rows = await inspect({ timeout: 500 });
		expect(differing(rows)).toEqual([]);
		expect(row(rows, 'A list is').seen).toBe('No answer came in time.');
	}, 60_000);

	test('the key does not follow to another address', async () => {
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
			expect(row(rows, 'A list is').seen).toContain('status 307');
		} finally {
			await other.close();
		}
	});

	test('a campaign without participants leaves open what only participants show', async () => {
		service.mockServer.campaign.participants.length = 0;
		const rows = await inspect();
		expect(differing(rows)).toEqual([]);
		expect(row(rows, 'simplified output').seen).toMatch(/no participants/);
	});
});

describe('npm run check:live', () => {
	interface Ended {
		code: number;
		output: string;
	}

	/** The command in a process of its own, as npm runs it. */
	const started = async (args: string[]): Promise<Ended> =>
		await new Promise((resolve) => {
			const child = execFile(
				process.execPath,
				['--import', 'tsx', 'tools/live-check/start.mts', ...args],
				{ env: { ...process.env, REFERRAL_ROCKET_API_KEY: service.mockServer.apiKey } },
				(_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
			);
		});

	const command = async (args: string[], apiKey = service.mockServer.apiKey): Promise<Ended> => {
		const printed: string[] = [];
		try {
			const code = await checkLive(args, apiKey, (text) => printed.push(text));
			return { code, output: printed.join('\n') };
		} catch (error) {
			expect(error).toBeInstanceOf(UserError);
			return { code: 1, output: [...printed, (error as Error).message].join('\n') };
		}
	};

	const standInArgs = () => ['--base-url', service.mockServer.url, '--campaign', 'JCu82f30F1'];
	const onStandIn = async (...args: string[]) => await command([...standInArgs(), ...args]);

	/** Without the frame, and what was wrapped in one line again. */
	const withoutFrame = ({ output }: Ended) => output.replaceAll(/[\s│]+/g, '');

	/** Not even the beginning of the key, wherever a line or a long text may have been broken. */
	const expectNoKey = (ended: Ended) => {
		expect(withoutFrame(ended)).not.toContain(service.mockServer.apiKey.slice(0, 10));
		expect(ended.output).not.toMatch(/^\s+at .*:\d+/m);
	};

	test('ends with 0 and a table when nothing differs, and says what --write is for', async () => {
		const ended = await started(standInArgs());
		expect(ended.code).toBe(0);
		expect(ended.output).toMatch(/│ assumed +│ seen +│ verdict +│ line of code +│/);
		expect(ended.output).toMatch(/only with --write/i);
		expect(posts()).toEqual([]);
		expectNoKey(ended);
	}, 60_000);

	test('ends with 1 and a sentence when it can not be inspected', async () => {
		answering(() => true, 401, { message: service.mockServer.apiKey });
		const ended = await started(standInArgs());
		expect(ended.code).toBe(1);
		expect(ended.output).toMatch(/Check the key/);
		expectNoKey(ended);
	}, 60_000);

	test('ends with 1 when something differs', async () => {
		service.mockServer.behaviour.pageSizeCap = 100;
		const ended = await onStandIn();
		expect(ended.code).toBe(1);
		expect(ended.output).toMatch(/│ differs +│ api\/specification\.ts:\d+ /);
	});

	test('with --write says beforehand who is added, and adds nobody else', async () => {
		const ended = await onStandIn('--write');
		expect(ended.code).toBe(0);
		const [before] = ended.output.split('│ assumed');
		for (const { body } of posts()) expect(before).toContain(String(body?.email));
		expect(before).toMatch(/can't delete/);
		expectNoKey(ended);
	});

	test.each([200, 400, 401, 404, 500])(
		'never shows the key that the service repeats with status %i',
		async (status) => {
			const { apiKey } = service.mockServer;
			const escaped = JSON.stringify(apiKey).replaceAll('/', '\\/').replaceAll('=', '\\u003d');
			const long = 'x'.repeat(290);
			const others: Parameters<typeof answering>[0] = ({ path, query }) =>
				!path.endsWith('getCampaign') || query.id !== 'JCu82f30F1';
			answering(others, status, `{"message": ${escaped}, "${apiKey}": "${apiKey}"}`);
			expectNoKey(await onStandIn('--write'));
			answering(others, status, `${long} ${apiKey}`);
			expectNoKey(await onStandIn('--write'));
			answering(() => true, status, `{"error": ${escaped}, "${apiKey}": ["${apiKey}"]}`);
			expectNoKey(await onStandIn('--write'));
		},
	);

	test.each<[string, () => Promise<Ended>, RegExp]>([
		['no key', async () => await command(['--campaign', 'x'], ' '), /There is no API key/],
		[
			'the key in place of the campaign',
			async () => await command(['--campaign', service.mockServer.apiKey]),
			/"\[API key\]" contains no campaign ID/,
		],
		['no campaign', async () => await command([]), /There is no campaign.*--campaign/s],
		['an unknown option', async () => await command(['--wirte']), /--wirte.*--write/s],
		[
			'a link without an ID',
			async () => await command(['--campaign', 'https://referralrocket.io/campaign']),
			/contains no campaign ID/,
		],
		[
			'a base URL that is not secure',
			async () => await command(['--campaign', 'x', '--base-url', 'http://example.com']),
			/--base-url "http:\/\/example\.com" can't be used/,
		],
		['a wrong key', async () => await command(standInArgs(), 'wrong'), /Check the key/],
		[
			'an unknown campaign',
			async () => await onStandIn('--campaign', 'x'),
			/Check the campaign ID/,
		],
		[
			'a web page',
			async () => {
				answering(() => true, 200, '<html>Sign in</html>');
				return await onStandIn();
			},
			/Check --base-url/,
		],
		[
			'no server',
			async () => {
				await service.mockServer.close();
				return await onStandIn();
			},
			/can't be asked.*ECONNREFUSED/,
		],
	])('says what to do about %s', async (_, run, says) => {
		const ended = await run();
		expect(ended.output).toMatch(says);
		expect(ended.output).not.toMatch(/\b(error|problem|failure|mistake)\b(?!,)/i);
		expect(ended.code).toBe(1);
		expectNoKey(ended);
	});
});
