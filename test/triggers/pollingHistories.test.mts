import fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';
import { participantTotals } from '../../nodes/ReferralRocket/api/specification.ts';
import { Campaign, type Participant } from '../../tools/mock-server/campaign.mts';
import {
	startMockServer,
	defaultBehaviour,
	type MockServer,
} from '../../tools/mock-server/service.mts';
import { credentialFor, locator } from '../support/mockServer.mts';
import { Polling } from '../support/triggerContexts.mts';

/*
 * The promise of the polling trigger, tried on histories that fast-check makes up: whatever happens in a
 * campaign, to its list and to n8n, every change that was there at two polls that have read the list is
 * told once, with what it was and what it is, and nothing is told twice.
 */

/** How many histories are tried; a mutation run, which does this for every mutant, attempts fewer. */
const count = Number(process.env.RANDOM_SERVERS ?? 500) * 0.3;

const joining = ['participantAdded', 'newReferral'];
const events = [
	'participantAdded',
	'newReferral',
	'participantQualified',
	'participantUpdated',
	'rewardEarned',
	'rewardRedeemed',
	'campaignStatusChanged',
];

let mockServer: MockServer;
let clockIsAheadBy = 0;
beforeAll(async () => {
	mockServer = await startMockServer();
	const { now } = Date;
	jest.spyOn(Date, 'now').mockImplementation(() => now() + clockIsAheadBy);
});
afterAll(async () => {
	jest.restoreAllMocks();
	await mockServer.close();
});

const services = fc.record({
	participants: fc.integer({ min: 0, max: 30 }),
	listShape: fc.constantFrom('page', 'pagedModel', 'slice', 'array'),
	campaignTotal: fc.constantFrom('included', 'omitted'),
	newestAt: fc.constantFrom('front', 'back'),
	firstPage: fc.constantFrom(0, 1),
	pageSizeCap: fc.constantFrom(3, 7, 100),
	emptyPage: fc.constantFrom('list', 'notFound'),
	hasDates: fc.boolean(),
});

const chosenEvents = fc.oneof(
	fc.subarray([...joining, 'campaignStatusChanged'], { minLength: 1 }),
	fc.subarray(events, { minLength: 1 }),
);

const who = fc.nat({ max: 60 });
const amount = fc.constantFrom(1, 20, 49.9, 0.05, 1234.56);
const steps = fc.array(
	fc.oneof(
		{ weight: 9, arbitrary: fc.record({ does: fc.constant('poll') }) },
		{
			weight: 6,
			arbitrary: fc.record({ does: fc.constant('join'), who, count: fc.nat({ max: 9 }) }),
		},
		{ weight: 2, arbitrary: fc.record({ does: fc.constant('qualify'), who }) },
		{ weight: 2, arbitrary: fc.record({ does: fc.constant('earn'), who, amount }) },
		{ weight: 2, arbitrary: fc.record({ does: fc.constant('redeem'), who, amount }) },
		{ weight: 1, arbitrary: fc.record({ does: fc.constant('expire'), who, amount }) },
		{ weight: 1, arbitrary: fc.record({ does: fc.constant('takeBack'), who }) },
		{ weight: 2, arbitrary: fc.record({ does: fc.constant('remove'), who }) },
		{ weight: 2, arbitrary: fc.record({ does: fc.constant('replace'), who }) },
		{ weight: 2, arbitrary: fc.record({ does: fc.constant('comeBack'), who }) },
		{ weight: 1, arbitrary: fc.record({ does: fc.constant('changeCode'), who }) },
		{ weight: 1, arbitrary: fc.record({ does: fc.constant('changeEmail'), who }) },
		{ weight: 1, arbitrary: fc.record({ does: fc.constant('changeStatus'), who }) },
		{
			weight: 1,
			arbitrary: fc.record({ does: fc.constant('failedPoll'), who: fc.nat({ max: 5 }) }),
		},
		{ weight: 1, arbitrary: fc.record({ does: fc.constant('halfPoll'), who }) },
		{ weight: 1, arbitrary: fc.record({ does: fc.constant('twoPolls') }) },
		{ weight: 1, arbitrary: fc.record({ does: fc.constant('restart') }) },
		{
			weight: 1,
			arbitrary: fc.record({
				does: fc.constant('clock'),
				hours: fc.integer({ min: -50, max: 200 }),
			}),
		},
	),
	{ minLength: 3, maxLength: 30 },
);

type Service = typeof services extends fc.Arbitrary<infer Made> ? Made : never;
type Step = { does: string; who?: number; count?: number; amount?: number; hours?: number };

/** What there is to know of the campaign, as plainly as can be. */
interface Knowledge {
	people: Participant[];
	status?: string;
}

const nothing = {} as Participant;
const copyOf = ({ people, status }: Knowledge): Knowledge => ({ people: [...people], status });
const forget = (knowledge: Knowledge, email: string) => {
	knowledge.people = knowledge.people.filter((one) => one.email !== email);
};
const cents = (number: number) => Number(number.toFixed(2));
const line = (event: unknown, subject: unknown, changes: unknown) =>
	`${event} ${subject} ${JSON.stringify(changes)}`;

