import { createHmac } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { type INodeParameters, type INodePropertyOptions } from 'n8n-workflow';
import { eventNames } from '../../nodes/ReferralRocket/api/specification.ts';
import { ReferralRocketTrigger } from '../../nodes/ReferralRocket/ReferralRocketTrigger.node.ts';
import { locator } from '../support/mockServer.mts';
import { decryptionCount } from '../support/engine.mts';
import { ActiveWebhookTrigger } from '../support/triggerContexts.mts';

const secret = 'whsec_9f2c:+/=';
const hexSecret = '9f86d081884c7d659a2feaa0c55ad015';
const hooks: ActiveWebhookTrigger[] = [];
afterEach(async () => {
	expect(hooks.map(({ doubleResponses }) => doubleResponses)).toEqual(hooks.map(() => 0));
	await Promise.all(hooks.splice(0).map(async (hook) => await hook.close()));
});

async function hookWith(parameters: INodeParameters = {}, webhookSecret = secret, mode?: 'manual') {
	const hook = new ActiveWebhookTrigger(
		{ apiKey: 'key', webhookSecret },
		{ events: ['any'], ...parameters },
		mode,
	);
	await hook.open();
	hooks.push(hook);
	return hook;
}

/** A minute ago. */
const createdAt = Date.now() - 60_000;
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
	createdAt,
	updatedAt: createdAt + 1,
	...more,
});
const sign = (body: string | Buffer, key: string | Buffer = secret) =>
	createHmac('sha256', key).update(body).digest('hex');

async function send(hook: ActiveWebhookTrigger, content: unknown, key: string | Buffer = secret) {
	const body = JSON.stringify(content);
	return await hook.post(body, { 'x-rr-signature': sign(body, key) });
}

/** The node picker shows them, with their descriptions, instead of "On Referrer Created". */
test('every event has its own text in the node picker', () => {
	const { properties } = new ReferralRocketTrigger().description;
	const events = properties.find(({ displayName }) => displayName === 'Trigger On');
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
						eventAt: new Date(createdAt).toISOString(),
						campaignId: 'JCu82f30F1',
						email: 'jo+1@example.com',
						firstName: 'Jo',
						lastName: 'Müller',
						referralCode: '8Mnu09TD',
						referredByCode: '7ZZp9eBG',
						totalReferrals: 3,
						referralRewardBalance: 20,
					},
				},
			],
		]);
	});

	test('keeps its name if its data has fields for an event and a time', async () => {
		const hook = await hookWith();
		await send(hook, event({ data: { ...data, event: 'something', eventAt: 'never' } }));
		expect(hook.executions[0][0].json).toMatchObject({
			event: 'referrer_added',
			eventAt: new Date(createdAt).toISOString(),
		});
	});

	test('is returned unchanged with Simplify off', async () => {
		const hook = await hookWith({ simplify: false });
		await send(hook, event());
		expect(hook.executions).toEqual([[{ json: event() }]]);
	});

	test.each([
		['the text of the secret', secret, secret],
		['the text of a secret that looks like hex', hexSecret, hexSecret],
		['the bytes of a hex secret', hexSecret, Buffer.from(hexSecret, 'hex')],
		['a secret with spaces around it in the credential', ` ${secret}\n`, secret],
	])('is accepted if it is signed with %s', async (_, stored, key) => {
		const hook = await hookWith({}, stored);
		expect((await send(hook, event(), key)).status).toBe(200);
		expect(hook.executions.length).toBe(1);
	});

	test('is accepted with an upper-case signature', async () => {
		const hook = await hookWith();
		const body = JSON.stringify(event());
		expect((await hook.post(body, { 'x-rr-signature': sign(body).toUpperCase() })).status).toBe(
			200,
		);
		expect(hook.executions.length).toBe(1);
	});

	test.each([undefined, null, 'yesterday', '2026-11-04', 1_760_000_000, 1e20, NaN])(
		'with %p as its time has no eventAt, but starts the workflow',
		async (createdAt) => {
			const hook = await hookWith();
			expect((await send(hook, event({ createdAt }))).status).toBe(200);
			expect(hook.executions.map(([{ json }]) => json.eventAt)).toEqual([null]);
		},
	);

	test('is accepted even if an expression returns one event as text', async () => {
		const hook = await hookWith({ events: 'referrerCreated' });
		expect((await send(hook, event({ createdAt: createdAt + 4321 }))).status).toBe(200);
		expect(hook.executions.length).toBe(1);
	});

	test('of 1 MB arrives completely', async () => {
		const hook = await hookWith({ simplify: false });
		const large = event({ data: { ...data, note: 'ä'.repeat(1_000_000) } });
		expect((await send(hook, large)).status).toBe(200);
		expect(hook.executions).toEqual([[{ json: large }]]);
	});
});

