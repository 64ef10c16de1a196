import type { IDataObject } from 'n8n-workflow';
import {
	eventOptions,
	participantEvents,
} from '../../nodes/ReferralRocket/triggers/polling/events.ts';
import { Campaign } from '../../tools/mock-server/campaign.mts';
import type { Behaviour } from '../../tools/mock-server/service.mts';
import {
	countEventLoopTurns,
	credentialFor,
	locator,
	useMockServer,
} from '../support/mockServer.mts';
import { ActivePollingTrigger } from '../support/triggerContexts.mts';

/* The cost of a poll: requests, the state n8n has to store, and the time it blocks n8n. */

const service = useMockServer();
const watching = (...events: string[]) =>
	new ActivePollingTrigger(credentialFor(service.mockServer), {
		events,
		campaignId: locator('JCu82f30F1'),
	});
const emails = (items: IDataObject[]) => items.map(({ email }) => email).sort();
/** @returns the output of a poll and the number of its requests */
async function counted(polling: ActivePollingTrigger, mode?: 'manual') {
	const { requests } = service.mockServer;
	const before = requests.length;
	const items = await polling.poll(mode);
	return { items, requests: requests.length - before };
}
const all = eventOptions.map(({ value }) => String(value));
const joining = all.filter((event) => participantEvents[event]?.cause === 'join');
let signUps = 0;
/** This many participants join, later than everyone before. */
function signUp(count: number, prefix = 'new') {
	return Array.from({ length: count }, () => {
		const createdOn = `2126-11-01T00:00:00.${String(signUps).padStart(3, '0')}+00:00`;
		const email = `${prefix}${signUps++}@example.com`;
		return service.mockServer.campaign.add(email, undefined, { createdOn }).email;
	}).sort();
}
beforeEach(() => {
	signUps = 0;
});
const isRead =
	(path: string) =>
	({ path: read }: { path: string }) =>
		read.endsWith(path);

