import type { IDataObject, INodeParameters, NodeOperationError } from 'n8n-workflow';
import { participantTotals } from '../../nodes/ReferralRocket/api/specification.ts';
import {
	eventOptions,
	participantEvents,
} from '../../nodes/ReferralRocket/triggers/polling/events.ts';
import { ReferralRocketPollingTrigger } from '../../nodes/ReferralRocket/ReferralRocketPollingTrigger.node.ts';
import { Campaign, type Participant } from '../../tools/mock-server/campaign.mts';
import { locator, credentialFor, useMockServer } from '../support/mockServer.mts';
import { ActivePollingTrigger } from '../support/triggerContexts.mts';

/* What each event of the polling trigger emits, with several events selected. */

const service = useMockServer();
const watching = (events: string[], more: INodeParameters = {}) =>
	new ActivePollingTrigger(credentialFor(service.mockServer), {
		events,
		campaignId: locator('JCu82f30F1'),
		...more,
	});
const all = eventOptions.map(({ value }) => String(value));
/** The event of each item, and its participant or campaign. */
const emitted = (items: IDataObject[]) =>
	items.map(({ event, email, status }) => [event, email ?? status]).sort();

test('the events in saved workflows keep their names', () => {
	const { properties } = new ReferralRocketPollingTrigger().description;
	const events = properties.find(({ name }) => name === 'events');
	const names = events?.options?.map((option) => 'value' in option && option.value);
	expect(names).toEqual(
		expect.arrayContaining([
			'campaignStatusChanged',
			'milestoneReached',
			'newReferral',
			'participantAdded',
			'participantQualified',
			'participantRemoved',
			'participantUpdated',
			'rewardEarned',
			'rewardRedeemed',
		]),
	);
});

