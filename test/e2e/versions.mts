import assert from 'node:assert/strict';
import type { FastifyReply } from 'fastify';
import type { Runtime } from '../../tools/n8n/cache.mts';
import { itemsOf, type Execution, type N8n } from '../../tools/n8n/n8n.mts';
import { step } from '../../tools/command-line/progress.mts';
import type { MockServer } from '../../tools/mock-server/service.mts';
import { setUpEnvironment } from './environment.mts';
import { chain } from './workflow.mts';

const campaignId = {
	__rl: true,
	mode: 'url',
	value: 'https://referralrocket.io/campaign?id=JCu82f30F1&referralCode=8Mnu09TD',
};
const email = '={{ $json.email }}';
const people = (...names: string[]) => names.map((name) => ({ email: `${name}@example.com` }));

/** The same in every version of n8n: all operations, the credential test, failing items. */
export async function versions(runtime: Runtime, tarball: string): Promise<void> {
	await using environment = await setUpEnvironment(runtime, tarball);
	const { n8n, mockServer } = environment;
	await step('The credential test passes, and fails with a wrong key', async () =>
		testsCredential(n8n, mockServer),
	);
	const credentials = await n8n.addCredential(mockServer);
	const run = async (items: object[], parameters: object, more: object = {}) =>
		await runNode(n8n, credentials, items, { campaignId, ...parameters }, more);

	await step('Every operation works', async () => {
		const [campaign] = rowsOf(await run([{}], { resource: 'campaign', operation: 'get' }));
		assert.equal(campaign.campaignName, 'Q4 Growth Program');
		const participant = { resource: 'participant' };
		const referrer = 'participant1@example.com';
		const added = await run(people('ana', 'bob'), {
			...participant,
			operation: 'add',
			email,
			additionalFields: { referrer },
		});
		assert.deepEqual(emailsOf(added), ['ana@example.com', 'bob@example.com']);
		const got = await run(people('bob'), { ...participant, operation: 'get', email });
		assert.equal(rowsOf(got)[0].referredByCode, mockServer.campaign.find(referrer)?.referralCode);
		const qualified = await run(people('bob'), {
			...participant,
			operation: 'qualify',
			email,
			additionalFields: { amount: 0 },
		});
		assert.equal(rowsOf(qualified)[0].rewardEventCompleted, true);
		assert.equal(mockServer.requests.at(-1)?.body?.amount, '0');
		const all = await run([{}], {
			...participant,
			operation: 'list',
			returnAll: true,
			options: { pageSize: 7 },
		});
		assert.deepEqual(
			emailsOf(all),
			mockServer.campaign.participants.map((person) => person.email),
		);
		const few = await run([{}], { ...participant, operation: 'list', limit: 5 });
		assert.equal(rowsOf(few).length, 5);
		const referrals = await run(people('participant1'), {
			...participant,
			operation: 'listReferrals',
			email,
			returnAll: true,
		});
		assert.ok(emailsOf(referrals).includes('bob@example.com'));
		const valid = await run([{ code: rowsOf(got)[0].referralCode }, { code: 'nobody' }], {
			resource: 'referralCode',
			operation: 'validate',
			code: '={{ $json.code }}',
		});
		assert.deepEqual(
			rowsOf(valid).map((row) => row.valid),
			[true, false],
		);
	});
	await step('The options of the operations work', async () => {
		const runOf = async (items: object[], parameters: object) =>
			await run(items, { resource: 'participant', ...parameters });
		const [referrer] = mockServer.campaign.participants.slice(-1);
		const added = await runOf(people('cleo'), {
			operation: 'add',
			email,
			additionalFields: {
				referrer: referrer.shareLink,
				firstName: 'Cleo',
				customFields: { field: [{ name: 'company', value: 'Acme' }] },
			},
			options: { lookUpFirst: true },
		});
		assert.deepEqual(
			rowsOf(added).map(({ referredByCode, isNew }) => [referredByCode, isNew]),
			[[referrer.referralCode, true]],
		);
		const { fName, company } = mockServer.requests.at(-1)?.body ?? {};
		assert.deepEqual([fName, company], ['Cleo', 'Acme']);
		const codes = rowsOf(added).concat({ ...referrer });
		const found = await runOf(codes, {
			operation: 'get',
			findBy: 'referralCode',
			referralCode: '={{ $json.referralCode }}',
			output: 'selectedFields',
			fields: ['email'],
		});
		assert.deepEqual(rowsOf(found), [{ email: 'cleo@example.com' }, { email: referrer.email }]);
		const newest = await runOf([{}], {
			operation: 'list',
			limit: 1,
			sort: { sorting: { field: 'createdOn', direction: 'desc' } },
		});
		assert.deepEqual(emailsOf(newest), ['cleo@example.com']);
	});
	await step('The campaigns in the credential are listed by name', async () => {
		const { referralRocketApi } = await n8n.addCredential(mockServer, '', mockServer.campaign.id);
		const { results } = await n8n.post<{ results: object[] }>(
			'/dynamic-node-parameters/resource-locator-results',
			{
				path: 'parameters.campaignId',
				methodName: 'searchCampaigns',
				nodeTypeAndVersion: { name: 'n8n-nodes-referral-rocket.referralRocket', version: 1 },
				currentNodeParameters: {},
				credentials: { referralRocketApi },
			},
		);
		assert.deepEqual(results, [
			{
				name: 'Q4 Growth Program',
				value: mockServer.campaign.id,
				url: `https://referralrocket.io/campaign?id=${mockServer.campaign.id}`,
			},
		]);
	});
	await step('One failing item goes to the error output, and the others succeed', async () => {
		const items = people('participant1', 'not an address', 'participant3');
		const get = { resource: 'participant', operation: 'get', email };
		const split = await run(items, get, { onError: 'continueErrorOutput' });
		assert.deepEqual(emailsOf(split), ['participant1@example.com', 'participant3@example.com']);
		const [refused] = itemsOf(split, 'Referral Rocket', 1);
		assert.equal(refused.json.email, 'not an address@example.com');
		assert.match(String(refused.json.error), /is not an email address/);
		const stopped = await run(items, { ...get, operation: 'add' });
		assert.equal(stopped.status, 'error');
		assert.match(
			String(stopped.message),
			/"not an address@example.com" is not an email address.*This was item 2 of 3: item 1 was sent; item 3 was not\.$/,
		);
	});
	await step('Lost connections are recognized, and a read is retried', async () => {
		const again = { ifAlreadyQualified: 'qualify' };
		const qualify = { resource: 'participant', operation: 'qualify', email, ...again };
		const referred = mockServer.campaign.participants.filter(
			({ referredByCode }) => referredByCode,
		);
		const opened: FastifyReply[] = [];
		mockServer.intercept = ({ method }, reply) => {
			if (method !== 'POST') return false;
			opened.push(reply.hijack());
			if (opened.length === 10) opened.forEach(({ raw }) => raw.destroy());
			return true;
		};
		const { status, message, description } = await run(referred.slice(0, 12), qualify);
		assert.equal(status, 'error');
		assert.match(
			String(message),
			/^The connection was lost .* This was item 1 of 12: items 2 to 10 were sent; items 11 to 12 were not\.$/,
		);
		assert.match(String(description), /may have taken effect/);
		assert.equal(opened.length, 10);

		let dropped = 0;
		mockServer.intercept = (_request, reply) => {
			if (dropped++ > 0) return false;
			return reply.hijack().raw.destroy();
		};
		const got = await run([{}], { resource: 'campaign', operation: 'get' });
		assert.equal(rowsOf(got)[0].campaignName, 'Q4 Growth Program');
		assert.equal(dropped, 2);
		mockServer.intercept = undefined;
	});
	await step('After a list, items are still paired with their input', async () => {
		const referrers = people('participant0', 'participant1');
		const listed = await run(referrers, {
			resource: 'participant',
			operation: 'listReferrals',
			email,
			returnAll: true,
		});
		const codeOf = (name: unknown) => mockServer.campaign.find(String(name))?.referralCode;
		const origins = itemsOf(listed, 'Origin').map(({ json }) => codeOf(json.origin));
		assert.deepEqual(
			origins,
			rowsOf(listed).map((row) => row.referredByCode),
		);
		assert.ok(new Set(origins).size === 2);
	});
}

