import { oneBadItemFailsAlone, stopsWithAClearMessage } from '../../support/failures.mts';
import { takesTheCampaign, takesTheEmail } from '../../support/inputs.mts';
import { readsLists } from '../../support/lists.mts';
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

readsLists(service, {
	parameters,
	path: '/api/v1/getReferrals',
	query: { id: 'JCu82f30F1', email: 'participant0@example.com' },
	wanted: ({ participants }) =>
		participants.filter(({ referredByCode }) => referredByCode === 'C000001'),
	signUp: (campaign, email) => void campaign.add(email, campaign.find('participant0@example.com')),
});

test('gives no items for someone who has referred nobody', async () => {
	const { error, items } = await service.run({
		...parameters,
		email: 'participant59@example.com',
	});
	expect(error).toBeUndefined();
	expect(items).toEqual([]);
	expect(service.mockServer.requests).toHaveLength(1);
});

test('says that the referrer is unknown, and to check the email', async () => {
	const { error, items } = await service.run({ ...parameters, email: 'nobody@example.com' });
	expect(items).toEqual([]);
	expect(error?.message).toContain('participant "nobody@example.com" in campaign "JCu82f30F1"');
	expect(error?.description).toMatch(/Check the campaign ID and the email address/);
});

takesTheCampaign(service, parameters);
takesTheEmail(service, parameters);

stopsWithAClearMessage(service, {
	parameters,
	names: ['participant0@example.com', 'JCu82f30F1'],
	wrongShapes: [{ participants: [] }, { content: {} }, {}, [1, 2], [null], [[]], 'none', 0, true],
	emptyIsFine: true,
});

oneBadItemFailsAlone(service, {
	parameters: { ...parameters, email: '={{ $json.email }}', limit: 4 },
	good: [{ email: 'participant0@example.com' }, { email: ' participant0@example.com' }],
	each: 4,
	bad: [
		{ name: 'one without an email', json: {}, says: /'Email' is empty/ },
		{ name: 'one that is no email', json: { email: 'Jo' }, says: /'Email' "Jo"/ },
		{
			name: 'one that is unknown',
			json: { email: 'nobody@example.com' },
			says: /participant "nobody@example.com"/,
		},
	],
});
