import type { NodeApiError } from 'n8n-workflow';
import { participantTotals } from '../../nodes/ReferralRocket/api/specification.ts';
import { eventOptions } from '../../nodes/ReferralRocket/triggers/polling/events.ts';
import {
	locator,
	credentialFor,
	useMockServer,
	useRateLimitWindow,
} from '../support/mockServer.mts';
import { Campaign } from '../../tools/mock-server/campaign.mts';
import { ActivePollingTrigger } from '../support/triggerContexts.mts';

const service = useMockServer();
const watching = (event: string, more = {}) =>
	new ActivePollingTrigger(credentialFor(service.mockServer), {
		events: [event],
		campaignId: locator('JCu82f30F1'),
		...more,
	});
/** Makes the service list in this order, whatever the request says. */
function listedBy(sort: string) {
	service.mockServer.intercept = ({ query }) => {
		query.sort = sort;
		return false;
	};
}
/** Makes the service list these participants, whatever the request says. */
function listing(people: object[]) {
	service.mockServer.intercept = ({ path, query }, reply) =>
		path.endsWith('getAllParticipants')
			? reply.send(query.page === '0' ? people : [])
			: reply.send({ campaignName: 'Q4', totalParticipants: people.length });
}
const allEvents = eventOptions.map(({ value }) => String(value));
const emails = (rows: Array<{ email?: unknown }>) => rows.map(({ email }) => email);