describe('newcomers to a list of 30 pages need only a few requests', () => {
	const behaviours = (['front', 'back'] as const).flatMap((newestAt) =>
		(['page', 'slice', 'array'] as const).flatMap((listShape) =>
			(['included', 'omitted'] as const).flatMap((campaignTotal) =>
				([0, 1] as const).map((firstPage) => ({
					newestAt,
					listShape,
					campaignTotal,
					firstPage,
				})),
			),
		),
	);
	beforeEach(() => {
		service.mockServer.campaign = new Campaign('JCu82f30F1', 600);
		service.mockServer.behaviour.pageSizeCap = 20;
	});

	test.each<Partial<Behaviour>>(behaviours)(
		'at the $newestAt, as $listShape, the campaign total $campaignTotal, first page $firstPage',
		async (behaviour) => {
			service.mockServer.behave(behaviour);
			const polling = watching(...joining);
			await polling.poll();
			for (const count of [5, 1, 33]) {
				const names = signUp(count);
				const poll = await counted(polling);
				expect(emails(poll.items)).toEqual(names);
				expect(poll.requests).toBeLessThanOrEqual(9);
				const { inMemory, writes } = polling;
				const quiet = await counted(polling);
				expect(quiet.items).toEqual([]);
				expect(quiet.requests).toBeLessThanOrEqual(behaviour.campaignTotal === 'included' ? 1 : 6);
				expect([polling.inMemory, polling.writes]).toEqual([inMemory, writes]);
			}
		},
	);

	test.each(['front', 'back'] as const)(
		'at the %s, even if the service rejects large pages',
		async (newestAt) => {
			service.mockServer.behave({
				newestAt,
				pageSizeCap: 2000,
				pageSizeLimit: 100,
			});
			const [newest] = await watching('participantAdded').poll('manual');
			expect(newest.email).toBe('participant599@example.com');
			const polling = watching(...joining);
			await polling.poll();
			const names = signUp(5);
			const poll = await counted(polling);
			expect(emails(poll.items)).toEqual(names);
			expect(poll.requests).toBeLessThanOrEqual(9);
		},
	);

	test.each(['included', 'omitted'] as const)(
		'anywhere else, the whole list is read (campaign total %s)',
		async (campaignTotal) => {
			service.mockServer.behave({ campaignTotal, listShape: 'array' });
			service.mockServer.intercept = ({ query }) => {
				query.sort = 'email,asc';
				return false;
			};
			const polling = watching(...joining);
			await polling.poll();
			const names = signUp(5, 'participant15-');
			const poll = await counted(polling);
			expect(emails(poll.items)).toEqual(names);
			expect(poll.requests).toBeGreaterThan(30);
		},
	);

	test('more newcomers than the search at the end covers are found by reading the whole list', async () => {
		const polling = watching(...joining);
		await polling.poll();
		const names = signUp(150);
		expect(emails((await counted(polling)).items)).toEqual(names);
	});

	test.each([
		['front', 'included'],
		['front', 'omitted'],
		['back', 'included'],
		['back', 'omitted'],
	] as const)(
		'participants who leave do not hide newcomers (%s, total %s)',
		async (newestAt, campaignTotal) => {
			service.mockServer.behave({ newestAt, campaignTotal, listShape: 'array' });
			const { campaign } = service.mockServer;
			const polling = watching(...joining);
			await polling.poll();
			for (const leaving of [1, 30, 7]) {
				for (let number = 0; number < leaving; number++) {
					campaign.remove(campaign.participants[number * 3]);
				}
				const names = signUp(leaving === 7 ? 9 : 5);
				expect(emails(await polling.poll())).toEqual(names);
				expect(await polling.poll()).toEqual([]);
			}
		},
	);

	test('someone who was removed and comes back hides nobody and is not a newcomer', async () => {
		service.mockServer.behave({ campaignTotal: 'omitted', listShape: 'array' });
		const { campaign } = service.mockServer;
		const polling = watching(...joining);
		await polling.poll();
		const [{ email }] = campaign.participants;
		campaign.remove(campaign.participants[0]);
		const names = signUp(2);
		campaign.add(email);
		names.push(...signUp(1));
		expect(emails(await polling.poll())).toEqual(names.sort());
	});

	test('an incomplete page does not hide anyone for long', async () => {
		service.mockServer.behave({ campaignTotal: 'omitted', listShape: 'array' });
		const polling = watching(...joining);
		await polling.poll();
		const names = signUp(5);
		service.mockServer.intercept = ({ path, query }, reply) =>
			isRead('getAllParticipants')({ path }) &&
			query.page === '0' &&
			reply.send(service.mockServer.campaign.participants.slice(3, 9));
		const emitted = emails(await polling.poll());
		service.mockServer.intercept = undefined;
		emitted.push(...emails(await polling.poll()));
		expect(emitted.sort()).toEqual(names);
	});

	test('the whole list is read once an hour, which finds anyone who was missed', async () => {
		service.mockServer.behaviour.campaignTotal = 'omitted';
		service.mockServer.behaviour.listShape = 'array';
		const polling = watching(...joining);
		await polling.poll();
		const { campaign } = service.mockServer;
		const between = campaign.add('between@example.com');
		campaign.participants.splice(300, 0, ...campaign.participants.splice(0, 1));
		expect(await polling.poll()).toEqual([]);
		const later = Date.now() + 3_600_000;
		const now = jest.spyOn(Date, 'now').mockImplementation(() => later);
		const poll = await counted(polling);
		now.mockRestore();
		expect(emails(poll.items)).toEqual([between.email]);
		expect(poll.requests).toBeGreaterThan(30);
	});

	test('does not miss anyone if n8n restores an older state', async () => {
		const polling = watching(...joining);
		await polling.poll();
		const { inMemory } = polling;
		const names = signUp(5);
		await polling.poll();
		polling.inMemory = inMemory;
		expect(emails(await polling.poll())).toEqual(names);
	});
});

