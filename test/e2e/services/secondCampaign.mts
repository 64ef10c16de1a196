import assert from 'node:assert/strict';
import { step } from '../../../tools/command-line/progress.mts';
import type { Entrance } from './entrance.mts';
import type { ExampleRun } from './exampleRun.mts';

const firstCampaign = 'First1Cmpg';

const publish = async (run: ExampleRun) =>
	await run.publish('join-second-campaign', {}, (nodes) => {
		const trigger = nodes['Joined first campaign'].parameters;
		trigger.campaignId = { __rl: true, mode: 'id', value: firstCampaign };
	});

export const secondCampaignEntrance: Entrance = {
	kind: 'person',
	async open(run) {
		const workflow = await publish(run);
		const [participant] = run.mockServer.campaign.participants;
		const addNode = 'Add to second campaign';
		return {
			workflow,
			visible: {
				// Even with an unknown code: codes of the first campaign are not passed on.
				done: addNode,
				noAddress: `failed at ${addNode}`,
				refused: `failed at ${addNode}`,
				failed: `failed at ${addNode}`,
			},
			async enter(entries) {
				await Promise.all(
					entries.map(async ({ id, email }) => {
						const person = { ...participant, email: email as string, lastName: id };
						const joined = { ...person, campaignId: firstCampaign };
						await run.deliver(workflow, 'referee_added', joined);
					}),
				);
			},
		};
	},
};

/** The example "Join second campaign": the events for its own additions start nothing. */
export async function secondCampaignExample(run: ExampleRun): Promise<void> {
	const { campaign } = run.mockServer;
	await step('Join second campaign: its own additions start nothing', async () => {
		const workflow = await publish(run);
		const ana = { ...campaign.participants[0], email: 'ana@second.example.com' };
		await run.deliver(workflow, 'referrer_added', ana);
		await run.deliver(workflow, 'referee_added', { ...ana, campaignId: firstCampaign });
		await run.settled(workflow, 1);
		assert.ok(campaign.find(ana.email));
		await run.n8n.deactivate(workflow);
	});
}