describe('Participant Added', () => {
	test('the first poll emits nothing, and later ones emit each newcomer once', async () => {
		const polling = watching('participantAdded');
		expect(await polling.poll()).toEqual([]);
		const createdOn = '2026-11-01T00:00:00.000+00:00';
		service.mockServer.campaign.add('a@example.com', undefined, { createdOn });
		service.mockServer.campaign.add('b@example.com', undefined, {
			createdOn: createdOn.replace('01T', '02T'),
		});
		expect(emails(await polling.poll())).toEqual(['a@example.com', 'b@example.com']);
		expect(await polling.poll()).toEqual([]);
		service.mockServer.campaign.add('c@example.com');
		expect(emails(await polling.poll())).toEqual(['c@example.com']);
		expect(await polling.poll()).toEqual([]);
		expect(polling.executions).toBe(2);
	});

	test('a poll that finds nothing makes one request if the campaign reports its total', async () => {
		const polling = watching('participantAdded');
		await polling.poll();
		service.mockServer.requests.length = 0;
		expect(await polling.poll()).toEqual([]);
		expect(service.mockServer.requests.map(({ path }) => path)).toEqual(['/api/v1/getCampaign']);
	});

	test.each([
		'totalParticipants',
		'totalParticipant',
		'participantCount',
		'participants',
		'numberOfParticipants',
		'total_participants',
		'participant_count',
	])('the total is recognized as %s', async (name) => {
		service.mockServer.intercept = ({ path }, reply) =>
			path.endsWith('getCampaign') &&
			reply.send({
				campaignName: 'Q4',
				[name]: service.mockServer.campaign.participants.length,
			});
		const polling = watching('participantAdded');
		await polling.poll();
		service.mockServer.requests.length = 0;
		expect(await polling.poll()).toEqual([]);
		expect(service.mockServer.requests.length).toBe(1);
	});

	test.each([
		['without a total', {}],
		['if the total is not a number', { participants: 'many' }],
		['if a constant number is not the total', { totalQualifiedParticipants: 3 }],
	])('newcomers are found %s as well', async (_, campaign) => {
		service.mockServer.intercept = ({ path }, reply) =>
			path.endsWith('getCampaign') && reply.send({ campaignName: 'Q4', ...campaign });
		const polling = watching('participantAdded');
		await polling.poll();
		service.mockServer.campaign.add('a@example.com');
		expect(emails(await polling.poll())).toEqual(['a@example.com']);
	});

	test('someone who joins while another leaves is reported within the hour', async () => {
		const polling = watching('participantAdded');
		await polling.poll();
		service.mockServer.campaign.participants.pop();
		service.mockServer.campaign.add('a@example.com');
		expect(await polling.poll()).toEqual([]);
		const later = Date.now() + 3_600_000;
		const now = jest.spyOn(Date, 'now').mockImplementation(() => later);
		expect(emails(await polling.poll())).toEqual(['a@example.com']);
		now.mockRestore();
	});

	test.each([
		['the newest first', 'createdOn,desc'],
		['the oldest first', 'createdOn,asc'],
		['by name', 'email,asc'],
	])('newcomers are emitted whether the service lists %s', async (_, sort) => {
		listedBy(sort);
		const polling = watching('participantAdded');
		await polling.poll();
		const createdOn = '2026-11-01T00:00:00.000+00:00';
		for (const name of ['x', 'a', 'm']) {
			service.mockServer.campaign.add(`${name}@example.com`, undefined, { createdOn });
		}
		expect(emails(await polling.poll()).sort()).toEqual([
			'a@example.com',
			'm@example.com',
			'x@example.com',
		]);
		expect(await polling.poll()).toEqual([]);
	});

	test('a failed poll changes nothing, so nothing is missed', async () => {
		const polling = watching('participantAdded');
		await polling.poll();
		const before = polling.inMemory;
		service.mockServer.campaign.add('a@example.com');
		service.mockServer.intercept = ({ path }, reply) =>
			path.endsWith('getAllParticipants') && reply.code(403).send();
		await expect(polling.poll()).rejects.toThrow('refused the API key');
		expect(polling.inMemory).toBe(before);
		service.mockServer.intercept = undefined;
		expect(emails(await polling.poll())).toEqual(['a@example.com']);
	});

	test.each([
		['is empty', []],
		['ends early', [{ email: 'participant1@example.com', referralCode: 'C000001' }]],
	])('a single response that %s does not make anyone new', async (_, answer) => {
		const polling = watching('participantAdded');
		await polling.poll();
		const { campaign } = service.mockServer;
		service.mockServer.intercept = ({ path, query }, reply) =>
			path.endsWith('getAllParticipants')
				? reply.send(query.page === '0' ? answer : [])
				: reply.send({ campaignName: 'Q4' });
		campaign.add('a@example.com');
		expect(await polling.poll()).toEqual([]);
		service.mockServer.intercept = undefined;
		campaign.add('b@example.com');
		expect(emails(await polling.poll())).toEqual(['a@example.com', 'b@example.com']);
		expect(await polling.poll()).toEqual([]);
	});

	test('a response with fewer participants than the campaign fails the poll and emits nothing', async () => {
		const polling = watching('participantAdded');
		await polling.poll();
		const { campaign } = service.mockServer;
		campaign.add('a@example.com');
		service.mockServer.intercept = ({ path }, reply) =>
			path.endsWith('getAllParticipants') && reply.send(campaign.participants.slice(9));
		await expect(polling.poll()).rejects.toThrow('only part of the participants');
		service.mockServer.intercept = undefined;
		expect(emails(await polling.poll())).toEqual(['a@example.com']);
	});

	test.each([
		[0, 'array'],
		[0, 'page'],
		[1, 'array'],
		[1, 'page'],
	] as const)(
		'with %i participants, a total that counts more than them does not fail the poll (%s)',
		async (...row) => {
			const [participants, listShape] = row;
			service.mockServer.behave({ listShape, extraInTotals: 3 });
			service.mockServer.campaign = new Campaign('JCu82f30F1', participants);
			const polling = watching('participantAdded', { events: allEvents });
			expect(await polling.poll()).toEqual([]);
			expect(await polling.poll()).toEqual([]);
			service.mockServer.campaign.add('a@example.com');
			expect(emails(await polling.poll())).toEqual(['a@example.com']);
		},
	);

	test.each([
		['lags behind the total', (count: number) => count + 1],
		['never shows what the total counts as well', (count: number) => count + 3],
	])('a list that %s is read again at the next poll', async (_, readCampaignTotal) => {
		const { campaign } = service.mockServer;
		let total = campaign.participants.length;
		service.mockServer.intercept = ({ path }, reply) =>
			path.endsWith('getCampaign') && reply.send({ campaignName: 'Q4', totalParticipants: total });
		const polling = watching('participantAdded');
		await polling.poll();
		total = readCampaignTotal(total);
		expect(await polling.poll()).toEqual([]);
		campaign.add('late@example.com');
		expect(emails(await polling.poll())).toEqual(['late@example.com']);
	});

	test('a clock that was once a day ahead does not hide newcomers', async () => {
		const polling = watching('participantAdded');
		const ahead = Date.now() + 86_400_000;
		const now = jest.spyOn(Date, 'now').mockImplementation(() => ahead);
		await polling.poll();
		now.mockRestore();
		const { campaign } = service.mockServer;
		campaign.participants.pop();
		campaign.add('a@example.com');
		expect(emails(await polling.poll())).toEqual(['a@example.com']);
	});

	test('participants without an email are distinguished by code', async () => {
		const first = { email: null, referralCode: 'A' };
		const second = { email: '', referralCode: 'B' };
		const people: object[] = [first];
		listing(people);
		const polling = watching('participantAdded', { simplify: false });
		await polling.poll();
		people.unshift(second);
		expect(await polling.poll()).toEqual([
			{ event: 'participantAdded', campaignId: 'JCu82f30F1', ...second, changes: {} },
		]);
		Object.assign(first, { totalReferrals: 1, email: undefined, revenueGenerated: 9 });
		people.unshift({ email: 'a@example.com' });
		expect(emails(await polling.poll())).toEqual(['a@example.com']);
	});

	test.each([
		['addresses', ['email']],
		['referral codes', ['referralCode']],
		['addresses and referral codes', ['email', 'referralCode']],
	])('a poll in which all %s are empty does not make anyone new', async (_, names) => {
		const { campaign } = service.mockServer;
		const polling = watching('participantAdded', { events: allEvents });
		await polling.poll();
		const before = campaign.participants.map((person) => ({ ...person }));
		for (const empty of [null, '', undefined]) {
			for (const person of campaign.participants) {
				for (const name of names) Object.assign(person, { [name]: empty });
			}
			expect(await polling.poll()).toEqual([]);
			campaign.participants.forEach((person, index) => Object.assign(person, before[index]));
			expect(await polling.poll()).toEqual([]);
		}
	});

	test('an email in different case does not make anyone new', async () => {
		const polling = watching('participantAdded');
		await polling.poll();
		const { campaign } = service.mockServer;
		campaign.participants[2].email = ` ${campaign.participants[2].email.toUpperCase()}`;
		campaign.add('a@example.com');
		expect(emails(await polling.poll())).toEqual(['a@example.com']);
	});

	test.each([
		['referral code', { referralCode: 'CUSTOM' }],
		['email address', { email: 'renamed@example.com' }],
	])('someone with a new %s is not reported again', async (_, changed) => {
		const { campaign } = service.mockServer;
		const person = campaign.participants[2];
		Object.assign(person, { referralReward: 20, rewardEventCompleted: true, totalReferrals: 3 });
		for (const events of [['participantAdded'], allEvents]) {
			const before = { ...person };
			const polling = watching('participantAdded', { events });
			await polling.poll();
			Object.assign(person, changed);
			campaign.add(`new${events.length}@example.com`);
			expect(emails(await polling.poll())).toEqual([`new${events.length}@example.com`]);
			expect(await polling.poll()).toEqual([]);
			Object.assign(person, before);
			expect(await polling.poll()).toEqual([]);
		}
	});

	test('someone who joins with an email that another participant had before is new', async () => {
		const { campaign } = service.mockServer;
		const polling = watching('participantAdded', { events: allEvents });
		await polling.poll();
		const [person] = campaign.participants;
		const { email } = person;
		person.email = 'renamed@example.com';
		campaign.add(email);
		expect(emails(await polling.poll())).toEqual([email]);
		expect(await polling.poll()).toEqual([]);
	});

	test('an empty campaign fills up, and no page before the first is requested', async () => {
		for (const campaignTotal of ['included', 'omitted'] as const) {
			service.mockServer.behaviour.campaignTotal = campaignTotal;
			service.mockServer.campaign = new Campaign('JCu82f30F1', 0);
			const polling = watching('participantAdded');
			expect(await polling.poll()).toEqual([]);
			expect(await polling.poll()).toEqual([]);
			service.mockServer.campaign.add('a@example.com');
			expect(emails(await polling.poll())).toEqual(['a@example.com']);
		}
		const pages = service.mockServer.requests.map(({ query }) => query.page);
		expect(pages.filter((page) => page?.startsWith('-'))).toEqual([]);
	});

	test('a newly selected event reports only what happens afterwards', async () => {
		const polling = watching('participantAdded');
		await polling.poll();
		const other = watching('participantQualified');
		other.inMemory = polling.inMemory;
		expect(await other.poll()).toEqual([]);
		const { campaign } = service.mockServer;
		campaign.qualify(campaign.add('a@example.com', campaign.participants[0]));
		expect(emails(await other.poll())).toEqual(['a@example.com']);
	});

	test('another campaign reports only what happens afterwards', async () => {
		const polling = watching('participantAdded');
		await polling.poll();
		const other = watching('participantAdded');
		other.inMemory = polling.inMemory.replace('JCu82f30F1', 'Other');
		service.mockServer.campaign.add('a@example.com');
		expect(await other.poll()).toEqual([]);
		service.mockServer.campaign.add('b@example.com');
		expect(emails(await other.poll())).toEqual(['b@example.com']);
	});
});

