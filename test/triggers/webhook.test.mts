import { createHmac } from 'node:crypto';
import type { INodeParameters } from 'n8n-workflow';
import { locator } from '../support.mts';
import { Hook } from './contexts.mts';

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
	['referee_reward_unlocked', ['refereeCreated'], true],
	['referee_reward_unlocked', ['rewardUnlocked'], true],
	['something_new', ['referrerCreated', 'refereeCreated', 'rewardUnlocked'], false],
	['something_new', ['any'], true],
	['', ['any'], true],
])('the event %j, with %j ticked, starts the workflow: %s', async (eventType, events, starts) => {
	const hook = await hookWith({ events });
	const message = starts ? 'Received.' : 'Received. This workflow does not wait for such an event.';
	expect(await send(hook, event({ eventType }))).toEqual({ status: 200, data: { message } });
	expect(hook.executions.length).toBe(starts ? 1 : 0);
});

test.each([
	['of its campaign', 'JCu82f30F1', 1],
	['of another campaign', 'Other', 0],
	['that names no campaign', undefined, 1],
])('with a campaign chosen, an event %s starts the workflow %#', async (_, campaignId, count) => {
	const link = 'https://referralrocket.io/campaign?id=JCu82f30F1';
	const hook = await hookWith({ campaignId: locator(link, 'url') });
	expect((await send(hook, event({ data: { ...data, campaignId } }))).status).toBe(200);
	expect(hook.executions.length).toBe(count);
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

	test.each([
		['at another time', { createdAt: 1_760_000_000_500 }],
		['of another name', { eventType: 'referee_added' }],
		['of someone else', { data: { ...data, participantId: 4712, email: 'al@example.com' } }],
	])('is not taken for one %s', async (_, more) => {
		const hook = await hookWith({}, `secret for ${JSON.stringify(more)}`);
		const key = `secret for ${JSON.stringify(more)}`;
		await send(hook, event({ createdAt: 1_761_000_000_000 }), key);
		await send(hook, event({ createdAt: 1_761_000_000_000, ...more }), key);
		expect(hook.executions.length).toBe(2);
	});

	test.each([undefined, null])('with %s for a time is known by its body', async (createdAt) => {
		const hook = await hookWith({}, `secret for ${createdAt}`);
		for (const note of [1, 1, 2]) {
			await send(hook, event({ createdAt, note }), `secret for ${createdAt}`);
		}
		expect(hook.executions.length).toBe(2);
	});

	test('since n8n could not start the workflow starts it then, once', async () => {
		const hook = await hookWith();
		const refused = event({ createdAt: 1_760_000_001_234 });
		await send(hook, event({ createdAt: 1_760_000_001_233 }));
		hook.canStart = false;
		expect((await send(hook, refused)).status).toBe(500);
		hook.canStart = true;
		// Another event, at the same moment, can write what n8n stores without the first.
		hook.stored = '{}';
		const first = await send(hook, event({ createdAt: 1_760_000_001_233 }));
		expect(first.data.message).toBe('Received before.');
		expect(await send(hook, refused)).toEqual({ status: 200, data: { message: 'Received.' } });
		expect((await send(hook, refused)).data.message).toBe('Received before.');
		expect(hook.executions.length).toBe(2);
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

	test('is remembered among 5,000, in less than 100 kB', async () => {
		const hook = await hookWith();
		hook.stored = JSON.stringify({
			'node:Trigger': { seen: Array.from({ length: 6000 }, (_, n) => String(n).padStart(12, '0')) },
		});
		await send(hook, event({ createdAt: 1 }));
		const { seen } = JSON.parse(hook.stored)['node:Trigger'] as { seen: string[] };
		expect(seen.length).toBe(5000);
		expect(seen[4998]).toBe('000000005999');
		expect(hook.stored.length).toBeLessThan(100_000);
	});
});

describe('without a secret in the credential', () => {
	test.each([
		['blank', ' '],
		['not there, as in a credential from before the trigger', undefined],
	])('that is %s: activation is refused, and a request never gets in', async (_, stored) => {
		const hook = new Hook({ apiKey: 'key', webhookSecret: stored as string }, { events: ['any'] });
		await hook.open();
		hooks.push(hook);
		await expect(hook.activate()).rejects.toThrow('Copy the secret from Settings → Webhooks');
		const body = JSON.stringify(event());
		expect((await hook.post(body, { 'x-rr-signature': sign(body, '') })).status).toBe(500);
		expect(hook.executions).toEqual([]);
	});

	test('activation works only when the builder has switched verification off', async () => {
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
		await expect(hook.activate()).rejects.toThrow('holds no campaign ID');
	});
});