describe('with all events', () => {
	test('the first poll emits nothing, and everything that happens afterwards is emitted once', async () => {
		const { campaign } = service.mockServer;
		const [referrer] = campaign.participants;
		const polling = watching(all);
		expect(await polling.poll()).toEqual([]);

		const friend = campaign.add('friend@example.com', referrer);
		campaign.add('alone@example.com');
		expect(emitted(await polling.poll())).toEqual([
			['newReferral', 'friend@example.com'],
			['participantAdded', 'alone@example.com'],
			['participantAdded', 'friend@example.com'],
			['participantUpdated', 'friend@example.com'],
			['participantUpdated', referrer.email],
			['rewardEarned', 'friend@example.com'],
		]);
		expect(await polling.poll()).toEqual([]);

		campaign.qualify(friend);
		expect(emitted(await polling.poll())).toEqual([
			['participantQualified', 'friend@example.com'],
			['participantUpdated', referrer.email],
			['rewardEarned', referrer.email],
		]);
		campaign.redeem(referrer, 5);
		campaign.redeem(friend, 20, 'referee');
		expect(emitted(await polling.poll())).toEqual([
			['participantUpdated', 'friend@example.com'],
			['participantUpdated', referrer.email],
			['rewardRedeemed', 'friend@example.com'],
			['rewardRedeemed', referrer.email],
		]);
		campaign.status = 'Pause';
		campaign.add('late@example.com');
		expect((await polling.poll()).map(({ event }) => event)).toEqual([
			'participantAdded',
			'campaignStatusChanged',
		]);
		expect(await polling.poll()).toEqual([]);
	});

	test('each item has exactly what changed', async () => {
		const { campaign } = service.mockServer;
		const person = campaign.participants.find(
			({ referredByCode, rewardEventCompleted }) => referredByCode && !rewardEventCompleted,
		);
		if (!person) throw new Error('Nobody can be qualified');
		Object.assign(person, {
			totalReferrals: 4,
			referralReward: 249.9,
			referralRewardRedeemed: 99.55,
			referralRewardBalance: 150.35,
			refereeReward: 0.1,
			refereeRewardBalance: 7,
		});
		const polling = watching(['participantUpdated', 'participantQualified', 'rewardEarned']);
		await polling.poll();
		Object.assign(person, {
			totalReferrals: '5',
			referralReward: 299.85,
			referralRewardRedeemed: 100,
			referralRewardBalance: 199.85,
			refereeReward: 0,
			refereeRewardBalance: -0.5,
			rewardEventCompleted: true,
		});
		const changes = {
			totalReferrals: { from: 4, to: 5 },
			referralReward: { from: 249.9, to: 299.85 },
			referralRewardRedeemed: { from: 99.55, to: 100 },
			referralRewardBalance: { from: 150.35, to: 199.85 },
			refereeReward: { from: 0.1, to: 0 },
			refereeRewardBalance: { from: 7, to: -0.5 },
			rewardEventCompleted: { from: false, to: true },
		};
		expect(await polling.poll()).toEqual(
			['participantQualified', 'rewardEarned', 'participantUpdated'].map((event) =>
				expect.objectContaining({ event, email: person.email, changes }),
			),
		);
	});

	test.each([
		['absent', undefined],
		['null', null],
		['a text without a number', 'many'],
		['an ambiguous text', '1,050'],
		['another ambiguous text', '1.050'],
		['an object', { amount: 5 }],
	])('a field that is %s in one poll keeps its stored value', async (_, unreadable) => {
		const { campaign } = service.mockServer;
		const [person] = campaign.participants;
		Object.assign(person, {
			totalReferrals: 3,
			referralReward: 60,
			referralRewardRedeemed: 20,
			referralRewardBalance: 33,
			refereeReward: 7,
			rewardEventCompleted: true,
		});
		const polling = watching(all);
		await polling.poll();
		const before = { ...person };
		for (const name of [...participantTotals, 'rewardEventCompleted']) {
			Object.assign(person, { [name]: unreadable });
		}
		expect(await polling.poll()).toEqual([]);
		Object.assign(person, before);
		expect(await polling.poll()).toEqual([]);
		Object.assign(person, { referralReward: 70, referralRewardBalance: unreadable });
		expect((await polling.poll()).map(({ event, changes }) => [event, changes])).toEqual(
			['rewardEarned', 'participantUpdated'].map((event) => [
				event,
				{ referralReward: { from: 60, to: 70 } },
			]),
		);
	});

	test.each([
		['1,050.00', 1050],
		['$75', 75],
		['75.5 USD', 75.5],
		['€ 1,234,567.89', 1234567.89],
		['-$20', -20],
		['12.5000', 12.5],
	])('an amount of %j is read as a number', async (text, amount) => {
		const { campaign } = service.mockServer;
		const polling = watching(['participantUpdated']);
		await polling.poll();
		const [person] = campaign.participants;
		Object.assign(person, { referralReward: text, referralRewardBalance: text });
		const change = { from: 0, to: amount };
		expect((await polling.poll()).map(({ changes }) => changes)).toEqual([
			{ referralReward: change, referralRewardBalance: change },
		]);
		Object.assign(person, { referralReward: amount, referralRewardBalance: amount });
		expect(await polling.poll()).toEqual([]);
	});

	test('newcomers start at zero, so a reward that they join with is earned', async () => {
		const { campaign } = service.mockServer;
		const polling = watching(['participantAdded', 'rewardEarned']);
		await polling.poll();
		campaign.add('friend@example.com', campaign.participants[0]);
		const gain = { from: 0, to: 20 };
		const changes = { refereeReward: gain, refereeRewardBalance: gain };
		const items = await polling.poll();
		expect(items.map(({ event, changes: those }) => [event, those])).toEqual([
			['participantAdded', changes],
			['rewardEarned', changes],
		]);
	});

	test('a decrease is neither earned nor redeemed, and a revoked qualification is not an event', async () => {
		const { campaign } = service.mockServer;
		const person = campaign.add('a@example.com', campaign.participants[0]);
		campaign.qualify(person);
		Object.assign(person, { referralReward: 50, referralRewardRedeemed: 30 });
		const polling = watching(['participantQualified', 'rewardEarned', 'rewardRedeemed']);
		await polling.poll();
		const less = { referralReward: 20, referralRewardRedeemed: 0, rewardEventCompleted: false };
		Object.assign(person, less);
		expect(await polling.poll()).toEqual([]);
		Object.assign(person, { referralReward: 30, rewardEventCompleted: true });
		const items = await polling.poll();
		expect(items.map(({ event }) => event)).toEqual(['participantQualified', 'rewardEarned']);
		expect(items[0].changes).toMatchObject({ referralReward: { from: 20, to: 30 } });
	});

	test.each(['referredByCode', 'referrerEmail'])(
		'someone who joins with a %s joined through a referrer',
		async (field) => {
			const polling = watching(['newReferral']);
			await polling.poll();
			const { campaign } = service.mockServer;
			campaign.add('a@example.com', undefined, { [field]: 'ana@example.com' });
			campaign.add('b@example.com', undefined, { [field]: '' });
			expect(emitted(await polling.poll())).toEqual([['newReferral', 'a@example.com']]);
		},
	);

	test('fields of the service do not replace ours of the same name', async () => {
		const polling = watching(['participantAdded'], { simplify: false });
		await polling.poll();
		const own = { event: 'theirs', changes: 'theirs' };
		service.mockServer.campaign.add('a@example.com', undefined, own as object);
		expect(await polling.poll()).toMatchObject([{ event: 'participantAdded', changes: {} }]);
	});
});

