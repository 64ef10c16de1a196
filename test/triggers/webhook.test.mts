import { createHmac } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { INodeParameters, INodePropertyOptions } from 'n8n-workflow';
import { eventNames } from '../../nodes/ReferralRocket/api/specification.ts';
import { ReferralRocketTrigger } from '../../nodes/ReferralRocket/ReferralRocketTrigger.node.ts';
import { locator } from '../support/mockServer.mts';
import { Hook } from '../support/triggerContexts.mts';

const secret = 'whsec 9f2c with spaces';
const hexSecret = '9f86d081884c7d659a2feaa0c55ad015';
const hooks: Hook[] = [];
afterEach(async () => {
	expect(hooks.map(({ answeredTwice }) => answeredTwice)).toEqual(hooks.map(() => 0));
	await Promise.all(hooks.splice(0).map(async (hook) => await hook.close()));
});

async function hookWith(parameters: INodeParameters = {}, webhookSecret = secret, mode?: 'manual') {
	const hook = new Hook({ apiKey: 'key', webhookSecret }, { events: ['any'], ...parameters }, mode);
	await hook.open();
	hooks.push(hook);
	return hook;
}

const data = {
	participantId: 4711,
	firstName: 'Jo',
	lastName: 'Müller',
	email: 'jo+1@example.com',
	code: '8Mnu09TD',
	campaignId: 'JCu82f30F1',
	referredByCode: '7ZZp9eBG',
	referralRewardBalance: 20,
	refereeActionCompleted: true,
	totalReferred: 3,
	score: 'Low',
	createdOn: '2026-11-04T15:41:08.828+00:00',
	somethingNew: { deep: true },
};
const event = (more: object = {}) => ({
	eventType: 'referrer_added',
	data,
	createdAt: 1_760_000_000_000,
	updatedAt: 1_760_000_000_001,
	...more,
});
const sign = (body: string | Buffer, key: string | Buffer = secret) =>
	createHmac('sha256', key).update(body).digest('hex');

async function send(hook: Hook, content: unknown, key: string | Buffer = secret) {
	const body = JSON.stringify(content);
	return await hook.post(body, { 'x-rr-signature': sign(body, key) });
}

/** n8n's picker shows them, each with its description, in place of "On Referrer Created". */
test('every event has a sentence of its own for the list of triggers', () => {
	const { properties } = new ReferralRocketTrigger().description;
	const events = properties.find(({ displayName }) => displayName === 'Events');
	const options = events?.options as INodePropertyOptions[];
	expect(options.map(({ value }) => value).sort()).toEqual(Object.keys(eventNames).sort());
	for (const { name, action } of options) {
		expect(action).toMatch(new RegExp(`^On ${name}(: [a-z ]+)?$`, 'i'));
	}
	expect(new Set(options.map(({ action }) => action)).size).toBe(options.length);
});