class History {
	private readonly campaign: Campaign;
	private readonly polling: Polling;
	/** What n8n holds, and what it has stored. */
	private held?: Knowledge;
	private stored?: Knowledge;
	private isStarting = true;
	private readonly gone: string[] = [];
	private joined = 0;
	/** Who leaves hides a newcomer from a poll that compares numbers, until the list is read whole. */
	private mayMiss = true;
	private isReadWhole = true;
	readonly told: string[] = [];

	constructor(
		private readonly service: Service,
		private readonly chosen: string[],
	) {
		const { participants, hasDates, ...behaviour } = service;
		Object.assign(mockServer.behaviour, defaultBehaviour, behaviour);
		mockServer.intercept = undefined;
		this.campaign = new Campaign('JCu82f30F1', participants);
		mockServer.campaign = this.campaign;
		if (!hasDates) this.campaign.participants.forEach((one) => (one.createdOn = ''));
		this.polling = new Polling(credentialFor(mockServer), {
			events: chosen,
			campaignId: locator('JCu82f30F1'),
			simplify: false,
		});
	}

	private get isOnlyJoining() {
		return this.chosen.every((event) => [...joining, 'campaignStatusChanged'].includes(event));
	}

	async run(step: Step): Promise<void> {
		const { does, who = 0, count = 0, amount = 0, hours = 0 } = step;
		const { participants } = this.campaign;
		const person = participants[who % participants.length] as Participant | undefined;
		if (does === 'poll') await this.poll();
		if (does === 'twoPolls') {
			await this.compare(async () => (await Promise.all(this.polling.overlapping(2))).flat());
		}
		if (does === 'failedPoll') await this.failedPoll(who);
		if (does === 'halfPoll') await this.halfPoll(who);
		if (does === 'restart') this.restart();
		if (does === 'clock') {
			clockIsAheadBy += hours * 3_600_000;
			this.isReadWhole ||= hours !== 0;
		}
		if (does === 'changeStatus')
			this.campaign.status = (['Active', 'Pause', 'End'] as const)[who % 3];
		if (does === 'join') {
			for (let number = 0; number < count; number++) {
				const referrer = number % 2 === 0 ? person : undefined;
				this.add(`joined${this.joined}@example.com`, referrer);
			}
		}
		if (does === 'comeBack' && this.gone.length > 0) {
			const [email] = this.gone.splice(who % this.gone.length, 1);
			this.add(email, person);
		}
		if (person) this.change(person, does, amount);
	}

	private change(person: Participant, does: string, amount: number) {
		const { campaign } = this;
		if (does === 'qualify' && campaign.findByCode(person.referredByCode ?? ''))
			campaign.qualify(person);
		if (does === 'takeBack') person.rewardEventCompleted = false;
		if (does === 'changeCode') person.referralCode = `CODE${this.joined++}`;
		if (does === 'changeEmail') person.email = `renamed${this.joined++}@example.com`;
		if (does === 'earn') {
			person.referralReward = cents(person.referralReward + amount);
			person.referralRewardBalance = cents(person.referralRewardBalance + amount);
		}
		if (does === 'redeem') {
			person.refereeRewardRedeemed = cents(person.refereeRewardRedeemed + amount);
			person.refereeRewardBalance = cents(person.refereeRewardBalance - amount);
		}
		if (does === 'expire') person.referralRewardBalance = cents(amount / 3);
		if (does === 'remove' || does === 'replace') {
			campaign.remove(person);
			this.gone.push(person.email);
			this.mayMiss = true;
		}
		// As many as before, so that the total does not show it.
		if (does === 'replace') this.add(`joined${this.joined}@example.com`);
	}

	private add(email: string, referrer?: Participant) {
		const date = new Date(Date.UTC(2126, 0, 1, 0, this.joined++)).toISOString();
		this.campaign.add(email, referrer, { createdOn: this.service.hasDates ? date : '' });
	}

	private restart() {
		this.polling.restart();
		this.held = this.stored && copyOf(this.stored);
		this.isStarting = true;
		this.isReadWhole = true;
	}

	async poll() {
		await this.compare(async () => await this.polling.poll());
	}

	/** One of the first requests is refused. */
	private async failedPoll(number: number) {
		const first = mockServer.requests.length + 1;
		mockServer.intercept = (_request, reply, count) =>
			count === first + number && reply.code(403).send();
		await this.compare(async () => await this.polling.poll());
		mockServer.intercept = undefined;
	}