describe('the state that n8n stores', () => {
	test('a poll that finds nothing writes nothing, whatever events are selected', async () => {
		for (const event of all) {
			const polling = watching(event);
			await polling.poll();
			const { inMemory } = polling;
			for (let poll = 0; poll < 3; poll++) expect(await polling.poll()).toEqual([]);
			expect(polling.inMemory).toBe(inMemory);
			// Nothing may be assigned: n8n detects every assignment.
			polling.restart();
			expect(await polling.poll()).toEqual([]);
			expect(polling.writes).toBe(1);
		}
	});

	test('a poll that finds something writes it once', async () => {
		const polling = watching(...all);
		await polling.poll();
		signUp(3);
		await polling.poll();
		await polling.poll();
		expect(polling.writes).toBe(2);
	});
});

test('a test in the editor reads at most two pages, one of which is the last', async () => {
	const { behaviour } = service.mockServer;
	service.mockServer.campaign = new Campaign('JCu82f30F1', 2000);
	for (const newestAt of ['front', 'back'] as const) {
		Object.assign(behaviour, { newestAt });
		const { items, requests } = await counted(watching('participantAdded'), 'manual');
		expect(requests).toBe(2);
		expect(items[0].email).toBe('participant1999@example.com');
	}
	behaviour.listShape = 'array';
	expect((await counted(watching(...all), 'manual')).requests).toBe(3);
	expect((await counted(watching('campaignStatusChanged'), 'manual')).requests).toBe(1);
});

describe('in a large campaign', () => {
	// One test shows that 100,000 can be read and stored. The costs that the others count grow linearly.
	const size = 10_000;
	beforeEach(() => {
		service.mockServer.campaign = new Campaign('JCu82f30F1', size);
	});

	test.each([
		['front', 100_000, 8.5],
		['back', size, 9.2],
	] as const)(
		'five newcomers at the %s of a list of %i are found with a handful of requests',
		async (newestAt, participants, bytes) => {
			service.mockServer.campaign = new Campaign('JCu82f30F1', participants);
			service.mockServer.behaviour.newestAt = newestAt;
			const polling = watching(...joining);
			await polling.poll();
			const names = signUp(5);
			const poll = await counted(polling);
			expect(emails(poll.items)).toEqual(names);
			expect(poll.requests).toBeLessThanOrEqual(5);
			expect(polling.stored.length).toBeLessThan(bytes * participants);
		},
		120_000,
	);

	test.each([
		['without referral codes', 40, all.filter((event) => event !== 'participantRemoved')],
		// Two more than the code has characters.
		['with referral codes', 49, all],
	])(
		'participants with referrals, rewards and a qualification are stored, %s, in %i bytes each',
		async (_, bytes, events) => {
			const { participants } = service.mockServer.campaign;
			for (const [number, participant] of participants.entries()) {
				const [earned, redeemed] = [number / 8, number / 16].map((one) => Number(one.toFixed(2)));
				Object.assign(participant, {
					totalReferrals: number % 100,
					referralReward: earned,
					referralRewardRedeemed: redeemed,
					referralRewardBalance: Number((earned - redeemed).toFixed(2)),
					refereeReward: 49.9,
					refereeRewardRedeemed: 49.9,
					refereeRewardBalance: 0,
					rewardEventCompleted: true,
				});
			}
			const polling = watching(...events);
			await polling.poll();
			expect(polling.stored.length).toBeLessThanOrEqual(bytes * size);
			participants[77].referralReward += 0.5;
			const from = participants[77].referralReward - 0.5;
			expect((await polling.poll())[0].changes).toMatchObject({ referralReward: { from } });
		},
	);

	test('one update is found without blocking n8n', async () => {
		const polling = watching('participantUpdated');
		await polling.poll();
		let turns = () => 0;
		const requests = service.mockServer.requests.length * 2;
		service.mockServer.afterResponse = () => {
			if (service.mockServer.requests.length === requests) turns = countEventLoopTurns();
		};
		const [last] = service.mockServer.campaign.participants.slice(-1);
		last.totalReferrals++;
		expect(emails(await polling.poll())).toEqual([last.email]);
		expect(service.mockServer.requests.length).toBe(requests);
		// One turn per thousand: 10 for comparing, and 4 each for reading and writing the state.
		expect(turns()).toBeGreaterThanOrEqual(18);
	});
});
