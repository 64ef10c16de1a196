import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Runtime } from '../../tools/n8n/cache.mts';
import { step } from '../../tools/command-line/progress.mts';
import { waitUntil } from '../../tools/command-line/waitUntil.mts';
import type { Participant } from '../../tools/mock-server/campaign.mts';
import { setUpEnvironment } from './environment.mts';

const token = 'the-assistant-knows-it';

/** The inputs of each tool in the example, as a model sees them. */
const inputs: Record<string, Record<string, string>> = {
	Add_participant: { email: 'string', referredByCode: 'string' },
	Get_participant: { email: 'string' },
	List_participants: { limit: 'number' },
	Qualify_participant: { email: 'string', amount: 'number' },
	Top_referrers: { limit: 'number' },
	Validate_referral_code: { code: 'string' },
};

/** Uses the node as tools of an MCP server, with a client that knows only what n8n reports. */
export async function tools(runtime: Runtime, tarball: string): Promise<void> {
	await using environment = await setUpEnvironment(runtime, tarball, { participants: 260 });
	const { n8n, mockServer } = environment;
	const { campaign } = mockServer;
	const bearer = await n8n.post<{ id: string; name: string }>('/credentials', {
		name: 'Token of the assistant',
		type: 'httpBearerAuth',
		data: { token },
	});
	const workflow = await n8n.importWorkflow(
		'examples/mcp-tools.json',
		await n8n.addCredential(mockServer),
		({ nodes }) => (nodes[0].credentials = { httpBearerAuth: bearer }),
	);
	await n8n.activate(workflow);
	const connect = async (bearerToken: string) => {
		const client = new Client({ name: 'Assistant', version: '1.0.0' });
		const headers = { authorization: `Bearer ${bearerToken}` };
		const url = new URL(`${n8n.url}/mcp/referral-rocket`);
		await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
		return client;
	};

	await step('The server refuses a wrong token', async () => {
		await assert.rejects(connect('guessed'), /Authorization data is wrong/);
	});
	const client = await connect(token);
	await step('Every tool has a description and typed inputs', async () => {
		await waitUntil(async () => assert.equal((await client.listTools()).tools.length, 6), 20);
		for (const { name, description, inputSchema } of (await client.listTools()).tools) {
			const properties = Object.entries(inputSchema.properties ?? {}) as Array<
				[string, { type: string; description: string }]
			>;
			const types = Object.fromEntries(properties.map(([input, { type }]) => [input, type]));
			assert.deepEqual([name, types], [name, inputs[name]]);
			assert.ok(properties.every(([, input]) => input.description.length > 20));
			assert.ok(String(description).length > 80, `${name}: ${description}`);
		}
	});
	const call = async (name: string, values: object) => {
		const { content, isError } = await client.callTool({ name, arguments: { ...values } });
		const [{ text }] = content as Array<{ text: string }>;
		return { isError, text };
	};
	const use = async <Row,>(name: string, values: object) => {
		const { isError, text } = await call(name, values);
		assert.ok(!isError, text);
		return JSON.parse(text) as Row[];
	};
	const [newest] = campaign.participants;
	await step('Each tool works', async () => {
		const referredByCode = newest.referralCode;
		const [added] = await use<Participant>('Add_participant', {
			email: 'ana@example.com',
			referredByCode,
		});
		assert.equal(campaign.find('ana@example.com')?.referredByCode, referredByCode);
		assert.equal(added.referralCode, campaign.find('ana@example.com')?.referralCode);
		await use('Add_participant', { email: 'bob@example.com', referredByCode: '' });
		assert.equal(campaign.find('bob@example.com')?.referredByCode, null);
		const [got] = await use<Participant>('Get_participant', { email: 'ana@example.com' });
		assert.equal(got.shareLink, added.shareLink);
		const [qualified] = await use<Participant>('Qualify_participant', {
			email: 'ana@example.com',
			amount: 250,
		});
		assert.equal(qualified.rewardEventCompleted, true);
		assert.equal(mockServer.requests.at(-1)?.body?.amount, '250');
		await use('Qualify_participant', { email: 'ana@example.com', amount: 250 });
		const sent = mockServer.requests.filter(({ path }) => path.endsWith('/qualifyParticipant'));
		assert.equal(sent.length, 1);
		const listed = await use<Participant>('List_participants', { limit: 3 });
		assert.deepEqual(
			listed.map(({ email }) => email),
			campaign.participants.slice(0, 3).map(({ email }) => email),
		);
		for (const [limit, count] of [
			[1e9, 200],
			[201, 200],
			[2.5, 2],
			[0, 50],
			[-3, 50],
		]) {
			const { text } = await call('List_participants', { limit });
			const rows = JSON.parse(text) as object[];
			assert.equal(rows.length, count, String(limit));
			assert.deepEqual(Object.keys(rows[0]), [
				'email',
				'referralCode',
				'totalReferrals',
				'referralRewardBalance',
			]);
			assert.ok(text.length < 150 * count, `${text.length} characters for ${count} rows`);
		}
		const best = campaign.participants.toSorted((a, b) => b.totalReferrals - a.totalReferrals);
		const top = await use<Participant>('Top_referrers', { limit: 3 });
		assert.deepEqual(
			top.map(({ totalReferrals }) => totalReferrals),
			best.slice(0, 3).map(({ totalReferrals }) => totalReferrals),
		);
		assert.equal(top[0].email, best[0].email);
		for (const [code, valid] of [
			[referredByCode, true],
			['nobody', false],
		]) {
			assert.deepEqual(await use('Validate_referral_code', { code }), [
				{ code, campaignId: campaign.id, valid },
			]);
		}
	});
	await step('Failures are reported in words that a model can act on', async () => {
		const before = mockServer.requests.length;
		const unusable = await call('Add_participant', { email: 'ana at example', referredByCode: '' });
		assert.match(unusable.text, /"ana at example" is not an email address/);
		assert.equal(mockServer.requests.length, before);
		const unknown = await call('Get_participant', { email: 'nobody@example.com' });
		assert.match(unknown.text, /could not find participant "nobody@example.com"/);
		const [alone] = await use<{ outcome: string }>('Qualify_participant', {
			email: 'bob@example.com',
			amount: 1,
		});
		assert.equal(alone.outcome, 'notReferred');
	});
	await client.close();
}
