import { setTimeout } from 'node:timers/promises';
import { LoadOptionsContext } from 'n8n-core';
import { Workflow, type IDataObject, type ILoadOptionsFunctions, type INode } from 'n8n-workflow';
import { searchCampaigns } from '../../nodes/ReferralRocket/methods/searchCampaigns.ts';
import { additionalDataFor, knownNodeTypes, decryptionCount } from '../support/engine.mts';
import { countInFlight, credentialFor, locator, useMockServer } from '../support/mockServer.mts';

/*
 * The list of campaigns in the dropdown, in n8n's own context for such lists.
 */

const service = useMockServer();
const link = 'https://referralrocket.io/campaign?id=JCu82f30F1';

async function listed(campaigns: unknown, filter?: string, fields: IDataObject = {}) {
	const node: INode = {
		id: '1',
		name: 'Referral Rocket',
		type: 'referralRocket',
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
		credentials: { referralRocketApi: { id: '1', name: 'Referral Rocket' } },
	};
	const workflow = new Workflow({
		id: '1',
		nodes: [node],
		connections: {},
		active: false,
		nodeTypes: knownNodeTypes,
	});
	const credential = { ...credentialFor(service.mockServer), campaigns, ...fields } as never;
	const additionalData = additionalDataFor(credential, workflow);
	const context = new LoadOptionsContext(workflow, node, additionalData, 'parameters');
	return (await searchCampaigns.call(context as ILoadOptionsFunctions, filter)).results;
}

const found = { name: 'Q4 Growth Program', value: 'JCu82f30F1', url: link };

test.each([
	['an ID', 'JCu82f30F1'],
	['a link', link],
	['a share link', `${link}&referralCode=8Mnu09TD`],
	['a link between spaces and commas', ` , ${link} , `],
])('%s is listed under the name of its campaign', async (_, campaigns) => {
	expect(await listed(campaigns)).toEqual([found]);
});

test('a campaign that is not found is marked, and does not hide the others', async () => {
	expect(await listed('gone,JCu82f30F1')).toEqual([
		{ name: 'gone (not found)', value: 'gone', url: link.replace('JCu82f30F1', 'gone') },
		found,
	]);
});

test('a campaign without a name is listed by its ID', async () => {
	service.mockServer.intercept = (_, reply) => reply.send({ campaignId: 'JCu82f30F1' });
	expect(await listed('JCu82f30F1')).toEqual([{ ...found, name: 'JCu82f30F1' }]);
});

test('typing filters by name', async () => {
	expect(await listed('gone JCu82f30F1', 'growth')).toEqual([found]);
	expect(await listed('gone JCu82f30F1', 'spring')).toEqual([]);
});

test.each([undefined, '', ' , '])(
	'without campaigns (%j), the message says where to enter them',
	async (none) => {
		await expect(listed(none)).rejects.toThrow(
			/lists no campaigns\. Enter their links in 'Campaigns' of the credential/,
		);
		expect(service.mockServer.requests).toEqual([]);
	},
);

test('an invalid or unreadable campaign does not hide the others', async () => {
	const page = 'https://referralrocket.io/pricing';
	service.mockServer.intercept = ({ query }, reply) =>
		query.id === 'broken' && reply.code(400).send({});
	const results = await listed(`${page} broken JCu82f30F1`);
	expect(results.map(({ name }) => name)).toEqual([
		`${page} (not a campaign link)`,
		'broken (name not available)',
		found.name,
	]);
	// If it is chosen anyway, the node says what is wrong with it.
	expect(results[0].value).toBe(page);
});

test('says what is wrong with the Base URL, and what to enter instead', async () => {
	await expect(listed(link, '', { baseUrl: 'nowhere' })).rejects.toThrow(
		/'Base URL' "nowhere" is not an address\. Enter one like https:/,
	);
});

test('says what is wrong with the key', async () => {
	service.mockServer.apiKey = 'another one';
	const refused = listed(link);
	service.mockServer.behaviour.keyHeader = 'x-other';
	await expect(refused).rejects.toThrow(/refused the API key/);
});

test.each([401, 403])('says that the key was refused, even after an empty %i', async (status) => {
	service.mockServer.intercept = (_, reply) => reply.code(status).send('');
	await expect(listed(link)).rejects.toThrow(/refused the API key/);
});

test('the same campaign is listed once', async () => {
	expect(await listed(`JCu82f30F1, ${link}, ${link}&referralCode=8Mnu09TD`)).toEqual([found]);
	expect(service.mockServer.requests).toHaveLength(1);
});

test('a campaign that the key may not read does not hide the others', async () => {
	service.mockServer.intercept = ({ query }, reply) =>
		query.id === 'foreign' && reply.code(403).send({});
	expect((await listed('foreign JCu82f30F1')).map(({ name }) => name)).toEqual([
		'foreign (name not available)',
		found.name,
	]);
});

test('names are not cached if the key was refused', async () => {
	const { keyHeader } = service.mockServer.behaviour;
	service.mockServer.behaviour.keyHeader = 'x-other';
	await expect(listed(link)).rejects.toThrow(/refused the API key/);
	service.mockServer.behaviour.keyHeader = keyHeader;
	expect(await listed(link)).toEqual([found]);
});

describe('of 500 campaigns', () => {
	const campaigns = Array.from({ length: 500 }, (_, number) => `campaign${number}`).join();

	test('each is requested once, a few at a time, whatever is typed', async () => {
		const inFlight = countInFlight(service.mockServer, 5);
		const decrypted = decryptionCount();
		const typed = ['', 'c', 'ca', 'campaign499'];
		const results = await Promise.all(typed.map(async (text) => await listed(campaigns, text)));
		expect(results.map(({ length }) => length)).toEqual([500, 500, 500, 1]);
		expect(await listed(campaigns, 'campaign1 ')).toHaveLength(1);
		expect(service.mockServer.requests).toHaveLength(500);
		expect(inFlight.max).toBe(3);
		expect(decryptionCount() - decrypted).toBe(typed.length + 1);
	});

	test('their names are requested again after a minute', async () => {
		await listed('JCu82f30F1');
		const now = Date.now();
		const clock = jest.spyOn(Date, 'now').mockImplementation(() => now + 59_000);
		await listed('JCu82f30F1');
		expect(service.mockServer.requests).toHaveLength(1);
		clock.mockImplementation(() => now + 61_000);
		await listed('JCu82f30F1');
		clock.mockRestore();
		expect(service.mockServer.requests).toHaveLength(2);
	});

	test('a workflow that runs in the meantime is not delayed', async () => {
		let proceed = () => {};
		const hasRun = new Promise<void>((resolve) => (proceed = resolve));
		service.mockServer.intercept = async ({ path }) => {
			if (path.endsWith('/getCampaign')) await hasRun;
			return false;
		};
		const list = listed(campaigns);
		const { requests } = service.mockServer;
		while (requests.length < 3) await setTimeout(5);
		const { error } = await service.run({
			resource: 'participant',
			operation: 'get',
			campaignId: locator('JCu82f30F1'),
			email: 'participant1@example.com',
		});
		expect(error).toBeUndefined();
		expect(requests).toHaveLength(4);
		proceed();
		expect(await list).toHaveLength(500);
	});
});
