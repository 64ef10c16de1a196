import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { IDataObject, INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { participantTotals } from '../../nodes/ReferralRocket/api/specification.ts';
import { ReferralRocketPollingTrigger } from '../../nodes/ReferralRocket/ReferralRocketPollingTrigger.node.ts';
import { ReferralRocketTrigger } from '../../nodes/ReferralRocket/ReferralRocketTrigger.node.ts';
import { eventAbout, signatureOf } from '../../tools/mock-server/webhooks.mts';
import { credentialFor, locator, useMockServer } from '../support/mockServer.mts';
import { project } from '../support/projectCopy.mts';
import { ActiveWebhookTrigger, ActivePollingTrigger } from '../support/triggerContexts.mts';

/*
 * The samples in docs/events.md, which users paste into their triggers, match real items.
 */

const service = useMockServer();
const text = readFileSync(path.join(project, 'docs/events.md'), 'utf8');
const samples = new Map(
	[...text.matchAll(/^### (.*?)\n.*?```json\n(.*?)```/gms)].map(([, name, json]) => [
		name,
		JSON.parse(json) as IDataObject,
	]),
);

const eventsOf = (properties: INodeProperties[]) =>
	(properties.findLast(({ name }) => name === 'events')?.options as INodePropertyOptions[]).filter(
		({ value }) => value !== 'any',
	);
const webhookEvents = eventsOf(new ReferralRocketTrigger().description.properties);
const pollingEvents = eventsOf(new ReferralRocketPollingTrigger().description.properties);

function sampleOf({ name }: INodePropertyOptions): IDataObject {
	const sample = samples.get(name);
	if (!sample) throw new Error(`docs/events.md has no sample under "### ${name}".`);
	return sample;
}

test('there is a sample for every event, and no other', () => {
	const names = [...webhookEvents, ...pollingEvents].map(({ name }) => name);
	expect([...samples.keys()].sort()).toEqual(names.sort());
});

test.each(webhookEvents)(
	'the sample of $name matches the output of the webhook trigger',
	async (option) => {
		const sample = sampleOf(option);
		const hook = new ActiveWebhookTrigger(
			{ apiKey: 'key', webhookSecret: 'whsec_of_samples' },
			{ events: [option.value as string] },
			undefined,
		);
		await hook.open();
		try {
			const [participant] = service.mockServer.campaign.participants;
			const event = eventAbout(String(sample.event), participant, Date.now());
			const body = JSON.stringify(event);
			await hook.post(body, { 'x-rr-signature': signatureOf(body, 'whsec_of_samples') });
			expect(Object.keys(sample)).toEqual(Object.keys(hook.executions[0][0].json));
		} finally {
			await hook.close();
		}
	},
);

test.each(pollingEvents)(
	'the sample of $name matches the output of the polling trigger',
	async (option) => {
		const sample = sampleOf(option);
		const { campaign } = service.mockServer;
		const [referrer, loser] = campaign.participants;
		for (const name of participantTotals) Object.assign(loser, { [name]: 10 });
		const polling = new ActivePollingTrigger(credentialFor(service.mockServer), {
			events: [option.value as string],
			campaignId: locator('JCu82f30F1'),
			milestones: String(referrer.totalReferrals + 1),
		});
		expect(await polling.poll()).toEqual([]);
		campaign.qualify(campaign.add('friend@example.com', referrer));
		campaign.redeem(referrer, 5);
		for (const name of participantTotals) Object.assign(loser, { [name]: 5 });
		campaign.status = 'Pause';
		for (const leaving of campaign.participants.slice(9, 11)) campaign.remove(leaving);
		const [item] = await polling.poll();
		if (!item) {
			throw new Error(`Nothing causes ${option.name} here. Make it happen before the second poll.`);
		}
		expect(Object.keys(sample)).toEqual(Object.keys(item));
		expect(sample.event).toBe(item.event);
		for (const change of Object.values(sample.changes as IDataObject)) {
			expect(Object.keys(change as IDataObject)).toEqual(['from', 'to']);
		}
	},
);
