import assert from 'node:assert/strict';
import type { INode } from 'n8n-workflow';
import { step } from '../../../tools/command-line/progress.mts';
import { waitUntil } from '../../../tools/command-line/waitUntil.mts';
import { startSmtp } from './email.mts';
import type { ExampleRun } from './exampleRun.mts';

/** Instead of every five minutes. */
export function everyTenSeconds(trigger: INode) {
	const item = [0, 10, 20, 30, 40, 50].map((second) => ({
		mode: 'custom',
		cronExpression: `${second} * * * * *`,
	}));
	trigger.parameters.pollTimes = { item };
}

/** The examples that poll the campaign: the emails to referrers, and "Campaign ended to Slack". */
export async function pollingExample(run: ExampleRun): Promise<void> {
	const { campaign } = run.mockServer;
	const { messages } = run.services.slack;
	messages.splice(0);
	const smtpServer = await startSmtp();
	const smtp = await run.addCredential('smtp', smtpServer.credential);
	const slackApi = await run.addCredential('slackApi', { accessToken: 'xoxb-1' });
	const publish = async (example: string, trigger: string) =>
		await run.publish(example, { emailSend: smtp, slack: slackApi }, (nodes) =>
			everyTenSeconds(nodes[trigger]),
		);
	/** @returns who has received an email with this subject, and what it says */
	const emails = (subject: RegExp) =>
		smtpServer.received
			.filter((email) => subject.test(String(email.subject)))
			.map(({ to, text }) => [[to].flat()[0]?.text, text?.split('\n')[2]])
			.toSorted();

	const [five, four, many, last] = [4, 3, 5, 2].map((totalReferrals) =>
		campaign.add(`${totalReferrals}@polling.example.com`, undefined, { totalReferrals }),
	);
	// A link instead of a name must not be sent to anyone.
	const referrer = campaign.add('referrer@polling.example.com', undefined, {
		firstName: 'https://phishing.example.com',
	});
	const other = campaign.add('other@polling.example.com');
	const milestone = await publish('five-friends-to-email', 'Milestone reached');
	const ended = await publish('campaign-ended-to-slack', 'Campaign status changed');
	const joined = await publish('friend-joined-to-referrer-email', 'Participants joined');

	await step('Five friends, friends joined and campaign ended: one message each', async () => {
		// n8n polls before it reports them as published, and only stores the state.
		for (const participant of [five, four, many]) participant.totalReferrals++;
		campaign.status = 'End';
		for (let friend = 0; friend < 150; friend++)
			campaign.add(`friend${friend}@polling.example.com`, referrer, {
				firstName: 'https://phishing.example.com',
			});
		campaign.add('one@polling.example.com', other);
		campaign.add('nobody@polling.example.com');
		campaign.add('orphan@polling.example.com', undefined, { referredByCode: 'GONE' });
		for (const workflow of [milestone, ended, joined]) await run.settled(workflow, 1);
		const thanks = '5 friends have joined through your link. Thank you!';
		assert.deepEqual(emails(/5 friends/), [
			[five.email, thanks],
			[referrer.email, thanks],
		]);
		assert.deepEqual(
			emails(/joined through you/),
			[
				[
					referrer.email,
					'150 friends have just joined through your link. You have brought 150 so far.',
				],
				[other.email, 'a friend has just joined through your link. You have brought 1 so far.'],
			].toSorted(),
		);
		assert.ok(!smtpServer.received.some(({ text }) => text?.includes('phishing')));
		assert.deepEqual(
			messages.map(({ text }) => text),
			['The campaign Q4 Growth Program has ended.'],
		);
		// They leave the workflow at a named end.
		assert.deepEqual(
			(await run.outputOf(joined, 'Has a referrer?', 1)).map(({ email }) => email),
			['nobody@polling.example.com'],
		);
		assert.deepEqual(
			(await run.outputOf(joined, 'Still in the campaign?', 1)).map((row) => row.referredByCode),
			['GONE'],
		);
		await run.expectSample(milestone, 'Milestone reached');
		await run.expectSample(ended, 'Campaign status changed');
		await run.expectSample(joined, 'Participants joined');
	});
	await step('Five friends to email: five, four and five again is one email', async () => {
		five.totalReferrals = 4;
		many.totalReferrals = 4;
		four.totalReferrals = 5;
		smtpServer.refuses = four.email;
		await waitUntil(async () => {
			const notSent = await run.outputOf(milestone, 'Not sent');
			assert.deepEqual(
				notSent.map(({ email }) => email),
				[four.email],
			);
		}, 30);
		for (const participant of [five, many, last]) participant.totalReferrals = 5;
		await run.settled(milestone, 3);
		assert.deepEqual(
			emails(/5 friends/).map(([email]) => email),
			[last.email, five.email, referrer.email],
		);
		// Others count the requests.
		for (const workflow of [milestone, ended, joined]) await run.n8n.deactivate(workflow);
	});
	campaign.status = 'Active';
	campaign.participants.splice(
		0,
		Infinity,
		...campaign.participants.filter(({ email }) => !email.endsWith('@polling.example.com')),
	);
	await smtpServer.close();
}
