import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { endpoints } from '../../nodes/ReferralRocket/api/specification.ts';
import { isObject } from '../../nodes/ReferralRocket/api/response.ts';
import { described, isFine, NotSeen, once, said, type Answer, type Service } from './service.mts';

/** What --write does: three participants of our own, one of whom is qualified. Each is done once. */
export interface Trial {
	isOn: boolean;
	/** Their addresses, at a domain that takes no mail. */
	referrer: string;
	referredByCode: string;
	referredByEmail: string;
	/** What is said to be paid; like nothing else, so that it is found again. */
	amount: number;
	added(): Promise<Answer>;
	addedAgain(): Promise<Answer>;
	addedByCode(): Promise<Answer>;
	addedByEmail(): Promise<Answer>;
	qualified(): Promise<Answer>;
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
	const amount = 12.34;

	const add = async (email: string, how: object = {}) => {
		if (!isOn) throw new NotSeen('Only with --write.');
		return await ask(endpoints.addParticipant, { campaign, email, ...how });
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
	return {
		...{ isOn, referrer, referredByCode, referredByEmail, amount },
		...{ added, addedByCode, found },
		addedAgain: once(async () => {
			await founded(await added(), referrer);
			return await add(referrer);
		}),
		addedByEmail: once(async () => {
			await founded(await added(), referrer);
			return await add(referredByEmail, { referredByEmail: referrer });
		}),
		qualified: once(async () => {
			await founded(await addedByCode(), referredByCode);
			return await ask(endpoints.qualifyParticipant, { campaign, email: referredByCode, amount });
		}),
	};
}
