import { testBadItems, testServiceFailures } from '../../support/failures.mts';
import { n8nRequires, testCampaignField } from '../../support/inputs.mts';
import {
	toItems,
	locator,
	pairedItems,
	receivedRequests,
	runErrorMessage,
	useMockServer,
} from '../../support/mockServer.mts';

const service = useMockServer();
const parameters = {
	resource: 'referralCode',
	operation: 'validate',
	campaignId: locator('JCu82f30F1'),
	code: 'C000003',
};

test.each([
	['that belongs to a participant', 'C000003', true],
	['that belongs to nobody', 'Nope', false],
])('validates a code %s with one request', async (_, code, valid) => {
	const { rows } = await service.run({ ...parameters, code });
	expect(rows).toEqual([{ code, campaignId: 'JCu82f30F1', valid }]);
	expect(receivedRequests(service.mockServer)).toEqual([
		{ method: 'GET', path: '/api/v1/validateCode', query: { campaignId: 'JCu82f30F1', code } },
	]);
});

test('validates the code of every input item', async () => {
	const { items, rows } = await service.run(
		{ ...parameters, code: '={{ $json.code }}' },
		{ items: toItems({ code: 'C000001' }, { code: 'Nope' }, { code: 'C000002' }) },
	);
	expect(rows.map(({ code, valid }) => [code, valid])).toEqual([
		['C000001', true],
		['Nope', false],
		['C000002', true],
	]);
	expect(pairedItems(items)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
});

test('returns the ID of the campaign if it was entered as a link', async () => {
	const link = 'https://referralrocket.io/campaign?id=JCu82f30F1&referralCode=8Mnu09TD';
	const { rows } = await service.run({ ...parameters, campaignId: locator(link, 'url') });
	expect(rows).toEqual([{ code: 'C000003', campaignId: 'JCu82f30F1', valid: true }]);
});

test.each([
	['with spaces around', ' C000003 ', 'C000003'],
	['with characters that need escaping in a URL', 'a&b=c+d %?#/ü', 'a&b=c+d %?#/ü'],
	['that is a number', '={{ 12345 }}', '12345'],
	['that is 0', '={{ 0 }}', '0'],
	['in a share link', 'https://referralrocket.io/campaign?id=a&referralCode=C000001', 'C000001'],
])('sends a code %s', async (_, code, sent) => {
	const { rows } = await service.run({ ...parameters, code });
	expect(service.mockServer.requests.map(({ query }) => query.code)).toEqual([sent]);
	expect(rows).toMatchObject([{ code: sent }]);
});

test.each([
	['no code', undefined, n8nRequires(/Code/)],
	['an empty code', '', n8nRequires(/Code/)],
	['a code of spaces', '  ', /'Code' is empty/],
	['an expression without a code', '={{ $json.nope }}', /'Code' is empty/],
	['an expression that returns an object', '={{ ({ a: 1 }) }}', /'Code' must be text/],
])('rejects %s and sends nothing', async (_, code, expectedMessage) => {
	expect(await runErrorMessage(service.run({ ...parameters, code }))).toMatch(expectedMessage);
	expect(service.mockServer.requests).toEqual([]);
});

testCampaignField(service, parameters, 'campaignId');

testServiceFailures(service, {
	parameters,
	names: ['C000003', 'JCu82f30F1'],
	wrongShapes: [{ valid: true }, {}, [], [true], 'true', 1],
});

testBadItems(service, {
	parameters: {
		...parameters,
		campaignId: locator('={{ $json.campaign }}'),
		code: '={{ $json.code }}',
	},
	good: [
		{ campaign: 'JCu82f30F1', code: 'C000003' },
		{ campaign: 'JCu82f30F1', code: 'Nope' },
	],
	bad: [
		{ name: 'one without a code', json: { campaign: 'JCu82f30F1' }, message: /'Code' is empty/ },
		{
			name: 'one with an unknown campaign',
			json: { campaign: 'Nope', code: 'C000003' },
			message: /campaign "Nope"/,
		},
	],
});