describe('Participant Qualified', () => {
	test('each qualification is emitted once, even for someone who joined qualified', async () => {
		const polling = watching('participantQualified');
		const { campaign } = service.mockServer;
		const [referrer] = campaign.participants;
		const early = campaign.add('early@example.com', referrer);
		expect(await polling.poll()).toEqual([]);
		campaign.qualify(early);
		campaign.qualify(campaign.add('quick@example.com', referrer));
		campaign.add('slow@example.com', referrer);
		expect(emails(await polling.poll()).sort()).toEqual(['early@example.com', 'quick@example.com']);
		expect(await polling.poll()).toEqual([]);
	});

	test('a poll that ends after a later one does not emit the same qualification again', async () => {
		const { campaign } = service.mockServer;
		const referee = campaign.add('early@example.com', campaign.participants[0]);
		const polling = watching('participantQualified');
		await polling.poll();
		let laterHasEnded = () => {};
		const wait = new Promise<void>((done) => (laterHasEnded = done));
		let isFirst = true;
		service.mockServer.intercept = async (_request, reply) => {
			if (!isFirst) return false;
			isFirst = false;
			const before = JSON.stringify(campaign.participants);
			campaign.qualify(referee);
			await wait;
			return reply.type('application/json').send(before);
		};
		const [slow, later] = polling.pollConcurrently(2);
		const emitted = emails(await later);
		laterHasEnded();
		emitted.push(...emails(await slow), ...emails(await polling.poll()));
		expect(emitted).toEqual(['early@example.com']);
	});
});