	/** The list ends early, or begins late, and the totals do not show it, or show that there are more. */
	private async halfPoll(number: number) {
		const { participants } = this.campaign;
		const whole = [...participants];
		const hidden = Math.ceil(whole.length / 3);
		participants.splice(number % 2 === 0 ? 0 : whole.length - hidden, hidden);
		if (number % 3 === 0) mockServer.behaviour.extraInTotals = hidden;
		this.mayMiss = true;
		await this.compare(async () => await this.polling.poll());
		this.mayMiss = true;
		mockServer.behaviour.extraInTotals = 0;
		participants.splice(0, Infinity, ...whole);
	}

	/** Polls, and compares what is told with what has happened since the poll before. */
	private async compare(poll: () => Promise<IDataObject[]>) {
		const [{ expected, known }, { intercept }] = [this.look(), mockServer];
		let items: IDataObject[];
		try {
			items = await poll();
		} catch (error) {
			const isHalf = /only part of the participants/.test((error as Error).message);
			if (intercept === undefined && !isHalf) throw error;
			return;
		}
		const told = items.map(({ event, email, status, changes }) =>
			line(event, email ?? status, changes),
		);
		const missing = expected.filter((one) => !told.includes(one));
		expect(told.filter((one) => !expected.includes(one))).toEqual([]);
		expect(new Set(told).size).toBe(told.length);
		const mayMiss = this.isOnlyJoining && this.mayMiss && !this.isReadWhole;
		if (!mayMiss) expect(missing).toEqual([]);
		this.told.push(...told);
		for (const { email } of mayMiss ? [...known.people] : []) {
			// Who has been passed over is not known, and told of later.
			if (missing.some((one) => one.includes(` ${email} `))) forget(known, email);
		}
		this.held = known;
		if (told.length > 0 || this.isStarting) this.stored = copyOf(known);
		this.isStarting = false;
		if (this.isReadWhole) this.mayMiss = false;
		this.isReadWhole = false;
	}

	/** Who is who: by the code, else by the email, unless that is somebody else's by now. */
	private recognize(known: Participant[]) {
		const { participants } = this.campaign;
		const befores = new Map<Participant, Participant>();
		for (const name of ['referralCode', 'email'] as const) {
			for (const person of participants.filter((one) => !befores.has(one))) {
				const before = known.find((one) => one[name] === person[name]);
				const isFree = before && ![...befores.values()].includes(before);
				if (isFree) befores.set(person, before);
			}
		}
		return befores;
	}

	/** What there is now, and what a poll has to tell of it. */
	private look() {
		const known: Knowledge = this.held ? copyOf(this.held) : { people: [] };
		const expected: string[] = [];
		const { status } = this.campaign;
		if (this.held && this.held.status !== status) {
			expected.push(
				line('campaignStatusChanged', status, { status: { from: this.held.status, to: status } }),
			);
		}
		const befores = this.recognize(known.people);
		for (const person of this.campaign.participants) {
			const { email } = person;
			const before = befores.get(person) ?? nothing;
			known.people = [...known.people.filter((one) => one !== before), { ...person }];
			if (!this.held) continue;
			const changes: Record<string, { from: number | boolean; to: number | boolean }> = {};
			for (const name of participantTotals as Array<'referralReward'>) {
				const from = before[name] ?? 0;
				if (from !== person[name]) changes[name] = { from, to: person[name] };
			}
			const wasQualified = before.rewardEventCompleted ?? false;
			if (wasQualified !== person.rewardEventCompleted) {
				changes.rewardEventCompleted = { from: wasQualified, to: person.rewardEventCompleted };
			}
			const grew = (name: string) => name in changes && changes[name].to > changes[name].from;
			const happened = {
				participantAdded: before === nothing,
				newReferral: before === nothing && person.referredByCode !== null,
				participantQualified: grew('rewardEventCompleted'),
				participantUpdated: participantTotals.some((name) => name in changes),
				rewardEarned: grew('referralReward') || grew('refereeReward'),
				rewardRedeemed: grew('referralRewardRedeemed') || grew('refereeRewardRedeemed'),
			};
			for (const [event, isSo] of Object.entries(happened)) {
				if (isSo) expected.push(line(event, email, changes));
			}
		}
		known.status = status;
		return { known, expected: expected.filter((one) => this.chosen.includes(one.split(' ')[0])) };
	}
}

test('every change is told once, whatever happens in the campaign, to its list and to n8n', async () => {
	let told = 0;
	const property = fc.asyncProperty(
		services,
		chosenEvents,
		steps,
		async (service, chosen, history) => {
			const run = new History(service, chosen);
			await run.poll();
			for (const step of history as Step[]) await run.run(step);
			await run.poll();
			await run.run({ does: 'clock', hours: 1 });
			await run.poll();
			await run.poll();
			// Nobody joins twice, also under an address that was removed and came back.
			for (const event of joining) {
				const joins = run.told
					.filter((one) => one.startsWith(`${event} `))
					.map((one) => one.split(' ')[1]);
				expect(new Set(joins).size).toBe(joins.length);
			}
			told += run.told.length;
		},
	);
	await fc.assert(property, { numRuns: count });
	expect(told).toBeGreaterThan(count);
}, 240_000);
