import assert from 'node:assert/strict';
import axios from 'axios';
import { step } from '../../../tools/command-line/progress.mts';
import { waitUntil } from '../../../tools/command-line/waitUntil.mts';
import type { ExampleRun } from './exampleRun.mts';
import { submit } from './form.mts';

/** A campaign whose participants have this address in common. */
const second = 'Second1Cmp';

interface Result {
	campaign: string;
	name: string;
	result: string;
	reason?: string;
	participant?: Record<string, unknown>;
	friends?: unknown[];
}

/** The example "One person's data": a file about one address, without anyone else's data. */
export async function personalDataExample(run: ExampleRun): Promise<void> {
	const { mockServer } = run;
	const { campaign } = mockServer;
	const referrer = campaign.add('referrer@person.example.com');
	const jo = campaign.add('jo@person.example.com', referrer, { firstName: 'Zoë 😀' });
	const friends = ['one', 'two'].map((name) => campaign.add(`${name}@person.example.com`, jo));
	campaign.qualify(friends[0]);
	const loner = campaign.add('loner@person.example.com');

	const [user, password] = ['owner', 'secret-1'];
	const formTrigger = await run.addCredential('httpBasicAuth', { user, password });
	const link = `https://referralrocket.io/campaign?id=${campaign.id}&referralCode=${jo.referralCode}`;
	const publish = async (campaigns: string) =>
		await run.publish('one-persons-data', { formTrigger }, (nodes) => {
			const { assignments } = nodes.Campaigns.parameters.assignments as {
				assignments: Array<{ value: string }>;
			};
			assert.equal(assignments[0].value, '');
			assignments[0].value = campaigns;
		});
	const url = `${run.n8n.url}/form/referral-personal-data`;
	const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
	/** @returns the last page, and the file that it downloads */
	const ask = async (email: string) => {
		const { page } = await submit(url, { 'field-0': email }, { authorization });
		const [, encoded] = /decodeURIComponent\("(.*?)"\)/.exec(page) ?? [];
		// n8n 1 returns one file, in memory as text and otherwise as bytes.
		const [file] = [JSON.parse(decodeURIComponent(encoded))].flat() as Array<{
			fileName: string;
			data: string | { data: number[] };
		}>;
		const { fileName, data } = file;
		const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : Buffer.from(data.data);
		const text = bytes.toString();
		const { campaigns, ...rest } = JSON.parse(text) as {
			isComplete: boolean;
			campaigns: Result[];
		};
		return { page, fileName, text, campaigns, ...rest };
	};

	const workflow = await publish(` ${link}\n${second}\n\nGone1Cmpgn `);
	mockServer.intercept = ({ path, query }, reply) => {
		if (query.id === second && path.endsWith('/getCampaign'))
			return reply.send({ ...campaign.details(), campaignId: second, campaignName: 'Second' });
		return query.id === second && reply.send('');
	};
	await step("One person's data: the page asks for a password", async () => {
		const get = async (headers: Record<string, string> = {}) =>
			(await axios.get(url, { headers, validateStatus: () => true })).status;
		assert.deepEqual([await get(), await get({ authorization })], [401, 200]);
		const { length } = mockServer.requests;
		const body = new FormData();
		body.append('field-0', jo.email);
		assert.equal((await fetch(url, { method: 'POST', body })).status, 401);
		assert.equal(mockServer.requests.length, length);
	});
	await step("One person's data: every campaign is named, and nobody else", async () => {
		const { page, fileName, text, campaigns, isComplete } = await ask(jo.email);
		assert.deepEqual(
			campaigns.map(({ name, result }) => [name, result]),
			[
				['Q4 Growth Program', 'found'],
				['Second', 'not in this campaign'],
				['', 'could not be read'],
			],
		);
		assert.deepEqual(campaigns[0].participant, { ...jo });
		assert.deepEqual(
			campaigns[0].friends,
			friends
				.map(({ createdOn, rewardEventCompleted }) => ({
					joinedOn: createdOn,
					qualified: rewardEventCompleted,
				}))
				.reverse(),
		);
		assert.equal(isComplete, false);
		assert.equal(fileName, `incomplete-referral-data-of-${jo.email}.json`);
		assert.match(page, /The file is not complete/);
		assert.match(page, /Gone1Cmpgn: could not be read \(.*Gone1Cmpgn/);
		assert.match(page, /ask <a href="https:\/\/referralrocket\.io"/);
		const people = new Set(text.match(/[\w.]+@[\w.]+/g));
		assert.deepEqual([...people], [jo.email]);
		for (const friend of friends) assert.ok(!text.includes(friend.referralCode));
	});
	await step("One person's data: what could not be read is not taken for absent", async () => {
		const faults = mockServer.intercept;
		mockServer.intercept = (request, reply, count) =>
			request.path.endsWith('/getReferrals')
				? reply.code(403).send({ message: 'Not yours' })
				: faults?.(request, reply, count);
		const friendsUnknown = await ask(jo.email);
		const [first] = friendsUnknown.campaigns;
		assert.equal(first.result, 'friends could not be read');
		assert.equal(first.participant?.email, jo.email);
		mockServer.intercept = ({ path }, reply) =>
			path.endsWith('/getParticipant') && reply.code(403).send({ message: 'Not yours' });
		const { campaigns } = await ask(jo.email);
		assert.equal(campaigns[0].result, 'could not be read');
		mockServer.intercept = faults;
	});
	await step(
		"One person's data: someone without friends, in capital letters, or unknown",
		async () => {
			await run.n8n.deactivate(workflow);
			const one = await publish(link);
			const alone = await ask(loner.email.toUpperCase());
			assert.deepEqual(
				alone.campaigns.map(({ result, friends: found }) => [result, found]),
				[['found', []]],
			);
			assert.match(alone.page, /The file is ready/);
			const unknown = await ask('Nobody@person.example.com');
			assert.deepEqual(
				unknown.campaigns.map(({ result }) => result),
				['not in this campaign'],
			);
			assert.equal(unknown.isComplete, true);
			// No execution with personal data is stored.
			for (const id of [workflow, one])
				await waitUntil(async () => assert.deepEqual(await run.n8n.executionSummaries(id), []), 30);
			await run.n8n.deactivate(one);
			const none = await publish('');
			assert.match((await ask(jo.email)).page, /The node "Campaigns" is empty: could not be read/);
			await run.n8n.deactivate(none);
		},
	);
	mockServer.intercept = undefined;
}
