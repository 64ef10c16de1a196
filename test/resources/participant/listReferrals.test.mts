import { testBadItems, testServiceFailures } from '../../support/failures.mts';
import { testCampaignField, testEmailField } from '../../support/inputs.mts';
import { testLists } from '../../support/lists.mts';
import { locator, useMockServer } from '../../support/mockServer.mts';

const service = useMockServer({ participants: 60 });
const parameters = {
	resource: 'participant',
	operation: 'listReferrals',
	campaignId: locator('JCu82f30F1'),
	email: 'participant0@example.com',
};

beforeEach(() => {
	const { campaign } = service.mockServer;
	const referrer = campaign.find('participant0@example.com');
	for (let number = 0; number < 140; number++) {
		const createdOn = new Date(Date.UTC(2026, 1, 1, 0, number)).toISOString();
		campaign.add(`referee${number}@example.com`, referrer, { createdOn });
	}
});

testLists(service, {
	parameters,
	query: { id: 'JCu82f30F1', email: 'participant0@example.com' },
	expectedRows: ({ campaign }) =>
		campaign.participants.filter(({ referredByCode }) => referredByCode === 'C000001'),
	addRow: ({ campaign }, email) =>
		void campaign.add(email, campaign.find('participant0@example.com')),
});

test('returns no items for someone who has referred nobody', async () => {
	const { error, items } = await service.run({
		...parameters,
		email: 'participant59@example.com',
	});
	expect(error).toBeUndefined();
	expect(items).toEqual([]);
	expect(service.mockServer.requests).toHaveLength(1);
});

test('reports that the referrer was not found, and to check the email', async () => {
	const { error, items } = await service.run({ ...parameters, email: 'nobody@example.com' });
	expect(items).toEqual([]);
	expect(error?.message).toContain('participant "nobody@example.com" in campaign "JCu82f30F1"');
	expect(error?.description).toMatch(/Check the campaign ID and the email address/);
});

testCampaignField(service, parameters);
testEmailField(service, parameters);

testServiceFailures(service, {
	parameters,
	names: ['participant0@example.com', 'JCu82f30F1'],
	wrongShapes: [{ participants: [] }, { content: {} }, {}, [1, 2], [null], [[]], 'none', 0, true],
	acceptsEmptyBody: true,
});

testBadItems(service, {
	parameters: { ...parameters, email: '={{ $json.email }}', limit: 4 },
	good: [{ email: 'participant0@example.com' }, { email: ' participant0@example.com' }],
	outputsPerItem: 4,
	bad: [
		{ name: 'one without an email', json: {}, message: /'Email' is empty/ },
		{ name: 'one that is not an email', json: { email: 'Jo' }, message: /'Email' "Jo"/ },
		{
			name: 'one that is unknown',
			json: { email: 'nobody@example.com' },
			message: /participant "nobody@example.com"/,
		},
	],
});
