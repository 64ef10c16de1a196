import { oneBadItemFailsAlone, stopsWithAClearMessage } from '../../support/failures.mts';
import { takesTheCampaign, takesTheEmail } from '../../support/inputs.mts';
import { itemsOf, locator, pairs, received, useMockServer } from '../../support/mockServer.mts';

const service = useMockServer();
const parameters = {
	resource: 'participant',
	operation: 'get',
	campaignId: locator('JCu82f30F1'),
	email: 'participant3@example.com',
};
const full = { ...parameters, simplify: false };

test('gets a participant with one request', async () => {
	const { rows } = await service.run(full);
	expect(rows).toEqual([service.mockServer.campaign.find('participant3@example.com')]);
	expect(received(service.mockServer)).toEqual([
		{
			method: 'GET',
			path: '/api/v1/getParticipant',
			query: { id: 'JCu82f30F1', email: 'participant3@example.com' },
		},
	]);
});

test('gets the participant of every input item', async () => {
	const emails = [
		'participant2@example.com',
		'participant9@example.com',
		'participant4@example.com',
	];
	const { items, rows } = await service.run(
		{ ...parameters, email: '={{ $json.who }}' },
		{ items: itemsOf(...emails.map((who) => ({ who }))) },
	);
	expect(rows.map(({ email }) => email)).toEqual(emails);
	expect(pairs(items)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
});

test.each([
	'jo+sale@example.com',
	"o'neil&co=1@example.com",
	'jürgen@exämple.de',
	'a%20b@example.com',
])('finds %s, whose address needs care in a link', async (email) => {
	service.mockServer.campaign.add(email);
	const { rows } = await service.run({ ...parameters, email });
	expect(rows).toMatchObject([{ email }]);
});

test('returns ten fields when simplified, which is the default', async () => {
	const participant = service.mockServer.campaign.find('participant3@example.com');
	const simplified = {
		email: participant?.email,
		firstName: participant?.firstName,
		lastName: participant?.lastName,
		referralCode: participant?.referralCode,
		referredByCode: participant?.referredByCode,
		shareLink: participant?.shareLink,
		totalReferrals: participant?.totalReferrals,
		referralRewardBalance: participant?.referralRewardBalance,
		rewardEventCompleted: participant?.rewardEventCompleted,
		createdOn: participant?.createdOn,
	};
	expect((await service.run(parameters)).rows).toEqual([simplified]);
	expect((await service.run({ ...parameters, simplify: true })).rows).toEqual([simplified]);
	expect(
		(
			await service.run(
				{ ...parameters, simplify: '={{ $json.brief }}' },
				{ items: itemsOf({ brief: true }) },
			)
		).rows,
	).toEqual([simplified]);
});

test('invents no field that the service leaves out', async () => {
	service.mockServer.intercept = (_, reply) =>
		void reply.send({ email: 'a@example.com', firstName: null });
	const { rows } = await service.run(parameters);
	expect(rows).toEqual([{ email: 'a@example.com', firstName: null }]);
	expect(Object.keys(rows[0])).toEqual(['email', 'firstName']);
});

test('gives what came where none of those fields is among it', async () => {
	service.mockServer.intercept = (_, reply) => reply.send({ participantId: 7, tier: 'gold' });
	expect((await service.run(parameters)).rows).toEqual([{ participantId: 7, tier: 'gold' }]);
});

test('passes every field through, known or not, when not simplified', async () => {
	const participant = { email: 7, 'odd name': '', new: { deep: [1, null, { a: 'ß' }] } };
	service.mockServer.intercept = (_, reply) => void reply.send(participant);
	const { rows } = await service.run(full);
	expect(rows).toEqual([participant]);
});

test.each(['nothing', 'null', 'notFound'] as const)(
	'says that a participant is unknown when the service answers with %s',
	async (unknownParticipant) => {
		service.mockServer.behaviour.unknownParticipant = unknownParticipant;
		const { error, items } = await service.run({ ...parameters, email: 'nobody@example.com' });
		expect(items).toEqual([]);
		expect(error?.message).toMatch(
			/could not find participant "nobody@example.com" in campaign "JCu82f30F1"/,
		);
		expect(error?.description).toMatch(/Check the campaign ID and the email address/);
	},
);

takesTheCampaign(service, parameters);
takesTheEmail(service, parameters);

stopsWithAClearMessage(service, {
	parameters,
	names: ['participant3@example.com', 'JCu82f30F1'],
	wrongShapes: [[], [{ email: 'participant3@example.com' }], 'participant3@example.com', 0, false],
});

oneBadItemFailsAlone(service, {
	parameters: { ...parameters, email: '={{ $json.email }}' },
	good: [{ email: 'participant1@example.com' }, { email: 'participant2@example.com' }],
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
