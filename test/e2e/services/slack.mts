import assert from 'node:assert/strict';
import { step } from '../../../tools/command-line/progress.mts';
import { waitUntil } from '../../../tools/command-line/waitUntil.mts';
import type { Participant } from '../../../tools/mock-server/campaign.mts';
import { hosts, type Cloud } from './cloud.mts';
import type { ExampleRun } from './exampleRun.mts';

const constraints = { host: hosts.slack };

/** Slack's chat.postMessage, as documented by its API. */
export function simulateSlack({ server }: Cloud) {
	const messages: Array<{ channel: string; text: string }> = [];
	server.post('/api/chat.postMessage', { constraints }, ({ body, headers }) => {
		if (headers.authorization !== 'Bearer xoxb-1') return { ok: false, error: 'invalid_auth' };
		const message = body as (typeof messages)[0];
		messages.push(message);
		return { ok: true, channel: 'C123456', ts: '1760000000.000100', message };
	});
	return { messages };
}

/** The examples that post in Slack. */
export async function slackExample(run: ExampleRun): Promise<void> {
	const { messages } = run.services.slack;
	const { campaign } = run.mockServer;
	const slackApi = await run.addCredential('slackApi', { accessToken: 'xoxb-1' });
	messages.splice(0);
	await step('Reward earned to Slack: an event delivered twice sends one message', async () => {
		const workflow = await run.publish('reward-earned-to-slack', { slack: slackApi });
		const winner = campaign.add('winner@example.com', undefined, {
			totalReferrals: 3,
			referralRewardBalance: 60,
			// Anyone can sign up with such a name, and Slack would notify everyone.
			firstName: '<!channel>',
		});
		const unlockedAt = Date.now();
		await run.deliver(workflow, 'reward_unlocked', winner, unlockedAt);
		await run.deliver(workflow, 'reward_unlocked', winner, unlockedAt);
		await run.deliver(workflow, 'referee_added', winner);
		await waitUntil(async () => assert.equal(messages.length, 1), 20);
		await run.settled(workflow, 1);
		assert.deepEqual(
			messages.map(({ channel, text }) => [channel, text]),
			[
				[
					'#referrals',
					':tada: winner@example.com has earned a reward in campaign JCu82f30F1. Friends brought: 3',
				],
			],
		);
		await run.expectSample(workflow, 'Reward unlocked');
	});
	await step('Weekly leader board', async () => {
		messages.splice(0);
		const workflow = await run.import('weekly-leader-board', { slack: slackApi });
		const everyone = campaign.participants.splice(0);
		const ana = { firstName: 'Ana', lastName: 'Lee' };
		const few: object[] = [
			{ ...ana, email: 'ana@example.com', totalReferrals: '9' },
			{ ...ana, email: 'other@example.com', totalReferrals: '11' },
			{ firstName: '<!channel>\n Bo', lastName: null, email: 'bo@example.com', totalReferrals: 10 },
			{ firstName: '', lastName: '', email: 'cy@example.com', totalReferrals: '1' },
			{ firstName: 'Di', email: 'di@example.com', totalReferrals: 0 },
			{ firstName: 'Ed', email: 'ed@example.com', totalReferrals: null },
		];
		campaign.participants.push(...(few as Participant[]));
		await run.runNow(workflow);
		campaign.participants.splice(0);
		// Nobody, so no message.
		await run.runNow(workflow);
		campaign.participants.push(...everyone);
		await run.runNow(workflow);
		const [board, best, ...others] = messages.map(({ text }) => text.split('\n').slice(1));
		assert.match(messages[0].text, /^\*Q4 Growth Program: /);
		assert.deepEqual(board, [
			'1. Ana Lee (other@example.com): 11',
			'2. !channel Bo (bo@example.com): 10',
			'3. Ana Lee (ana@example.com): 9',
			'4. No name (cy@example.com): 1',
		]);
		assert.equal(best.length, 10);
		assert.deepEqual(others, []);
	});
}