describe('Participant Updated', () => {
	test('each change of a total is emitted once', async () => {
		const polling = watching('participantUpdated');
		const { campaign } = service.mockServer;
		const referrer = campaign.participants[3];
		await polling.poll();
		expect(await polling.poll()).toEqual([]);
		campaign.add('referred@example.com', referrer, { createdOn: '2026-11-01' });
		expect(emails(await polling.poll())).toEqual([referrer.email, 'referred@example.com']);
		expect(await polling.poll()).toEqual([]);
		Object.assign(referrer, Object.fromEntries(participantTotals.map((name) => [name, 0])));
		expect(emails(await polling.poll())).toEqual([referrer.email]);
		expect(await polling.poll()).toEqual([]);
	});

	test('a newcomer is emitted as soon as there is a referral, reward or balance', async () => {
		const polling = watching('participantUpdated');
		const { campaign } = service.mockServer;
		await polling.poll();
		const slow = campaign.add('slow@example.com');
		expect(await polling.poll()).toEqual([]);
		const quick = campaign.add('quick@example.com');
		slow.totalReferrals++;
		quick.totalReferrals++;
		expect(emails(await polling.poll())).toEqual(['slow@example.com', 'quick@example.com']);
	});

	test.each([
		['another code', { referralCode: 'OTHER' }],
		['the same code', {}],
		['no code', { referralCode: null }],
	])('the order of two rows with the same email and %s makes no difference', async (_, other) => {
		const { participants } = service.mockServer.campaign;
		const [person] = participants;
		if (_ === 'no code') Object.assign(person, other);
		participants.unshift(
			Object.assign({ ...person }, other, { totalReferrals: 7, referralReward: 5 }),
		);
		const polling = watching('participantUpdated', { events: allEvents });
		await polling.poll();
		const swap = () => participants.splice(0, 2, participants[1], participants[0]);
		for (let check = 0; check < 3; check++) {
			swap();
			expect(await polling.poll()).toEqual([]);
		}
	});

	test('two rows with the same email do not start the workflow at every poll', async () => {
		const { participants } = service.mockServer.campaign;
		const [person] = participants;
		const email = person.email.toUpperCase();
		participants.push({ ...person, email, referralCode: 'OTHER', totalReferrals: 7 });
		const polling = watching('participantUpdated');
		await polling.poll();
		expect(await polling.poll()).toEqual([]);
		person.totalReferrals++;
		expect(emails(await polling.poll())).toEqual([person.email]);
		expect(await polling.poll()).toEqual([]);
	});
});