describe('a signed event', () => {
	test('starts the workflow with the participant under the names of the action node', async () => {
		const hook = await hookWith();
		expect(await send(hook, event())).toEqual({ status: 200, data: { message: 'Received.' } });
		expect(hook.executions).toEqual([
			[
				{
					json: {
						event: 'referrer_added',
						eventAt: '2025-10-09T08:53:20.000Z',
						campaignId: 'JCu82f30F1',
						email: 'jo+1@example.com',
						firstName: 'Jo',
						lastName: 'Müller',
						referralCode: '8Mnu09TD',
						referredByCode: '7ZZp9eBG',
						totalReferrals: 3,
						referralRewardBalance: 20,
						rewardEventCompleted: true,
						createdOn: '2026-11-04T15:41:08.828+00:00',
					},
				},
			],
		]);
	});

	test('keeps its name where its data has an event and a time of its own', async () => {
		const hook = await hookWith();
		await send(hook, event({ data: { ...data, event: 'something', eventAt: 'never' } }));
		expect(hook.executions[0][0].json).toMatchObject({
			event: 'referrer_added',
			eventAt: '2025-10-09T08:53:20.000Z',
		});
	});

	test('comes as it was sent with Simplify off', async () => {
		const hook = await hookWith({ simplify: false });
		await send(hook, event());
		expect(hook.executions).toEqual([[{ json: event() }]]);
	});

	test.each([
		['the text of the secret', secret, secret],
		['the text of a secret that looks like hex', hexSecret, hexSecret],
		['the bytes of a hex secret', hexSecret, Buffer.from(hexSecret, 'hex')],
		['a secret with spaces around it in the credential', ` ${secret}\n`, secret],
	])('counts when it is signed with %s', async (_, stored, key) => {
		const hook = await hookWith({}, stored);
		expect((await send(hook, event(), key)).status).toBe(200);
		expect(hook.executions.length).toBe(1);
	});

	test('counts with the signature in capitals', async () => {
		const hook = await hookWith();
		const body = JSON.stringify(event());
		expect((await hook.post(body, { 'x-rr-signature': sign(body).toUpperCase() })).status).toBe(
			200,
		);
		expect(hook.executions.length).toBe(1);
	});

	test.each([undefined, null, 'yesterday', '2026-11-04', 1e20, NaN])(
		'with %p for a time has no eventAt, and starts the workflow all the same',
		async (createdAt) => {
			const hook = await hookWith();
			expect((await send(hook, event({ createdAt }))).status).toBe(200);
			expect(hook.executions.map(([{ json }]) => json.eventAt)).toEqual([null]);
		},
	);

	test('is waited for also where an expression gives one event as text', async () => {
		const hook = await hookWith({ events: 'referrerCreated' });
		expect((await send(hook, event({ createdAt: 1_760_000_004_321 }))).status).toBe(200);
		expect(hook.executions.length).toBe(1);
	});

	test('of 1 MB arrives whole', async () => {
		const hook = await hookWith({ simplify: false });
		const large = event({ data: { ...data, note: 'ä'.repeat(1_000_000) } });
		expect((await send(hook, large)).status).toBe(200);
		expect(hook.executions).toEqual([[{ json: large }]]);
	});
});

describe('a request that is not signed as it should be gets 401, starts nothing and leaves no trace', () => {
	const body = JSON.stringify(event());
	test.each<[string, Record<string, string | string[]>, (string | Buffer)?]>([
		['without a signature', {}],
		['with an empty signature', { 'x-rr-signature': '' }],
		['with another key', { 'x-rr-signature': sign(body, 'other') }],
		['with an empty key', { 'x-rr-signature': sign(body, '') }],
		['with the signature of another body', { 'x-rr-signature': sign(`${body} `) }],
		[
			'with one digit changed',
			{ 'x-rr-signature': sign(body).replace(/.$/, (digit) => (digit === '0' ? '1' : '0')) },
		],
		['with a signature cut short', { 'x-rr-signature': sign(body).slice(0, 62) }],
		['with something before the signature', { 'x-rr-signature': `sha256=${sign(body)}` }],
		[
			'with the signature in base64',
			{ 'x-rr-signature': Buffer.from(sign(body), 'hex').toString('base64') },
		],
		['with two signatures', { 'x-rr-signature': [sign(body), sign(body, 'other')] }],
		['in another encoding', { 'x-rr-signature': sign(body) }, Buffer.from(body, 'latin1')],
		['in UTF-16', { 'x-rr-signature': sign(body) }, Buffer.from(body, 'utf16le')],
	])('%s', async (_, headers, sent = body) => {
		const hook = await hookWith();
		expect(await hook.post(sent, headers)).toEqual({
			status: 401,
			data: { message: 'The signature is missing or wrong.' },
		});
		expect(hook.executions).toEqual([]);
		expect(hook.stored).toBe('{}');
	});
});

test.each(['whsec_ab', 'zz00', 'abxyz', 'ab_', 'abc'])(
	'the secret %s, which is no hex, has no shorter reading that a stranger could sign with',
	async (secretOfText) => {
		const hook = await hookWith({}, secretOfText);
		const decoded = Buffer.from(secretOfText, 'hex');
		expect((await send(hook, event(), decoded)).status).toBe(401);
		expect((await send(hook, event(), secretOfText)).status).toBe(200);
	},
);