describe('Campaign Status Changed', () => {
	const only = ['campaignStatusChanged'];
	const respondWith = (campaign: object) => {
		service.mockServer.intercept = ({ path }, reply) =>
			path.endsWith('getCampaign') && reply.send({ campaignName: 'Q4', ...campaign });
	};

	test('paused, ended and active again are emitted, with one request per poll', async () => {
		const { campaign, requests } = service.mockServer;
		const polling = watching(only);
		expect(await polling.poll()).toEqual([]);
		const statuses = ['Active', 'Pause', 'End', 'Active'] as const;
		for (const [index, status] of statuses.entries()) {
			campaign.status = status;
			const from = statuses[index - 1];
			expect(await polling.poll()).toEqual(
				from === undefined
					? []
					: [
							{
								event: 'campaignStatusChanged',
								campaignId: 'JCu82f30F1',
								campaignName: 'Q4 Growth Program',
								status,
								changes: { status: { from, to: status } },
							},
						],
			);
		}
		expect(requests.map(({ path }) => path)).toEqual(Array(5).fill('/api/v1/getCampaign'));
	});

	test('with Simplify off, every field of the campaign is returned', async () => {
		const { campaign } = service.mockServer;
		const polling = watching(only, { simplify: false });
		await polling.poll();
		campaign.status = 'End';
		expect(await polling.poll()).toMatchObject([campaign.details()]);
	});

	test.each([
		['status', { status: 'Active' }, { status: 'Pause' }, 'Pause'],
		['an unknown status', { status: 'Active' }, { status: 'Draft' }, 'Draft'],
		['paused', { paused: false }, { paused: true }, 'Pause'],
		['ended', { ended: false }, { ended: true }, 'End'],
		['a status that lags', { status: 'Active' }, { status: 'Active', paused: true }, 'Pause'],
		['an end after a pause', { paused: true }, { paused: true, ended: true }, 'End'],
		['active again', { paused: true }, { paused: false }, 'Active'],
	])('is found by %s', async (_, before, now, status) => {
		respondWith(before);
		const polling = watching(only);
		await polling.poll();
		respondWith(now);
		expect(await polling.poll()).toMatchObject([{ campaignId: 'JCu82f30F1', status }]);
		expect(await polling.poll()).toEqual([]);
	});

	test('a campaign that once reports no status has not changed', async () => {
		const polling = watching(only);
		await polling.poll();
		respondWith({});
		expect(await polling.poll()).toEqual([]);
		service.mockServer.intercept = undefined;
		expect(await polling.poll()).toEqual([]);
	});

	test('a response that is not a campaign fails the poll and changes nothing', async () => {
		const polling = watching(only);
		await polling.poll();
		service.mockServer.intercept = (_, reply) =>
			void reply.send({ status: 404, error: 'Not Found' });
		await expect(polling.poll()).rejects.toThrow('could not be read');
		service.mockServer.intercept = undefined;
		expect(await polling.poll()).toEqual([]);
	});

	test('a poll that was overtaken does not emit the status again', async () => {
		const { campaign } = service.mockServer;
		const polling = watching(only);
		await polling.poll();
		let laterHasEnded = () => {};
		const wait = new Promise<void>((done) => (laterHasEnded = done));
		let isFirst = true;
		service.mockServer.intercept = async () => {
			if (isFirst) {
				isFirst = false;
				campaign.status = 'Pause';
				await wait;
			}
			return false;
		};
		const [slow, later] = polling.pollConcurrently(2);
		expect(await later).toHaveLength(1);
		laterHasEnded();
		expect(await slow).toEqual([]);
	});
});

