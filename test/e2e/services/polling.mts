import assert from 'node:assert/strict';
import type { INode } from 'n8n-workflow';
import { step } from '../../../tools/command-line/progress.mts';
import { startSmtp } from './email.mts';
import type { ExampleRun } from './exampleRun.mts';

/** In place of every five minutes. */
function everyTenSeconds(trigger: INode) {
	const item = [0, 10, 20, 30, 40, 50].map((second) => ({
		mode: 'custom',
		cronExpression: `${second} * * * * *`,
	}));
	trigger.parameters.pollTimes = { item };
}

/** The examples "Five friends to email" and "Campaign ended to Slack", which check the campaign. */
export async function pollingExample(run: ExampleRun): Promise<void> {
	const { campaign } = run.mockServer;
	const { messages } = run.services.slack;
	const smtpServer = await startSmtp();
	await step('Five friends to email, and Campaign ended to Slack', async () => {
		messages.splice(0);
		const [five, four, many] = [4, 3, 5].map((totalReferrals) =>
			campaign.add(`${totalReferrals}@polling.example.com`, undefined, { totalReferrals }),
		);
		const smtp = await run.addCredential('smtp', smtpServer.credential);
		const slackApi = await run.addCredential('slackApi', { accessToken: 'xoxb-1' });
		const milestone = await run.publish('five-friends-to-email', { emailSend: smtp }, (nodes) =>
			everyTenSeconds(nodes['Participant updated']),
		);
		const ended = await run.publish('campaign-ended-to-slack', { slack: slackApi }, (nodes) =>
			everyTenSeconds(nodes['Campaign status changed']),
		);
		// n8n has checked both campaigns before it says that they are published, and only remembered.
		for (const participant of [five, four, many]) participant.totalReferrals++;
		campaign.status = 'End';
		await run.settled(milestone, 1);
		await run.settled(ended, 1);
		assert.deepEqual(
			smtpServer.received.map(({ to, text }) => [[to].flat()[0]?.text, text?.split('\n')[2]]),
			[[five.email, 'five friends have joined through your link. Thank you!']],
		);
		assert.deepEqual(
			messages.map(({ text }) => text),
			['The campaign Q4 Growth Program has ended.'],
		);
		await run.expectSample(milestone, 'Participant updated');
		await run.expectSample(ended, 'Campaign status changed');
		// Others count what the service is asked for.
		for (const workflow of [milestone, ended]) await run.n8n.deactivate(workflow);
	});
	await smtpServer.close();
}
