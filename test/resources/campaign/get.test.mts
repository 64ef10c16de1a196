import { testBadItems, testServiceFailures } from '../../support/failures.mts';
import { testCampaignField } from '../../support/inputs.mts';
import {
	runErrorMessage,
	toItems,
	locator,
	pairedItems,
	receivedRequests,
	useMockServer,
} from '../../support/mockServer.mts';

const service = useMockServer();
const simplified = { resource: 'campaign', operation: 'get', campaignId: locator('JCu82f30F1') };
const parameters = { ...simplified, output: 'raw' };

test('gets a campaign with one request', async () => {
	const { rows } = await service.run(parameters);
	expect(rows).toEqual([service.mockServer.campaign.details()]);
	expect(receivedRequests(service.mockServer)).toEqual([
		{ method: 'GET', path: '/api/v1/getCampaign', query: { id: 'JCu82f30F1' } },
	]);
});

test('gets the campaign of every input item', async () => {
	const { items, rows } = await service.run(parameters, { items: toItems({}, {}, {}) });
	expect(pairedItems(items)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
	expect(rows).toEqual(Array.from({ length: 3 }, () => service.mockServer.campaign.details()));
});

test('returns every field, known or unknown', async () => {
	const campaign = {
		campaignName: 'Spring',
		'odd name': '',
		new: { deep: [1, null, { a: 'ß' }] },
		paused: 'maybe',
		end: 0,
	};
	service.mockServer.intercept = (_, reply) => void reply.send(campaign);
	const { rows } = await service.run(parameters);
	expect(rows).toEqual([campaign]);
});

test('omits fields that are only for the campaign page if simplified, which is the default', async () => {
	const { paused, ended, rewardHeader, rewardDescription, ...kept } =
		service.mockServer.campaign.details();
	expect([paused, ended, Boolean(rewardHeader && rewardDescription)]).toEqual([false, false, true]);
	expect(Object.keys(kept)).toHaveLength(10);
	expect((await service.run(simplified)).rows).toEqual([kept]);
});

test('returns the selected fields', async () => {
	const fields = ['campaignName', 'status', 'unknown'];
	const { rows } = await service.run({ ...simplified, output: 'selectedFields', fields });
	expect(rows).toEqual([{ campaignName: 'Q4 Growth Program', status: 'Active', unknown: null }]);
	// If fields are selected, the others are not returned instead, even if all selected ones are missing.
	const none = await service.run({ ...simplified, output: 'selectedFields', fields: ['unknown'] });
	expect(none.rows).toEqual([{ unknown: null }]);
	const before = service.mockServer.requests.length;
	const empty = service.run({ ...simplified, output: 'selectedFields', fields: '={{ "" }}' });
	expect(await runErrorMessage(empty)).toBe("'Fields' is empty. Choose at least one.");
	expect(service.mockServer.requests).toHaveLength(before);
});

test.each([
	['a long reason', (key: string) => ({ status: 400, body: `${'x'.repeat(290)}${key}` })],
	['data that cannot be read', (key: string) => ({ status: 200, body: `${'x'.repeat(90)}${key}` })],
])('shows no part of the key if it is truncated in %s', async (_, answer) => {
	const { mockServer } = service;
	const { status, body } = answer(mockServer.apiKey);
	mockServer.intercept = (_request, reply) => void reply.code(status).type('text/plain').send(body);
	const { error, stored } = await service.run(parameters);
	expect(error?.message).toContain('xxx');
	expect(stored).not.toContain(mockServer.apiKey.slice(0, 5));
});

test('redacts the key if the service echoes it as part of a URL', async () => {
	const { mockServer } = service;
	const inAddress = encodeURIComponent(mockServer.apiKey);
	mockServer.intercept = (_request, reply) =>
		reply.redirect(`https://elsewhere.example/?key=${inAddress}`, 302);
	const { error, stored } = await service.run(parameters);
	expect(error?.description).toContain('https://elsewhere.example/?key=[API key]');
	expect(stored).not.toContain(inAddress);
});

testCampaignField(service, parameters);

testServiceFailures(service, {
	parameters,
	names: ['JCu82f30F1'],
	wrongShapes: [[], [{ campaignId: 'JCu82f30F1' }], 'JCu82f30F1', 7, true],
});

testBadItems(service, {
	parameters: { ...parameters, campaignId: locator('={{ $json.campaign }}') },
	good: [{ campaign: 'JCu82f30F1' }, { campaign: ' JCu82f30F1 ' }],
	bad: [
		{ name: 'one without a campaign', json: {}, message: /'Campaign' is empty/ },
		{
			name: 'one with an unknown campaign',
			json: { campaign: 'Nope' },
			message: /campaign "Nope"/,
		},
	],
});