describe('changing the selected events', () => {
	test('keeps the remaining events running, and starts new ones with the next poll', async () => {
		const { campaign } = service.mockServer;
		const [referrer] = campaign.participants;
		const polling = watching(['participantAdded']);
		await polling.poll();
		campaign.add('a@example.com', referrer);
		polling.publish({ events: ['participantAdded', 'newReferral', 'participantUpdated'] });
		expect(emitted(await polling.poll())).toEqual([['participantAdded', 'a@example.com']]);
		campaign.add('b@example.com', referrer);
		expect(emitted(await polling.poll())).toEqual([
			['newReferral', 'b@example.com'],
			['participantAdded', 'b@example.com'],
			['participantUpdated', 'b@example.com'],
			['participantUpdated', referrer.email],
		]);
	});

	test.each([
		[['participantUpdated'], ['participantAdded']],
		[['participantAdded'], ['campaignStatusChanged']],
		[['campaignStatusChanged'], ['rewardEarned']],
		[['rewardEarned'], all],
		[all, ['newReferral']],
	])('from %j to %j and back emits nothing about existing participants', async (first, second) => {
		const { campaign } = service.mockServer;
		const polling = watching(first);
		const unchanged = watching(first);
		await polling.poll();
		await unchanged.poll();
		polling.publish({ events: second });
		expect(await polling.poll()).toEqual([]);
		expect(await polling.poll()).toEqual([]);
		polling.publish({ events: first });
		expect(await polling.poll()).toEqual([]);
		expect(await polling.poll()).toEqual([]);
		campaign.status = 'Pause';
		campaign.add('a@example.com', campaign.participants[0]);
		const items = emitted(await polling.poll());
		expect(items).not.toEqual([]);
		expect(items).toEqual(emitted(await unchanged.poll()));
	});
});

describe('unusable events', () => {
	test.each([
		['none', [], "'Trigger On' is empty. Choose at least one event."],
		['one that does not exist', ['rewardEaten'], /'Trigger On' contains "rewardEaten"/],
	])('%s are rejected and nothing is sent', async (_, events, expectedMessage) => {
		await expect(watching(events).poll()).rejects.toThrow(expectedMessage);
		expect(service.mockServer.requests).toEqual([]);
	});
});

describe('a test in the editor', () => {
	test('returns participants with a value for an event about a falling value', async () => {
		participantEvents.totalFell = {
			description: '',
			action: '',
			happened: ({ changes: { referralRewardBalance: one } }) => one?.to < one?.from,
		};
		const items = await watching(['totalFell'], { simplify: false }).poll('manual');
		delete participantEvents.totalFell;
		expect(items.length).toBeGreaterThan(0);
		for (const { referralRewardBalance: to, changes } of items) {
			expect(to).toBeGreaterThan(0);
			expect(changes).toMatchObject({ referralRewardBalance: { from: 2 * Number(to), to } });
		}
	});

	test('returns participants to whom each event applies, and the status of the campaign', async () => {
		const { campaign } = service.mockServer;
		campaign.redeem(campaign.participants[28], 5);
		const items = await watching(all).poll('manual');
		const countOf = (event: string) => items.filter((item) => item.event === event).length;
		expect(all.filter((event) => countOf(event) === 0)).toEqual([]);
		expect(all.filter((event) => countOf(event) > 5)).toEqual([]);
		expect(items.at(-1)).toEqual({
			event: 'campaignStatusChanged',
			campaignId: 'JCu82f30F1',
			campaignName: 'Q4 Growth Program',
			status: 'Active',
			changes: { status: { from: null, to: 'Active' } },
		});
		for (const { event, ...item } of items) {
			if (event === 'newReferral') expect(item.referredByCode).toBeTruthy();
			if (event === 'participantQualified') {
				expect(item.changes).toMatchObject({ rewardEventCompleted: { to: true } });
			}
		}
	});
});

