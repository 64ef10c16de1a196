import { testBadItems, testServiceFailures } from '../../support/failures.mts';
import { testCampaignField } from '../../support/inputs.mts';
import { testLists } from '../../support/lists.mts';
import { locator, useMockServer } from '../../support/mockServer.mts';

const service = useMockServer({ participants: 150 });
const parameters = {
	resource: 'participant',
	operation: 'list',
	campaignId: locator('JCu82f30F1'),
};

testLists(service, {
	parameters,
	query: { id: 'JCu82f30F1' },
	expectedRows: ({ campaign }) => campaign.participants,
	addRow: ({ campaign }, email) => void campaign.add(email),
});

describe('a large campaign', () => {
	const large = useMockServer({ participants: 1250 });

	test('is read in pages of 500', async () => {
		const { rows } = await large.run({ ...parameters, returnAll: true });
		expect(rows.map(({ email }) => email)).toEqual(
			large.mockServer.campaign.participants.map(({ email }) => email),
		);
		const pages = large.mockServer.requests.filter(({ path }) =>
			path.endsWith('getAllParticipants'),
		);
		expect(pages.map(({ query: { page, size } }) => [page, size]).sort()).toEqual([
			['0', '500'],
			['1', '500'],
			['2', '500'],
		]);
	});
});

testCampaignField(service, parameters);

testServiceFailures(service, {
	parameters,
	names: ['JCu82f30F1'],
	wrongShapes: [{ participants: [] }, { content: {} }, {}, [1, 2], [null], [[]], 'none', 0, true],
	acceptsEmptyBody: true,
});

testBadItems(service, {
	parameters: {
		...parameters,
		campaignId: locator('={{ $json.campaign }}'),
		limit: '={{ $json.limit }}',
	},
	good: [
		{ campaign: 'JCu82f30F1', limit: 3 },
		{ campaign: 'JCu82f30F1', limit: 3 },
	],
	outputsPerItem: 3,
	bad: [
		{ name: 'one without a campaign', json: { limit: 3 }, message: /'Campaign' is empty/ },
		{ name: 'one without a limit', json: { campaign: 'JCu82f30F1' }, message: /^'Limit'/ },
		{
			name: 'one with an unknown campaign',
			json: { campaign: 'Nope', limit: 3 },
			message: /campaign "Nope"/,
		},
	],
});
