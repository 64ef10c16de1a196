import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { endpoints } from '../../nodes/ReferralRocket/api/specification.ts';
import { isObject } from '../../nodes/ReferralRocket/api/response.ts';
import { described, isFine, NotSeen, once, said, type Answer, type Service } from './service.mts';

/** Like nothing else, so that they are found again. */
export const names = { firstName: 'Check-Live-First', lastName: 'Check-Live-Last' };

/** What --write does: four participants of our own, two of whom are qualified. Each is done once. */
export interface Trial {
	isOn: boolean;
	/** Their addresses, at a domain that takes no mail. */
	referrer: string;
	referredByCode: string;
	referredByEmail: string;
	named: string;
	/** What is said to be paid; like nothing else, so that it is found again. */
	amount: number;
	added(): Promise<Answer>;
	addedAgain(): Promise<Answer>;
	addedByCode(): Promise<Answer>;
	addedByEmail(): Promise<Answer>;
	/** With a first and a last name, as the browser SDK sends them. */
	addedWithNames(): Promise<Answer>;
	/** The one referred by code, with the amount as a text. */
	qualified(): Promise<Answer>;
	/** The one referred by email, with the amount as a number. */
	qualifiedWithNumber(): Promise<Answer>;
	/** A participant of the trial, who has been added, as the service knows it. */
	found(email: string): Promise<IDataObject>;
}

/**
 * @param service where to write
 * @param isOn whether writing is wanted; without it everything throws NotSeen
 * @returns the trial, of which nothing has been done
 */
export function trialAt({ ask, campaign }: Service, isOn: boolean): Trial {
	const address = (role: string) => `check-live-${role}-${randomUUID().slice(0, 8)}@example.com`;
	const referrer = address('referrer');
	const referredByCode = address('by-code');
	const referredByEmail = address('by-email');
	const named = address('named');
	const amount = 12.34;

	const { parameters } = endpoints.addParticipant;
	const addition = {
		...endpoints.addParticipant,
		parameters: { ...parameters, firstName: 'fName', lastName: 'lName' },
	};
	const add = async (email: string, how: object = {}) => {
		if (!isOn) throw new NotSeen('Only with --write.');
		return await ask(addition, { campaign, email, ...how });
	};
	const found = async (email: string) => {
		const answer = await ask(endpoints.getParticipant, { campaign, email });
		if (isFine(answer) && isObject(answer.body)) return answer.body;
		throw new NotSeen(`The participant just added is not found: ${described(answer)}.`);
	};
	/** Who was added before; nothing builds upon someone who was not. */
	const founded = async (added: Answer, email: string) => {
		if (!isFine(added)) throw new NotSeen(`Adding answered with ${said(added)}.`);
		return await found(email);
	};

	const added = once(async () => await add(referrer));
	const addedByCode = once(async () => {
		const { referralCode } = await founded(await added(), referrer);
		return await add(referredByCode, { referredByCode: referralCode });
	});
	const addedByEmail = once(async () => {
		await founded(await added(), referrer);
		return await add(referredByEmail, { referredByEmail: referrer });
	});
	const qualify = async (added: Answer, email: string, paid: string | number) => {
		await founded(added, email);
		return await ask(endpoints.qualifyParticipant, { campaign, email, amount: paid });
	};
	return {
		...{ isOn, referrer, referredByCode, referredByEmail, named, amount },
		...{ added, addedByCode, addedByEmail, found },
		addedAgain: once(async () => {
			await founded(await added(), referrer);
			return await add(referrer);
		}),
		addedWithNames: once(async () => {
			await founded(await added(), referrer);
			return await add(named, names);
		}),
		qualified: once(async () => await qualify(await addedByCode(), referredByCode, String(amount))),
		qualifiedWithNumber: once(
			async () => await qualify(await addedByEmail(), referredByEmail, amount),
		),
	};
}