describe('with several secrets in the credential', () => {
	const first = 'whsec-of-the-test-url';
	const second = hexSecret;
	const withSpaces = 'one secret with spaces-in-between-it';
	test.each([
		['commas', `${first},${second}`],
		['commas and spaces', ` ${first} , ${second} `],
		['spaces', `${first} ${second}`],
		['lines', `${first}\r\n${second}\n`],
		['commas too many', `,${first},,${second},`],
	])('between %s, an event that is signed with either counts', async (_, stored) => {
		const hook = await hookWith({ options: { ignoreRepeats: false } }, stored);
		for (const key of [first, second, Buffer.from(second, 'hex')]) {
			expect((await send(hook, event(), key)).status).toBe(200);
		}
		expect(hook.executions.length).toBe(3);
	});

	test.each([
		['of neither', `${first},${second}`, 'whsec-of-somebody-else'],
		['of nothing', `${first},,${second},`, ''],
		['of half a secret', `${first},${second}`, second.slice(0, 16)],
		['of a label', `Production: ${first}, Test: ${second}`, 'Production:'],
		['of a word of one secret', withSpaces, 'secret'],
	])('an event with a signature %s gets 401', async (_, stored, key) => {
		const hook = await hookWith({}, stored);
		expect((await send(hook, event(), key)).status).toBe(401);
		expect(hook.executions).toEqual([]);
	});

	test('a secret with spaces still counts as a whole', async () => {
		const hook = await hookWith({}, withSpaces);
		expect((await send(hook, event(), withSpaces)).status).toBe(200);
	});

	test('labels beside them do no harm', async () => {
		const hook = await hookWith({}, `Production: ${first}, Test: ${second}`);
		expect((await send(hook, event(), first)).status).toBe(200);
	});
});

test.each([
	['a list', '[1]'],
	['a number', '5'],
	['a text', '"hello"'],
	['null', 'null'],
	['an object without data', '{"eventType":"referrer_added"}'],
	['an object without a name', '{"data":{}}'],
	['an event whose data is a list', '{"eventType":"referrer_added","data":[]}'],
	['no JSON', '{"eventType":'],
	['nothing', ''],
])('a signed body that is %s gets 400 and starts nothing', async (_, body) => {
	const hook = await hookWith();
	expect(await hook.post(body, { 'x-rr-signature': sign(body) })).toEqual({
		status: 400,
		data: { message: 'This is not an event of Referral Rocket.' },
	});
	expect(hook.executions).toEqual([]);
	expect(hook.stored).toBe('{}');
});

test.each([
	['referrer_added', ['referrerCreated'], true],
	['referrer_added', ['refereeCreated', 'rewardUnlocked'], false],
	['referrer_added', ['any'], true],
	['referee_added', ['refereeCreated'], true],
	['REFEREE.CREATED', ['refereeCreated'], true],
	['referee_added', ['referrerCreated'], false],
	['reward_unlocked', ['rewardUnlocked'], true],
	['participantRewardEarned', ['rewardUnlocked', 'referrerCreated'], true],
	['referee_reward_unlocked', ['refereeCreated', 'rewardUnlocked'], false],
	['referee_removed', ['refereeCreated'], false],
	['reward_unlocked', ['rewardUnlocked'], true],
	['reward_removed', ['rewardUnlocked'], false],
	['reward_redeemed', ['rewardUnlocked'], false],
	['reward_unlocked_reverted', ['rewardUnlocked'], false],
	['reward_redeemed', ['any'], true],
	['something_new', ['referrerCreated', 'refereeCreated', 'rewardUnlocked'], false],
	['something_new', ['any'], true],
	['', ['any'], true],
])('the event %j, with %j selected, starts the workflow: %s', async (eventType, events, starts) => {
	const hook = await hookWith({ events });
	const message = starts ? 'Received.' : 'Received. This workflow does not wait for such an event.';
	expect(await send(hook, event({ eventType }))).toEqual({ status: 200, data: { message } });
	expect(hook.executions.length).toBe(starts ? 1 : 0);
});