describe('a request without a valid signature gets 401, starts nothing and stores nothing', () => {
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

test.each(['whsec_ab', 'zz000000', 'abxyzxyz', 'abababa_', 'abababab0'])(
	'the secret %s, which is not hex, has no shorter interpretation that a stranger could sign with',
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
	test.each([
		['commas', `${first},${second}`],
		['commas and spaces', ` ${first} , ${second} `],
		['commas and line breaks', `${first},\r\n${second}\n`],
		['commas too many', `,${first},,${second},`],
	])('separated by %s, an event signed with either is accepted', async (_, stored) => {
		const hook = await hookWith({ options: { ignoreRepeats: false } }, stored);
		for (const key of [first, second, Buffer.from(second, 'hex')]) {
			expect((await send(hook, event(), key)).status).toBe(200);
		}
		expect(hook.executions.length).toBe(3);
	});

	test.each([
		['neither', 'whsec-of-somebody-else'],
		['nothing', ''],
		['both as one text', `${first},${second}`],
		['half a secret', second.slice(0, 16)],
	])('an event signed with %s gets 401', async (_, key) => {
		const hook = await hookWith({}, `${first},,${second},`);
		expect((await send(hook, event(), key)).status).toBe(401);
		expect(hook.executions).toEqual([]);
	});

	test('the Test URL and the Production URL accept both fields', async () => {
		for (const mode of ['manual', undefined] as const) {
			const hook = new ActiveWebhookTrigger(
				{ apiKey: 'key', webhookSecret: first, testWebhookSecret: second },
				{ events: ['any'], options: { ignoreRepeats: false } },
				mode,
			);
			await hook.open();
			hooks.push(hook);
			expect(await hook.activate()).toBe(true);
			for (const key of [first, second]) expect((await send(hook, event(), key)).status).toBe(200);
		}
	});

	test('the secret of the Test URL is enough for a test, not for publishing', async () => {
		const credential = { apiKey: 'key', webhookSecret: '', testWebhookSecret: first };
		const inTest = new ActiveWebhookTrigger(credential, { events: ['any'] }, 'manual');
		expect(await inTest.activate()).toBe(true);
		const published = new ActiveWebhookTrigger(credential, { events: ['any'] });
		await expect(published.activate()).rejects.toThrow("has no 'Webhook Secret'");
	});
});

/** What n8n shows instead of a saved secret, and what is stored if someone adds text to it. */
const placeholder = '__n8n_BLANK_VALUE_e5362baf-c777-4d57-a609-6eaf1f9e87f6';
const appended = `${placeholder}, whsec-of-the-test-url`;

describe('invalid secrets in the credential', () => {
	const hidden = "n8n hides a saved secret, so you can't add to it. Enter all secrets again.";
	const unusable = /contains something that is not a secret\. Copy only the secret .*at least 8/;
	const cases: Array<[string, string, string | RegExp, string?]> = [
		["n8n's placeholder and a secret", appended, hidden, placeholder],
		["n8n's placeholder within a secret", `x${placeholder}x`, hidden],
		["n8n's placeholder alone", placeholder, hidden, placeholder],
		['labels', 'Production-URL: whsec_12345, Test-webhook: whsec_678', unusable, 'Production-URL:'],
		['a label without a space', 'Production-URL:whsec_12345678', unusable],
		['a label with an equals sign', 'secret=whsec_12345678', unusable],
		['a passphrase', 'correct horse battery staple', unusable, 'staple'],
		['short secrets', 'abc123,def456', unusable, 'abc123'],
		['quotes', '"whsec_12345678"', unusable],
		['semicolons', 'whsec_12345678; whsec_87654321', unusable],
		['a semicolon without a space', 'whsec_12345678;whsec_87654321', unusable],
		['a zero-width space', 'whsec_1234\u200b5678', unusable],
	];
	test.each(cases)('%s: publishing and Execute step say so', async (_, entered, message) => {
		for (const field of ['webhookSecret', 'testWebhookSecret']) {
			for (const mode of ['manual', undefined] as const) {
				const credential = { apiKey: 'key', webhookSecret: secret, [field]: entered };
				const hook = new ActiveWebhookTrigger(credential, { events: ['any'] }, mode);
				await expect(hook.activate()).rejects.toThrow(message);
			}
		}
	});

	test.each(cases)('%s: no event is accepted', async (...[, entered, , key = entered]) => {
		const hook = await hookWith({}, entered);
		expect(await send(hook, event(), key)).toEqual({
			status: 500,
			data: { message: "Events can't be verified: see the credential in n8n." },
		});
		expect([hook.executions, hook.failures]).toEqual([[], 0]);
	});

	test.each([
		'9f86d081',
		hexSecret,
		'whsec_9f2c',
		'5f0a4f0e-3f0d-4a53-9a61-0c7a7c6a1b01',
		'wJalrXUtnFEMI/K7MDENG+bPxRfiCY==',
		'id:9f86d081',
		'test_9f86d081',
		'a$b%c&d(e)f!',
	])('the single secret %s is usable', async (single) => {
		const hook = await hookWith({}, single);
		expect(await hook.activate()).toBe(true);
		expect((await send(hook, event(), single)).status).toBe(200);
	});

	test('a corrected secret in the credential takes effect at once', async () => {
		const hook = await hookWith({}, appended);
		expect((await send(hook, event())).status).toBe(500);
		hook.credential.webhookSecret = 'whsec-of-somebody-else';
		expect((await send(hook, event())).status).toBe(401);
		hook.credential.webhookSecret = secret;
		expect((await send(hook, event())).status).toBe(200);
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
		data: { message: 'This is not a Referral Rocket event.' },
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
	const message = starts ? 'Received.' : 'Received. This workflow ignores such events.';
	expect(await send(hook, event({ eventType }))).toEqual({ status: 200, data: { message } });
	expect(hook.executions.length).toBe(starts ? 1 : 0);
});

test.each([
	['of its campaign', 'JCu82f30F1', 'one execution'],
	['of another campaign', 'Other', 'nothing'],
	['of its campaign, whose ID is a number', 4711, 'one execution'],
	['of another campaign, whose ID is a number', 4712, 'nothing'],
	['that names no campaign', undefined, 'one execution'],
])('with a campaign chosen, an event %s (%j) starts %s', async (_, campaignId, started) => {
	const id = typeof campaignId === 'number' ? '4711' : 'JCu82f30F1';
	const link = `https://referralrocket.io/campaign?id=${id}`;
	const hook = await hookWith({ campaignId: locator(link, 'url') });
	expect((await send(hook, event({ data: { ...data, campaignId } }))).status).toBe(200);
	expect(hook.executions.length).toBe(started === 'nothing' ? 0 : 1);
});

describe('an event that is delivered again', () => {
	test('starts the workflow once, even after a restart and with a different delivery time', async () => {
		const hook = await hookWith();
		await send(hook, event());
		expect(await send(hook, event({ updatedAt: createdAt + 3_600_000 }))).toEqual({
			status: 200,
			data: { message: 'Already received.' },
		});
		const restarted = await hookWith();
		restarted.stored = hook.stored;
		expect((await send(restarted, event())).status).toBe(200);
		expect([...hook.executions, ...restarted.executions].length).toBe(1);
	});

	test('at the same moment starts the workflow once', async () => {
		const hook = await hookWith({}, 'another-secret');
		const together = event({ createdAt: createdAt + 9999 });
		await Promise.all(
			Array.from({ length: 5 }, async () => await send(hook, together, 'another-secret')),
		);
		expect(hook.executions.length).toBe(1);
	});

	const reward = (more: object) => ({
		eventType: 'reward_unlocked',
		data: { ...data, referralReward: 20, ...more },
	});
	test.each<[string, object, object]>([
		['a counter', {}, { data: { ...data, impressionCount: 7, totalReferred: 4 } }],
		['the time of the last change', {}, { data: { ...data, updatedOn: '2026-11-05' } }],
		['a later reward of a new participant', {}, { data: { ...data, referralReward: 20 } }],
		['an address', {}, { data: { ...data, email: 'joanna@example.com' } }],
		[
			'a payout of the reward',
			reward({}),
			reward({ referralRewardBalance: 0, referralRewardRedeemed: 20, rewardPaid: 20 }),
		],
		['a counter next to the reward', reward({}), reward({ impressionCount: 7, score: 'High' })],
	])('with %s changed starts the workflow once', async (_, first, second) => {
		const hook = await hookWith();
		for (const more of [first, second]) expect((await send(hook, event(more))).status).toBe(200);
		expect(hook.executions.length).toBe(1);
	});

	const noPerson = { campaignId: 'JCu82f30F1' };
	test.each<[string, object, object]>([
		['at another time', {}, { createdAt: createdAt + 500 }],
		['of another name', {}, { eventType: 'referee_added' }],
		['of someone else', {}, { data: { ...data, participantId: 4712, email: 'al@example.com' } }],
		['of another reward at the same moment', reward({}), reward({ referralReward: 40 })],
		['of another reward, visible in its ID', reward({ rewardId: 1 }), reward({ rewardId: 2 })],
		[
			'of another reward, visible only in the balance',
			reward({ referralReward: null }),
			reward({ referralReward: null, referralRewardBalance: 40 }),
		],
		[
			'of someone else, visible only in a field other than email or ID',
			{ data: { ...noPerson, code: 'A' } },
			{ data: { ...noPerson, code: 'B' } },
		],
		...[0, '', 1_760_000_000, null, undefined].map((time): [string, object, object] => [
			`of someone else, with the time ${JSON.stringify(time)}`,
			{ createdAt: time },
			{ createdAt: time, data: { ...data, email: 'al@example.com' } },
		]),
	])('is not mistaken for one %s', async (_, first, second) => {
		const hook = await hookWith();
		for (const more of [first, second, first, second]) await send(hook, event(more));
		expect(hook.executions.length).toBe(2);
	});

	describe.each([1, 2] as const)('to n8n %i', (version) => {
		const hookOfVersion = async () => Object.assign(await hookWith(), { n8n: version });
		const restarted = async (hook: ActiveWebhookTrigger) =>
			Object.assign(await hookOfVersion(), { stored: hook.stored });
		const events = Array.from({ length: 100 }, (_, number) =>
			event({ createdAt: createdAt + number }),
		);

		test('in sequence or all at once, starts nothing, even after a restart', async () => {
			const hook = await hookOfVersion();
			for (const one of events.slice(0, 8)) await send(hook, one);
			await Promise.all(events.slice(8).map(async (one) => await send(hook, one)));
			expect(hook.executions.length).toBe(100);
			const again = await restarted(hook);
			await Promise.all(events.map(async (one) => await send(again, one)));
			expect(again.executions).toEqual([]);
		}, 30_000);

		test('does not restart the workflow, in whatever order n8n saves', async () => {
			const hook = await hookOfVersion();
			hook.beforeSaved = async () => await wait(100 * Math.random());
			const sendAll = async (to: ActiveWebhookTrigger, some: object[]) =>
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

		test('is stored if it was not, so that it starts nothing in another process', async () => {
			const hook = await hookOfVersion();
			await send(hook, events[0]);
			hook.stored = '{}';
			await send(hook, events[0]);
			const other = await restarted(hook);
			await send(other, events[0]);
			expect([...hook.executions, ...other.executions].length).toBe(1);
		});

		test('because n8n could not start the workflow starts it then, once', async () => {
			const hook = await hookOfVersion();
			hook.canStart = false;
			expect((await send(hook, events[0])).status).toBe(500);
			hook.canStart = true;
			expect((await send(hook, events[1])).data.message).toBe('Received.');
			expect(await send(hook, events[0])).toEqual({ status: 200, data: { message: 'Received.' } });
			expect((await send(hook, events[0])).data.message).toBe('Already received.');
			expect(hook.executions.length).toBe(2);
		});

		test('because n8n could not start the workflow starts it even after a restart, once another event has arrived', async () => {
			const hook = await hookOfVersion();
			hook.canStart = false;
			await send(hook, events[0]);
			hook.canStart = true;
			await send(hook, events[1]);
			const again = await restarted(hook);
			expect((await send(again, events[0])).data.message).toBe('Received.');
			expect((await send(again, events[1])).data.message).toBe('Already received.');
		});

		test.each([
			['could not start the workflow after all, starts it', false],
			['has started the workflow after all, starts nothing', true],
		])('because the service closed the connection, and n8n %s', async (_, canStart) => {
			const hook = await hookOfVersion();
			let start = () => {};
			hook.beforeStart = new Promise<void>((done) => (start = done));
			hook.canStart = canStart;
			const body = JSON.stringify(events[0]);
			const headers = { 'x-rr-signature': sign(body) };
			const hangUp = AbortSignal.timeout(100);
			await expect(hook.post(body, headers, hangUp)).rejects.toThrow('canceled');
			expect((await send(hook, events[0])).status).toBe(503);
			start();
			hook.beforeStart = undefined;
			while (hook.failures + hook.executions.length === 0) await new Promise(setImmediate);
			await new Promise(setImmediate);
			hook.canStart = true;
			expect((await send(hook, events[0])).status).toBe(200);
			expect(hook.executions.length).toBe(1);
		});

		test('of a burst reads the credential once, and at most one delivery waits while n8n writes', async () => {
			const hook = await hookOfVersion();
			let write = () => {};
			const held = new Promise<void>((done) => (write = done));
			hook.beforeSaved = async () => await held;
			const before = decryptionCount();
			const first = send(hook, events[0]);
			while (!hook.isWriting) await new Promise(setImmediate);
			const others = events.slice(1).map(async (one) => await send(hook, one));
			// All others continue without waiting.
			while (hook.executions.length < events.length - 2) await new Promise(setImmediate);
			expect(hook.inside).toBeLessThanOrEqual(1);
			write();
			await Promise.all([first, ...others]);
			expect(hook.executions.length).toBe(events.length);
			expect(decryptionCount() - before).toBe(1);
			expect(hook.writes).toBeLessThanOrEqual(3);
			const again = await restarted(hook);
			for (const one of events) await send(again, one);
			expect(again.executions).toEqual([]);
		}, 30_000);
	});

	test('is stored even if n8n never responds to another delivery', async () => {
		const hook = await hookWith();
		const [first, second, third] = [1, 2, 3].map((time) => event({ createdAt: createdAt + time }));
		let start = () => {};
		hook.beforeStart = new Promise<void>((done) => (start = done));
		const hanging = send(hook, first);
		while (hook.starting === 0) await new Promise(setImmediate);
		hook.beforeStart = undefined;
		await send(hook, second);
		const now = Date.now();
		jest.spyOn(Date, 'now').mockImplementation(() => now + 2000);
		await send(hook, third);
		jest.restoreAllMocks();
		const other = Object.assign(await hookWith(), { stored: hook.stored });
		for (const one of [second, third]) await send(other, one);
		expect(other.executions).toEqual([]);
		start();
		await hanging;
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

	describe('is stored', () => {
		afterEach(() => jest.restoreAllMocks());
		const day = 86_400_000;
		const atDay = (number: number) => jest.spyOn(Date, 'now').mockReturnValue(number * day);

		test('for at least eight days, and then removed', async () => {
			const hook = await hookWith();
			const unknownTime = (name: string) => event({ createdAt: name });
			atDay(20_000);
			await send(hook, unknownTime('a'));
			await send(hook, unknownTime('forgotten'));
			atDay(20_008);
			await send(hook, unknownTime('b'));
			expect((await send(hook, unknownTime('a'))).data.message).toBe('Already received.');
			atDay(20_009);
			await send(hook, unknownTime('c'));
			const { received } = JSON.parse(hook.stored)['node:Trigger'];
			const counts = Object.entries<string>(received).map(([day, keys]) => [day, keys.length / 6]);
			expect(counts).toEqual([
				['20008', 2],
				['20009', 1],
			]);
			expect((await send(hook, unknownTime('b'))).data.message).toBe('Already received.');
		});

		const eventAt = (time: number) => event({ createdAt: time, updatedAt: time });
		const tooOld = {
			status: 400,
			data: { message: 'This event is so old that it may have been received before.' },
		};
		test.each([
			['7 days and a minute', 7 + 1 / 1440, tooOld.status],
			['7 days less a minute', 7 - 1 / 1440, 200],
			['a day ahead, by another clock', -1, 200],
		])('one that is %s old (%d days) gets %i', async (_, age, status) => {
			atDay(20_000);
			const hook = await hookWith();
			expect((await send(hook, eventAt((20_000 - age) * day))).status).toBe(status);
			expect(hook.executions.length).toBe(status === 200 ? 1 : 0);
		});

		test('for so long that its signature can never start the workflow again', async () => {
			for (const ahead of [-0.9, 0, 0.9]) {
				const hook = await hookWith();
				const one = eventAt((20_000.95 + ahead) * day);
				for (let today = 20_000.95; today < 20_020; today += 0.24) {
					atDay(today);
					await send(hook, one);
				}
				expect(hook.executions.length).toBe(1);
			}
		});

		test('even if it is delivered again days later, with the time of that delivery', async () => {
			const hook = await hookWith();
			const first = event({ createdAt: 20_000 * day, updatedAt: 20_000 * day });
			const second = { ...first, updatedAt: 20_006 * day };
			atDay(20_000);
			await send(hook, first);
			for (let today = 20_006; today < 20_020; today += 0.24) {
				atDay(today);
				await send(hook, second);
			}
			expect(hook.executions.length).toBe(1);
		});

		test('one that happened long ago starts the workflow if it was updated recently', async () => {
			const hook = await hookWith();
			const months = 90 * 86_400_000;
			await send(hook, event({ createdAt: createdAt - months }));
			expect(hook.executions.length).toBe(1);
		});

		test('among 5,000 others for a day; anything older than all of them is rejected', async () => {
			const hook = await hookWith();
			const keys = (count: number) =>
				Array.from({ length: count }, (_, number) => String(number).padStart(6, '0')).join('');
			atDay(20_005.5);
			hook.stored = JSON.stringify({ 'node:Trigger': { received: { 20002: keys(5000) } } });
			const sendOfDay = async (time: number) => await send(hook, eventAt(time * day));
			expect(await sendOfDay(20_002.9)).toEqual(tooOld);
			expect((await sendOfDay(20_003.1)).status).toBe(200);
			const busy = await hookWith();
			busy.stored = JSON.stringify({ 'node:Trigger': { received: { 20005: keys(5000) } } });
			const late = eventAt(20_004.6 * day);
			expect((await send(busy, late)).status).toBe(200);
			expect(await send(busy, eventAt(20_004.4 * day))).toEqual(tooOld);
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
			expect((await send(hook, event())).data.message).toBe('Already received.');
			const { received } = JSON.parse(hook.stored)['node:Trigger'];
			expect(Object.values(received).join('').length).toBe(5000 * 6);
			expect(received['20001'].slice(0, -6)).toBe(keys.slice(3000).join(''));
			expect(hook.stored.length).toBeLessThan(31_000);
		});
	});
});

test('a form gets 401, starts nothing and stores nothing', async () => {
	const hook = await hookWith();
	const body = '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n';
	const headers = { 'content-type': 'multipart/form-data; boundary=x' };
	expect((await hook.post(body, headers)).status).toBe(401);
	expect((await hook.post(body, { ...headers, 'x-rr-signature': sign(body) })).status).toBe(401);
	expect([hook.executions, hook.stored, hook.failures]).toEqual([[], '{}', 0]);
});

describe('a test in the editor says why an event is not accepted', () => {
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
			'whsec-of-somebody-else',
			/not signed with a secret from your credential .*Settings → Webhooks.*'Test Webhook Secret'.*press Execute step again/,
		],
		[
			'that is not an event',
			{},
			[1],
			undefined,
			/Test URL, but it is not a Referral Rocket event .*press Execute step again/,
		],
		[
			'that is not selected',
			{ events: ['rewardUnlocked'] },
			event(),
			undefined,
			/not selected in this trigger: Referrer Created .*'Trigger On'/,
		],
		[
			'that is unknown',
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
			/An event from another campaign arrived: "JCu82f30F1" .*'Campaign'/,
		],
	])('%s', async (_, parameters, content, key, expectedMessage) => {
		expect(await refusal(parameters, content, key)).toMatch(expectedMessage);
	});
});

describe('without a secret in the credential', () => {
	test.each([
		['blank', ' '],
		['only commas', ' , ,'],
		['missing, as in a credential that is older than the trigger', undefined],
	])('that is %s: activation fails, and no request is accepted', async (_, stored) => {
		const hook = new ActiveWebhookTrigger(
			{ apiKey: 'key', webhookSecret: stored as string },
			{ events: ['any'] },
		);
		await hook.open();
		hooks.push(hook);
		await expect(hook.activate()).rejects.toThrow('Copy the secret from Settings → Webhooks');
		const body = JSON.stringify(event());
		expect((await hook.post(body, { 'x-rr-signature': sign(body, '') })).status).toBe(500);
		expect([hook.executions, hook.failures]).toEqual([[], 0]);
	});

	test('activation works only if the user has turned verification off', async () => {
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

	test('activation fails with a link without a campaign', async () => {
		const campaign = locator('https://referralrocket.io/campaign', 'url');
		const hook = await hookWith({ campaignId: campaign });
		await expect(hook.activate()).rejects.toThrow('contains no campaign ID');
	});
});
