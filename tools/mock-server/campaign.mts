/** A participant as returned by the service. */
export interface Participant {
	email: string;
	firstName: string;
	lastName: string;
	referralCode: string;
	referredByCode: string | null;
	createdOn: string;
	campaignId: string;
	shareLink: string;
	totalReferrals: number;
	referralReward: number;
	referralRewardRedeemed: number;
	referralRewardBalance: number;
	refereeReward: number;
	refereeRewardRedeemed: number;
	refereeRewardBalance: number;
	rewardEventCompleted: boolean;
	fraudScore: string;
}

const firstNames = [
	'Ana',
	'Björn',
	'Chloé',
	'Dmitri',
	'Élodie',
	'Farah',
	'Goran',
	'Hana',
	'İpek',
	'Jo',
];
const lastNames = ['Almeida', 'Brandt', 'Çelik', 'Doe', 'Eriksson', "O'Neil", 'Nakamura', 'Weiß'];
const reward = 20;

/** A pseudo-random but fixed number below `number`; small numbers, the earliest participants, are most likely. */
const earlierNumber = (number: number) =>
	Math.floor(number * (((number * 2_654_435_761) % 2 ** 32) / 2 ** 32) ** 4);

/** One campaign in memory, with the rules that the service documents. Newest participants first. */
export class Campaign {
	readonly participants: Participant[] = [];
	status: 'Active' | 'Pause' | 'End' = 'Active';
	private created = 0;
	private readonly byEmail = new Map<string, Participant>();
	private readonly byCode = new Map<string, Participant>();

	/**
	 * @param id the campaign's ID
	 * @param size number of initial participants: the same every time, about a third of them referred by
	 * an earlier one, with the earliest referring most
	 */
	constructor(
		readonly id: string,
		size: number,
	) {
		for (let number = 0; number < size; number++) {
			const referrer = number % 3 === 2 ? this.participants[earlierNumber(number)] : undefined;
			const added = this.create(`participant${number}@example.com`, referrer, {
				firstName: firstNames[number % firstNames.length],
				lastName: lastNames[number % lastNames.length],
				createdOn: new Date(Date.UTC(2026, 0, 1, 0, number)).toISOString().replace('Z', '+00:00'),
			});
			if (referrer && number % 2 === 0) this.qualify(added);
			this.participants.push(added);
		}
		this.participants.reverse();
	}

	find(email: string): Participant | undefined {
		return this.byEmail.get(email);
	}

	findByCode(code: string): Participant | undefined {
		return this.byCode.get(code);
	}

	/** Adds a participant at the front of the list and increments the referrer's total. */
	add(email: string, referrer?: Participant, details?: Partial<Participant>): Participant {
		const participant = this.create(email, referrer, details);
		this.participants.unshift(participant);
		return participant;
	}

	private create(email: string, referrer?: Participant, details: Partial<Participant> = {}) {
		const referralCode = `C${(++this.created).toString(36).padStart(6, '0')}`;
		const participant: Participant = {
			email,
			firstName: '',
			lastName: '',
			referralCode,
			referredByCode: referrer?.referralCode ?? null,
			createdOn: new Date().toISOString().replace('Z', '+00:00'),
			campaignId: this.id,
			shareLink: `https://referralrocket.io/campaign?id=${this.id}&referralCode=${referralCode}`,
			totalReferrals: 0,
			referralReward: 0,
			referralRewardRedeemed: 0,
			referralRewardBalance: 0,
			refereeReward: referrer ? reward : 0,
			refereeRewardRedeemed: 0,
			refereeRewardBalance: referrer ? reward : 0,
			rewardEventCompleted: false,
			fraudScore: '',
			...details,
		};
		if (referrer) referrer.totalReferrals++;
		this.byEmail.set(email, participant);
		this.byCode.set(referralCode, participant);
		return participant;
	}

	/** Marks a referred participant as qualified; the referrer earns the reward, once. */
	qualify(participant: Participant): void {
		if (participant.rewardEventCompleted) return;
		const referrer = this.byCode.get(participant.referredByCode ?? '');
		if (!referrer) throw new Error('Only referred participants can be qualified');
		participant.rewardEventCompleted = true;
		referrer.referralReward += reward;
		referrer.referralRewardBalance += reward;
	}

	/** Pays out part of a participant's reward as a referrer or as a referee. */
	redeem(
		participant: Participant,
		amount: number,
		kind: 'referral' | 'referee' = 'referral',
	): void {
		participant[`${kind}RewardRedeemed`] += amount;
		participant[`${kind}RewardBalance`] -= amount;
	}

	/** Removes a participant. The same email can join again, with a new code. */
	remove(participant: Participant): void {
		this.participants.splice(this.participants.indexOf(participant), 1);
		this.byEmail.delete(participant.email);
		this.byCode.delete(participant.referralCode);
	}

	referralsOf(referrer: Participant): Participant[] {
		return this.participants.filter(
			({ referredByCode }) => referredByCode === referrer.referralCode,
		);
	}

	details() {
		return {
			campaignId: this.id,
			campaignName: 'Q4 Growth Program',
			status: this.status,
			createdOn: '2025-10-11T00:36:27.753+00:00',
			end: null,
			hostURL: `https://referralrocket.io/campaign?id=${this.id}`,
			paused: this.status === 'Pause',
			ended: this.status === 'End',
			rewardHeader: 'Refer a friend and win',
			rewardDescription: 'Give friends $20 off their first order, and get $20 when they buy.',
			referrerReward: reward,
			refereeReward: reward,
			rewardType: 'Monetary',
			totalParticipants: this.participants.length,
		};
	}
}