test.each([
	['of its campaign', 'JCu82f30F1', 'one execution'],
	['of another campaign', 'Other', 'none'],
	['of its campaign, given as a number', 4711, 'one execution'],
	['of another campaign, given as a number', 4712, 'none'],
	['that names no campaign', undefined, 'one execution'],
])('with a campaign chosen, an event %s (%j) starts %s', async (_, campaignId, started) => {
	const id = typeof campaignId === 'number' ? '4711' : 'JCu82f30F1';
	const link = `https://referralrocket.io/campaign?id=${id}`;
	const hook = await hookWith({ campaignId: locator(link, 'url') });
	expect((await send(hook, event({ data: { ...data, campaignId } }))).status).toBe(200);
	expect(hook.executions.length).toBe(started === 'none' ? 0 : 1);
});

describe('an event that is delivered again', () => {
	test('starts the workflow once, also after a restart and with another time of delivery', async () => {
		const hook = await hookWith();
		await send(hook, event());
		expect(await send(hook, event({ updatedAt: 1_770_000_000_000 }))).toEqual({
			status: 200,
			data: { message: 'Received before.' },
		});
		const restarted = await hookWith();
		restarted.stored = hook.stored;
		expect((await send(restarted, event())).status).toBe(200);
		expect([...hook.executions, ...restarted.executions].length).toBe(1);
	});

	test('at the same moment starts the workflow once', async () => {
		const hook = await hookWith({}, 'another secret');
		const together = event({ createdAt: 1_760_000_009_999 });
		await Promise.all(
			Array.from({ length: 5 }, async () => await send(hook, together, 'another secret')),
		);
		expect(hook.executions.length).toBe(1);
	});

	const noPerson = { campaignId: 'JCu82f30F1' };
	test.each<[string, object, object]>([
		['at another time', {}, { createdAt: 1_760_000_000_500 }],
		['of another name', {}, { eventType: 'referee_added' }],
		['of someone else', {}, { data: { ...data, participantId: 4712, email: 'al@example.com' } }],
		['of another reward at the same moment', {}, { data: { ...data, referralRewardBalance: 40 } }],
		[
			'of someone else, told by another field than address or ID',
			{ data: { ...noPerson, code: 'A' } },
			{ data: { ...noPerson, code: 'B' } },
		],
		...[0, '', 1_760_000_000, null, undefined].map((createdAt): [string, object, object] => [
			`of someone else, with the time ${JSON.stringify(createdAt)}`,
			{ createdAt },
			{ createdAt, data: { ...data, email: 'al@example.com' } },
		]),
	])('is not taken for one %s', async (_, first, second) => {
		const hook = await hookWith();
		for (const more of [first, second, first, second]) await send(hook, event(more));
		expect(hook.executions.length).toBe(2);
	});

	describe.each([1, 2] as const)('to n8n %i', (version) => {
		const hookOfVersion = async () => Object.assign(await hookWith(), { n8n: version });
		const restarted = async (hook: Hook) =>
			Object.assign(await hookOfVersion(), { stored: hook.stored });
		const events = Array.from({ length: 100 }, (_, number) => event({ createdAt: number + 1 }));

		test('one after the other or all at once, starts nothing, also after a restart', async () => {
			const hook = await hookOfVersion();
			for (const one of events.slice(0, 8)) await send(hook, one);
			await Promise.all(events.slice(8).map(async (one) => await send(hook, one)));
			expect(hook.executions.length).toBe(100);
			const again = await restarted(hook);
			await Promise.all(events.map(async (one) => await send(again, one)));
			expect(again.executions).toEqual([]);
		}, 30_000);

		test('starts nothing where n8n stores what it has answered in any order', async () => {
			const hook = await hookOfVersion();
			hook.beforeStored = async () => await wait(100 * Math.random());
			const sendAll = async (to: Hook, some: object[]) =>
				await Promise.all(some.map(async (one) => await send(to, one)));
			for (let start = 0; start < 100; start += 20) {
				const some = events.slice(start, start + 20);
				await sendAll(hook, some);
				const other = await restarted(hook);
				await sendAll(other, some);
				expect(other.executions).toEqual([]);
			}
			expect(hook.executions.length).toBe(100);
		}, 30_000);

		test('is stored where it was not, so that it starts nothing elsewhere', async () => {
			const hook = await hookOfVersion();
			await send(hook, events[0]);
			hook.stored = '{}';
			await send(hook, events[0]);
			const other = await restarted(hook);
			await send(other, events[0]);
			expect([...hook.executions, ...other.executions].length).toBe(1);
		});

		test('since n8n could not start the workflow starts it then, once', async () => {
			const hook = await hookOfVersion();
			hook.canStart = false;
			expect((await send(hook, events[0])).status).toBe(500);
			hook.canStart = true;
			expect((await send(hook, events[1])).data.message).toBe('Received.');
			expect(await send(hook, events[0])).toEqual({ status: 200, data: { message: 'Received.' } });
			expect((await send(hook, events[0])).data.message).toBe('Received before.');
			expect(hook.executions.length).toBe(2);
		});

		test('since n8n could not start the workflow starts it also after a restart, once another event has come', async () => {
			const hook = await hookOfVersion();
			hook.canStart = false;
			await send(hook, events[0]);
			hook.canStart = true;
			await send(hook, events[1]);
			const again = await restarted(hook);
			expect((await send(again, events[0])).data.message).toBe('Received.');
			expect((await send(again, events[1])).data.message).toBe('Received before.');
		});

		test.each([
			['could not start the workflow after all is taken', false],
			['has started the workflow after all starts nothing', true],
		])('since the service has hung up, and n8n %s', async (_, canStart) => {
			const hook = await hookOfVersion();
			let start = () => {};
			hook.beforeStart = new Promise<void>((done) => (start = done));
			hook.canStart = canStart;
			const body = JSON.stringify(events[0]);
			const headers = { 'x-rr-signature': sign(body) };
			const hangUp = AbortSignal.timeout(100);
			await expect(hook.post(body, headers, hangUp)).rejects.toThrow('canceled');
			const second = send(hook, events[0]);
			start();
			hook.beforeStart = undefined;
			if (!canStart) while (hook.failures === 0) await new Promise(setImmediate);
			hook.canStart = true;
			expect((await second).status).toBe(200);
			expect(hook.executions.length).toBe(1);
		});
	});

	test('starts the workflow each time with Ignore Repeats off, and in a test in the editor', async () => {
		for (const hook of [
			await hookWith({ options: { ignoreRepeats: false } }),
			await hookWith({}, secret, 'manual'),
		]) {
			await send(hook, event());
			await send(hook, event());
			expect(hook.executions.length).toBe(2);
			expect(hook.stored).toBe('{}');
		}
	});

	describe('is remembered', () => {
		afterEach(() => jest.restoreAllMocks());
		const day = 86_400_000;
		const atDay = (number: number) => jest.spyOn(Date, 'now').mockReturnValue(number * day);

		test('for a week at least, among other days, and forgotten by then', async () => {
			const hook = await hookWith();
			atDay(20_000);
			await send(hook, event({ createdAt: 1 }));
			atDay(20_007);
			await send(hook, event({ createdAt: 2 }));
			expect((await send(hook, event({ createdAt: 1 }))).data.message).toBe('Received before.');
			atDay(20_008);
			await send(hook, event({ createdAt: 3 }));
			expect(hook.stored.match(/"20\d\d\d"/g)).toEqual(['"20007"', '"20008"']);
			expect((await send(hook, event({ createdAt: 2 }))).data.message).toBe('Received before.');
		});

		test('among 5,000, in 30 kB', async () => {
			const hook = await hookWith();
			const keys = Array.from({ length: 6000 }, (_, number) => String(number).padStart(6, '0'));
			atDay(20_001);
			hook.stored = JSON.stringify({
				'node:Trigger': {
					received: { 20000: keys.slice(0, 3000).join(''), 20001: keys.slice(3000).join('') },
				},
			});
			await send(hook, event());
			expect((await send(hook, event())).data.message).toBe('Received before.');
			const { received } = JSON.parse(hook.stored)['node:Trigger'];
			expect(Object.values(received).join('').length).toBe(5000 * 6);
			expect(received['20001'].slice(0, -6)).toBe(keys.slice(3000).join(''));
			expect(hook.stored.length).toBeLessThan(31_000);
		});
	});
});