describe('Milestone Reached', () => {
	const milestones = (items: IDataObject[]) =>
		items.map(({ event, email, milestone }) => [event, email, milestone]);
	const reach = async (polling: ActivePollingTrigger, totalReferrals: number) => {
		const [person] = service.mockServer.campaign.participants;
		person.totalReferrals = totalReferrals;
		return milestones(await polling.poll());
	};

	test('each number is reported once, even if the total falls and rises again', async () => {
		const [{ email }] = service.mockServer.campaign.participants;
		const polling = watching(['milestoneReached'], { milestones: '10, 5' });
		expect(await reach(polling, 4)).toEqual([]);
		expect(await reach(polling, 5)).toEqual([['milestoneReached', email, 5]]);
		expect(await reach(polling, 4)).toEqual([]);
		polling.restart();
		expect(await reach(polling, 6)).toEqual([]);
		expect(await reach(polling, 12)).toEqual([['milestoneReached', email, 10]]);
		expect(await reach(polling, 0)).toEqual([]);
		expect(await reach(polling, 99)).toEqual([]);
	});

	test('someone who passes two at once gets an item for each', async () => {
		const [{ email }] = service.mockServer.campaign.participants;
		const polling = watching(['milestoneReached'], { milestones: '5,10,25' });
		await reach(polling, 1);
		expect(await reach(polling, 11)).toEqual([
			['milestoneReached', email, 5],
			['milestoneReached', email, 10],
		]);
	});

	test('someone who reached a number before the first check is not reported', async () => {
		const polling = watching(['milestoneReached']);
		expect(await reach(polling, 8)).toEqual([]);
		expect(await reach(polling, 9)).toEqual([]);
	});

	test('a new number counts only for those who reach it from then on', async () => {
		const polling = watching(['milestoneReached'], { milestones: '5' });
		await reach(polling, 8);
		polling.publish({ milestones: '5, 7, 9' });
		expect(await reach(polling, 9)).toEqual([
			['milestoneReached', service.mockServer.campaign.participants[0].email, 9],
		]);
	});

	test.each([
		['', "'Milestones' is empty. Fill it in"],
		['five', "'Milestones' \"five\" can't be used. Enter a whole number of 1 or more."],
		['5, 0', "'Milestones' \"0\" can't be used."],
		['2.5', "'Milestones' \"2.5\" can't be used."],
	])('"%s" is rejected before anything is requested', async (entered, message) => {
		const polling = watching(['milestoneReached'], { milestones: entered });
		await expect(polling.poll()).rejects.toThrow(message);
		expect(service.mockServer.requests).toEqual([]);
	});
});