describe('n8n does not save the state of a poll that did not start the workflow', () => {
	test('someone already known who is updated while n8n is down is emitted once', async () => {
		const polling = watching('participantUpdated');
		await polling.poll();
		const newcomer = service.mockServer.campaign.add('new@example.com');
		expect(await polling.poll()).toEqual([]);
		polling.restart();
		newcomer.totalReferrals++;
		expect(emails(await polling.poll())).toEqual(['new@example.com']);
		polling.restart();
		expect(await polling.poll()).toEqual([]);
	});

	test('a qualification that was revoked before a restart is emitted when it is granted again', async () => {
		const { campaign } = service.mockServer;
		const polling = watching('participantQualified');
		const person = campaign.add('a@example.com', campaign.participants[0]);
		campaign.qualify(person);
		await polling.poll();
		person.rewardEventCompleted = false;
		polling.restart();
		expect(await polling.poll()).toEqual([]);
		polling.restart();
		person.rewardEventCompleted = true;
		expect(emails(await polling.poll())).toEqual(['a@example.com']);
	});

	test.each(['participantAdded', 'participantQualified', 'participantUpdated'])(
		'%s is emitted once each time, even if every poll starts from the saved state',
		async (event) => {
			const { campaign } = service.mockServer;
			const polling = watching(event);
			await polling.poll();
			for (const name of ['a', 'b', 'c']) {
				const person = campaign.add(`${name}@example.com`);
				const added = emails(await polling.pollFromStored());
				expect(await polling.pollFromStored()).toEqual([]);
				Object.assign(person, { rewardEventCompleted: true, refereeReward: 5 });
				const changed = emails(await polling.pollFromStored());
				expect(await polling.pollFromStored()).toEqual([]);
				const isAdded = event === 'participantAdded';
				expect([added, changed]).toEqual(isAdded ? [[person.email], []] : [[], [person.email]]);
			}
		},
	);
});

test('a number in a different format is not an update', async () => {
	const polling = watching('participantUpdated');
	const [person] = service.mockServer.campaign.participants as object[];
	Object.assign(person, { totalReferrals: 5, referralReward: 0 });
	await polling.poll();
	Object.assign(person, { totalReferrals: '5', referralReward: null });
	expect(await polling.poll()).toEqual([]);
	Object.assign(person, { totalReferrals: '6' });
	expect((await polling.poll()).length).toBe(1);
});