async function testsCredential(n8n: N8n, mockServer: MockServer) {
	const { referralRocketApi } = await n8n.addCredential(mockServer);
	const test = async (data: object) =>
		await n8n.post<{ status: string; message: string }>('/credentials/test', {
			credentials: {
				...referralRocketApi,
				type: 'referralRocketApi',
				data: {
					apiKey: mockServer.apiKey,
					authentication: 'bearer',
					baseUrl: mockServer.url,
					...data,
				},
			},
		});
	assert.equal((await test({})).status, 'OK');
	const answers: Array<[number, string, RegExp]> = [
		[200, '{}', /doesn't show whether the API key is right/],
		[200, '', /doesn't show whether the API key is right/],
		[404, '{"message":"none"}', /doesn't show whether the API key is right/],
		[401, '', /refused the API key/],
		[403, '{}', /refused the API key/],
		[429, '{}', /Too many requests/],
		[500, '{}', /could not complete/],
		[503, '', /could not complete/],
		[200, '<html>Sign in</html>', /web page/],
	];
	for (const [status, body, says] of answers) {
		mockServer.intercept = (_request, reply) =>
			reply
				.code(status)
				.type(body.startsWith('<') ? 'text/html' : 'application/json')
				.send(body);
		const result = await test({});
		assert.match(`${result.status}: ${result.message}`, new RegExp(`^Error: .*${says.source}`));
	}
	mockServer.intercept = undefined;
	assert.match((await test({ apiKey: 'wrong' })).message, /refused the API key/);
	assert.match((await test({ baseUrl: 'http://127.0.0.1:9' })).message, /Could not reach/);
	assert.match((await test({ baseUrl: n8n.url })).message, /doesn't show whether/);
	mockServer.behave({ keyHeader: 'x-api-key', keyPrefix: '' });
	assert.match((await test({})).message, /Choose Custom Header .* enter X-API-Key /);
	mockServer.behave({ keyHeader: 'authorization', keyPrefix: 'Bearer ' });
}

/** Runs one Referral Rocket node with these input items; a node after it returns the paired input of each item. */
async function runNode(
	n8n: N8n,
	credentials: object,
	items: object[],
	parameters: object,
	more: object,
) {
	const value = "={{ $('Items').item.json.email }}";
	const origin = {
		assignments: { assignments: [{ id: '1', name: 'origin', value, type: 'string' }] },
	};
	const jsCode = `return ${JSON.stringify(items)}.map((json) => ({ json }))`;
	const id = await n8n.saveWorkflow(
		chain('Versions', [
			{ name: 'Run', type: 'n8n-nodes-base.manualTrigger' },
			{ name: 'Items', type: 'n8n-nodes-base.code', typeVersion: 2, parameters: { jsCode } },
			{
				name: 'Referral Rocket',
				type: 'n8n-nodes-referral-rocket.referralRocket',
				parameters,
				credentials,
				...more,
			},
			{ name: 'Origin', type: 'n8n-nodes-base.set', typeVersion: 3.4, parameters: origin },
		]),
	);
	return await n8n.run(id, 'Run');
}

function rowsOf(execution: Execution) {
	assert.equal(execution.status, 'success', execution.message);
	return itemsOf(execution, 'Referral Rocket').map(({ json }) => json);
}

const emailsOf = (execution: Execution) => rowsOf(execution).map((row) => row.email);
