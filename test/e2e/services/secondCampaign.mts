import assert from 'node:assert/strict';
import { step } from '../../../tools/command-line/progress.mts';
import type { ExampleRun } from './exampleRun.mts';

/** The example "Join second campaign": what it adds comes back as an event, and starts nothing. */
export async function secondCampaignExample(run: ExampleRun): Promise<void> {
	const { campaign, requests } = { ...run.mockServer };
	await step(
		'Join second campaign: nobody is added twice, and nothing runs in circles',
		async () => {
			const workflow = await run.publish('join-second-campaign', {}, (nodes) => {
				const trigger = nodes['Joined first campaign'].parameters;
				trigger.campaignId = { __rl: true, mode: 'id', value: 'First1Cmpg' };
			});
			const ana = { ...campaign.participants[0], email: 'ana@second.example.com' };
			const inFirst = { ...ana, campaignId: 'First1Cmpg' };
			const additions = () => requests.filter(({ body }) => body?.email === ana.email).length;
			await run.deliver(workflow, 'referee_added', inFirst);
			await run.settled(workflow, 1);
			assert.ok(campaign.find(ana.email));
			// The service tells of every addition, in whichever campaign.
			await run.deliver(workflow, 'referrer_added', ana);
			await run.deliver(workflow, 'referrer_added', inFirst);
			await run.settled(workflow, 2);
			assert.equal(additions(), 1);
			assert.equal((await run.givenBy(workflow, 'Is there already')).length, 1);
			await run.expectSample(workflow, 'Joined first campaign');
		},
	);
}