test('a renamed trigger starts over and emits nothing', async () => {
	const polling = watching('participantUpdated');
	await polling.poll();
	polling.inMemory = polling.inMemory.replace('node:Trigger', 'node:Earlier Name');
	service.mockServer.campaign.add('a@example.com', service.mockServer.campaign.participants[0]);
	expect(await polling.poll()).toEqual([]);
});

test.each([
	['first', 'createdOn,desc'],
	['last', 'createdOn,asc'],
])('a test in the editor returns the newest, listed %s, and stores nothing', async (_, sort) => {
	listedBy(sort);
	const polling = watching('participantAdded');
	const newest = service.mockServer.campaign.participants.slice(0, 5).map(({ email }) => email);
	expect(emails(await polling.poll('manual'))).toEqual(newest);
	expect(polling.inMemory).toBe('{}');
});

test('a test in the editor returns only participants to whom the event applies', async () => {
	const { campaign } = service.mockServer;
	for (const { changes } of await watching('participantQualified').poll('manual')) {
		expect(changes).toMatchObject({ rewardEventCompleted: { to: true } });
	}
	for (const participant of campaign.participants) participant.rewardEventCompleted = false;
	// n8n's own message would mention "Referral Rocket Polling".
	await expect(watching('participantQualified').poll('manual')).rejects.toThrow(
		'No sample was found for Participant Qualified.',
	);
	const referee = campaign.add('paid@example.com', campaign.participants[3]);
	campaign.qualify(referee);
	expect(emails(await watching('participantQualified').poll('manual'))).toEqual([
		'paid@example.com',
	]);
});

test('a test in the editor says if the campaign has no participants', async () => {
	service.mockServer.campaign = new Campaign('JCu82f30F1', 0);
	await expect(watching('participantAdded').poll('manual')).rejects.toThrow(
		'This campaign has no participants yet.',
	);
	const polling = watching('', { events: allEvents });
	expect(await polling.poll('manual')).toMatchObject([{ event: 'campaignStatusChanged' }]);
});

test('Simplify keeps at most ten fields, with the campaign ID and the balance of a reward; without it every field is returned', async () => {
	const events = allEvents.filter((event) => event !== 'rewardRedeemed');
	const simple = await watching('', { events }).poll('manual');
	expect(new Set(simple.map(({ event }) => event))).toEqual(new Set(events));
	for (const { event, campaignId, ...others } of simple) {
		expect(campaignId).toBe('JCu82f30F1');
		expect({ event, count: Object.keys(others).length <= 8 }).toEqual({ event, count: true });
		// The reward may be that of a referee.
		if (event === 'rewardEarned') expect(others).toHaveProperty('refereeRewardBalance');
	}
	// The columns of the campaign would hide those of the participants.
	expect(simple.at(-1)?.event).toBe('campaignStatusChanged');
	const [whole] = await watching('participantAdded', { simplify: false }).poll('manual');
	expect(whole).toMatchObject(service.mockServer.campaign.participants[0]);
});

test('a link without a campaign ID is rejected and nothing is sent', async () => {
	const polling = watching('participantAdded', {
		campaignId: locator('https://referralrocket.io/campaign', 'url'),
	});
	await expect(polling.poll()).rejects.toThrow('contains no campaign ID');
	expect(service.mockServer.requests).toEqual([]);
});

describe('a failed poll reports its cause, so that n8n 2 waits before the next one; n8n 1 ignores it', () => {
	useRateLimitWindow(10);

	test.each([
		[429, { cause: 'rate-limited', retryAfterMs: 90_000 }],
		[503, { cause: 'temporarily-unavailable', retryAfterMs: 90_000 }],
		[401, { cause: 'credential-invalid' }],
		[404, { cause: 'configuration-invalid' }],
		[400, undefined],
	])('status %i', async (status, failure) => {
		service.mockServer.intercept = (_request, reply) =>
			reply.code(status).header('retry-after', '90').send({ message: 'No' });
		const error = await watching('participantAdded')
			.poll()
			.catch((thrown: NodeApiError) => thrown);
		expect(error).toMatchObject({ httpCode: String(status) });
		expect((error as { failure?: object }).failure).toEqual(n8nMajor === 1 ? undefined : failure);
	});
});