describe('Participant Removed', () => {
	const removed = (...codes: Array<string | null>) =>
		codes.map((referralCode) => ({
			event: 'participantRemoved',
			campaignId: 'JCu82f30F1',
			referralCode,
			changes: {},
		}));
	const remove = (count: number) => {
		const { campaign } = service.mockServer;
		const people = campaign.participants.slice(0, count);
		for (const person of people) campaign.remove(person);
		return people;
	};
	const codesOf = (people: Participant[]) => people.map(({ referralCode }) => referralCode);
	const tooMany =
		/^11 of 100 participants are no longer in the campaign's list, which is more than/;
	const unconfirmed =
		/no longer in the campaign's list, .* number of participants does not confirm/;
	let polling: ActivePollingTrigger;
	const start = async (more: string[] = [], participants = 100) => {
		service.mockServer.campaign = new Campaign('JCu82f30F1', participants);
		polling = watching(['participantRemoved', ...more], { simplify: true });
		expect(await polling.poll()).toEqual([]);
	};

	test('whoever was removed is reported once, by referral code', async () => {
		await start();
		const [person] = remove(1);
		expect(await polling.poll()).toEqual(removed(person.referralCode));
		expect(await polling.poll()).toEqual([]);
		polling.restart();
		expect(await polling.poll()).toEqual([]);
	});

	test('someone who is back has not joined, and is reported again when removed again', async () => {
		await start(['participantAdded', 'participantUpdated']);
		const { campaign } = service.mockServer;
		const [person] = remove(1);
		expect(await polling.poll()).toEqual(removed(person.referralCode));
		campaign.participants.push(person);
		expect(await polling.poll()).toEqual([]);
		campaign.participants.pop();
		expect(await polling.poll()).toEqual(removed(person.referralCode));
	});

	test('exactly one in ten are reported', async () => {
		await start();
		expect(await polling.poll()).toEqual([]);
		const people = remove(10);
		expect((await polling.poll()).map(({ referralCode }) => referralCode).sort()).toEqual(
			codesOf(people).sort(),
		);
	});

	test('a single person is reported, even in a small campaign', async () => {
		await start([], 3);
		const [person] = remove(1);
		expect(await polling.poll()).toEqual(removed(person.referralCode));
	});

	test('more than one in ten are a message instead; then checks continue without them', async () => {
		await start(['participantAdded']);
		const people = remove(11);
		service.mockServer.campaign.add('new@example.com');
		const { inMemory } = polling;
		const error = await polling.poll().catch((thrown: NodeOperationError) => thrown);
		expect((error as NodeOperationError).message).toMatch(tooMany);
		expect((error as NodeOperationError).description).toMatch(
			/codes: (C\w+, ){4}C\w+ and 6 more\./,
		);
		expect(polling.inMemory).toBe(inMemory);
		expect(emitted(await polling.poll())).toEqual([['participantAdded', 'new@example.com']]);
		expect(await polling.poll()).toEqual([]);
		const [other] = remove(1);
		expect(await polling.poll()).toEqual(removed(other.referralCode));
		service.mockServer.campaign.participants.push(...people);
		expect(await polling.poll()).toEqual([]);
	});

	test('nothing is reported if those who were missing are back at the next check', async () => {
		await start(['participantAdded', 'participantUpdated']);
		const people = remove(11);
		await expect(polling.poll()).rejects.toThrow(tooMany);
		service.mockServer.campaign.participants.unshift(...people);
		expect(await polling.poll()).toEqual([]);
		const [person] = remove(1);
		expect(await polling.poll()).toEqual(removed(person.referralCode));
	});

	test('the message is shown again if even more are missing', async () => {
		await start();
		remove(11);
		await expect(polling.poll()).rejects.toThrow(tooMany);
		remove(1);
		await expect(polling.poll()).rejects.toThrow('12 of 100');
		expect(await polling.poll()).toEqual([]);
	});

	test('the first check after a start of n8n waits, because n8n only logs its message', async () => {
		await start();
		polling.restart();
		remove(11);
		expect(await polling.poll()).toEqual([]);
		await expect(polling.poll()).rejects.toThrow(tooMany);
		expect(await polling.poll()).toEqual([]);
	});

	test.each([['page'], ['pagedModel'], ['slice'], ['array']] as const)(
		"a total confirms it (%s), whether it is the campaign's or the list's",
		async (listShape) => {
			for (const campaignTotal of ['included', 'omitted'] as const) {
				service.mockServer.behave({ listShape, campaignTotal, pageSizeCap: 20 });
				await start();
				const [person] = remove(1);
				const isConfirmed = campaignTotal === 'included' || /^page/.test(listShape);
				if (isConfirmed) {
					expect(await polling.poll()).toEqual(removed(person.referralCode));
				} else {
					expect(await polling.poll()).toEqual([]);
					await expect(polling.poll()).rejects.toThrow(unconfirmed);
				}
				expect(await polling.poll()).toEqual([]);
			}
		},
	);

	test('a total that is one check late confirms it at the next check', async () => {
		await start();
		service.mockServer.behave({ listShape: 'array', extraInTotals: 1 });
		const [person] = remove(1);
		expect(await polling.poll()).toEqual([]);
		service.mockServer.behave({ extraInTotals: 0 });
		expect(await polling.poll()).toEqual(removed(person.referralCode));
		expect(await polling.poll()).toEqual([]);
	});

	test("a list that is shorter than the campaign's number removes nobody, whatever the list's own total", async () => {
		await start();
		const { campaign } = service.mockServer;
		service.mockServer.intercept = ({ path }, reply) =>
			path.endsWith('getCampaign') && reply.send({ ...campaign.details(), totalParticipants: 100 });
		const [person] = remove(1);
		expect(await polling.poll()).toEqual([]);
		await expect(polling.poll()).rejects.toThrow(unconfirmed);
		expect(await polling.poll()).toEqual([]);
		service.mockServer.intercept = undefined;
		campaign.participants.push(person);
		expect(await polling.poll()).toEqual([]);
	});

	test('an empty list removes nobody', async () => {
		for (const count of [1, 5]) {
			await start([], count);
			remove(count);
			if (count === 1) expect(await polling.poll()).toEqual([]);
			await expect(polling.poll()).rejects.toThrow(`${count} of ${count} participants`);
			expect(await polling.poll()).toEqual([]);
		}
	});

	test('rows that do not say who they are about remove nobody', async () => {
		await start();
		const { participants } = service.mockServer.campaign;
		const before = participants.map((person) => ({ ...person }));
		for (const person of participants) Object.assign(person, { email: '', referralCode: null });
		expect(await polling.poll()).toEqual([]);
		participants.forEach((person, index) => Object.assign(person, before[index]));
		expect(await polling.poll()).toEqual([]);
	});

	test('a list that cannot be read removes nobody', async () => {
		await start();
		const [person] = remove(1);
		service.mockServer.intercept = ({ path, query }, reply) =>
			path.endsWith('getAllParticipants') && query.page !== '0' && reply.code(403).send();
		service.mockServer.behaviour.pageSizeCap = 20;
		await expect(polling.poll()).rejects.toThrow('refused the API key');
		service.mockServer.intercept = undefined;
		expect(await polling.poll()).toEqual(removed(person.referralCode));
	});

	test.each(['A<B>|C', '50%25', 'a b', '(x)', 'Zoë', '\u{1f680}', '12345', ''])(
		'the code %j is reported unchanged',
		async (code) => {
			await start();
			const [person, other] = service.mockServer.campaign.participants;
			Object.assign(person, { referralCode: code });
			polling = watching(['participantRemoved', 'participantUpdated']);
			await polling.poll();
			service.mockServer.campaign.participants.shift();
			other.totalReferrals++;
			expect(emitted(await polling.poll()).length).toBe(2);
			service.mockServer.campaign.participants.unshift(person);
			await polling.poll();
			service.mockServer.campaign.participants.shift();
			expect(await polling.poll()).toEqual(removed(code || null));
		},
	);

	test('someone with a new email is not removed, and someone with a new code is reported by it', async () => {
		await start();
		const { campaign } = service.mockServer;
		const [person] = campaign.participants;
		person.email = 'renamed@example.com';
		expect(await polling.poll()).toEqual([]);
		person.referralCode = 'CUSTOM';
		expect(await polling.poll()).toEqual([]);
		campaign.participants.shift();
		expect(await polling.poll()).toEqual(removed('CUSTOM'));
	});

	test('referral codes are stored only while the event is selected and the person is in the list', async () => {
		await start(['participantAdded']);
		const codes = codesOf(service.mockServer.campaign.participants);
		const stored = () => codes.filter((code) => polling.inMemory.includes(code)).length;
		expect(stored()).toBe(100);
		expect(polling.inMemory).not.toContain('example.com');
		remove(1);
		await polling.poll();
		expect(stored()).toBe(99);
		polling.publish({ events: ['participantAdded'] });
		expect(await polling.poll()).toEqual([]);
		expect(stored()).toBe(0);
		remove(1);
		for (const name of ['new', 'newer']) service.mockServer.campaign.add(`${name}@example.com`);
		expect(emitted(await polling.poll()).map(([event]) => event)).toEqual(
			Array(2).fill('participantAdded'),
		);
	});

	test('no other event stores a referral code', async () => {
		polling = watching(all.filter((event) => event !== 'participantRemoved'));
		await polling.poll();
		for (const code of codesOf(service.mockServer.campaign.participants))
			expect(polling.inMemory).not.toContain(code);
	});

	test('whoever was removed before the event was selected is not reported', async () => {
		const { campaign } = service.mockServer;
		polling = watching(['participantAdded']);
		await polling.poll();
		remove(1);
		polling.publish({ events: ['participantAdded', 'participantRemoved'] });
		expect(await polling.poll()).toEqual([]);
		expect(await polling.poll()).toEqual([]);
		const [person] = remove(1);
		expect(await polling.poll()).toEqual(removed(person.referralCode));
		expect(campaign.participants.length).toBeGreaterThan(0);
	});

	test('a test in the editor returns a sample of nobody real', async () => {
		await start();
		expect(await polling.poll('manual')).toEqual(removed('SAMPLE'));
	});
});