test('a form gets 401, starts nothing and leaves no trace', async () => {
	const hook = await hookWith();
	const body = '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n';
	const headers = { 'content-type': 'multipart/form-data; boundary=x' };
	expect((await hook.post(body, headers)).status).toBe(401);
	expect((await hook.post(body, { ...headers, 'x-rr-signature': sign(body) })).status).toBe(401);
	expect([hook.executions, hook.stored, hook.failures]).toEqual([[], '{}', 0]);
});

describe('in a test in the editor, the user reads why an event is not taken', () => {
	const refusal = async (parameters: INodeParameters, content: unknown, key = secret) => {
		const hook = await hookWith(parameters, secret, 'manual');
		const { status, data } = await send(hook, content, key);
		expect(status).toBe(500);
		expect(hook.executions).toEqual([]);
		return `${data.message} ${hook.lastError?.description}`;
	};

	test.each<[string, INodeParameters, unknown, string | undefined, RegExp]>([
		[
			'signed with another secret',
			{},
			event(),
			'other',
			/not signed with the 'Webhook Secret' .*Settings → Webhooks.*press Execute step again/,
		],
		['that is none', {}, [1], undefined, /Test URL is not an event .*press Execute step again/],
		[
			'that is not selected',
			{ events: ['rewardUnlocked'] },
			event(),
			undefined,
			/not selected in this trigger: Referrer Created .*'Events'/,
		],
		[
			'that is not known here',
			{ events: ['rewardUnlocked'] },
			event({ eventType: 'something_new' }),
			undefined,
			/not selected in this trigger: "something_new" .*Any Event/,
		],
		[
			'of another campaign',
			{ campaignId: locator('Other') },
			event(),
			undefined,
			/another campaign arrived: "JCu82f30F1" .*'Campaign'/,
		],
	])('%s', async (_, parameters, content, key, says) => {
		expect(await refusal(parameters, content, key)).toMatch(says);
	});
});

describe('without a secret in the credential', () => {
	test.each([
		['blank', ' '],
		['only commas', ' , ,'],
		['not there, as in a credential from before the trigger', undefined],
	])('that is %s: activation is refused, and a request never gets in', async (_, stored) => {
		const hook = new Hook({ apiKey: 'key', webhookSecret: stored as string }, { events: ['any'] });
		await hook.open();
		hooks.push(hook);
		await expect(hook.activate()).rejects.toThrow('Copy the secret from Settings → Webhooks');
		const body = JSON.stringify(event());
		expect((await hook.post(body, { 'x-rr-signature': sign(body, '') })).status).toBe(500);
		expect([hook.executions, hook.failures]).toEqual([[], 0]);
	});

	test('activation works only when the user has switched verification off', async () => {
		const hook = await hookWith({ options: { verifySignature: false } }, '');
		expect(await hook.activate()).toBe(true);
		expect((await hook.post(JSON.stringify(event()))).status).toBe(200);
		expect(hook.executions.length).toBe(1);
	});

	test('with one, activation works, and so does deactivation', async () => {
		const hook = await hookWith();
		expect(await hook.activate()).toBe(true);
		expect(await hook.deactivate()).toBe(true);
	});

	test('activation is refused with a link that holds no campaign', async () => {
		const campaign = locator('https://referralrocket.io/campaign', 'url');
		const hook = await hookWith({ campaignId: campaign });
		await expect(hook.activate()).rejects.toThrow('contains no campaign ID');
	});
});
