import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { endpoints } from '../../nodes/ReferralRocket/api/specification.ts';
import { isObject } from '../../nodes/ReferralRocket/api/response.ts';
import {
	describe,
	isSuccess,
	once,
	quote,
	Unclear,
	type Response,
	type Service,
} from './service.mts';

/** Unique, so that they can be found in a response. */
export const names = { firstName: 'Check-Live-First', lastName: 'Check-Live-Last' };

/**
 * What --write does: adds four participants of our own, qualifies two of them, each once, and tries to qualify
 * one who was not referred.
 */
export interface Trial {
	isEnabled: boolean;
	/** Their email addresses, at a domain that accepts no mail. */
	referrer: string;
	referredByCode: string;
	referredByEmail: string;
	named: string;
	/** The amount paid; unique, so that it can be found in a response. */
	amount: number;
	addReferrer(): Promise<Response>;
	addReferrerAgain(): Promise<Response>;
	addReferredByCode(): Promise<Response>;
	addReferredByEmail(): Promise<Response>;
	/** With a first and a last name, as the browser SDK sends them. */
	addNamed(): Promise<Response>;
	/** With the amount as a string. */
	qualifyReferredByCode(): Promise<Response>;
	/** With the amount as a number. */
	qualifyReferredByEmail(): Promise<Response>;
	/** Tries to qualify the referrer, whom nobody referred. */
	qualifyReferrer(): Promise<Response>;
	/** Gets a participant added by this trial, as the service returns it. */
	getParticipant(email: string): Promise<IDataObject>;
}

/**
 * @param service where to write
 * @param isEnabled whether writing is allowed; otherwise every method throws Unclear
 * @returns a trial that has not done anything yet
 */
export function createTrial({ send, campaign }: Service, isEnabled: boolean): Trial {
	const address = (role: string) => `check-live-${role}-${randomUUID().slice(0, 8)}@example.com`;
	const referrer = address('referrer');
	const referredByCode = address('by-code');
	const referredByEmail = address('by-email');
	const named = address('named');
	const amount = 12.34;

	const add = async (email: string, values: object = {}) => {
		if (!isEnabled) throw new Unclear('Only with --write.');
		return await send(endpoints.addParticipant, { campaign, email, ...values });
	};
	const getParticipant = async (email: string) => {
		const response = await send(endpoints.getParticipant, { campaign, email });
		if (isSuccess(response) && isObject(response.body)) return response.body;
		throw new Unclear(`The participant just added was not found: ${describe(response)}.`);
	};
	/** Nothing depends on a participant who could not be added. */
	const requireAdded = async (response: Response, email: string) => {
		if (!isSuccess(response)) throw new Unclear(`Add returned ${quote(response)}.`);
		return await getParticipant(email);
	};

	const addReferrer = once(async () => await add(referrer));
	const addReferredByCode = once(async () => {
		const { referralCode } = await requireAdded(await addReferrer(), referrer);
		return await add(referredByCode, { referredByCode: referralCode });
	});
	const addReferredByEmail = once(async () => {
		await requireAdded(await addReferrer(), referrer);
		return await add(referredByEmail, { referredByEmail: referrer });
	});
	const qualify = async (added: Response, email: string, paid: string | number) => {
		await requireAdded(added, email);
		return await send(endpoints.qualifyParticipant, { campaign, email, amount: paid });
	};
	return {
		...{ isEnabled, referrer, referredByCode, referredByEmail, named, amount },
		...{ addReferrer, addReferredByCode, addReferredByEmail, getParticipant },
		addReferrerAgain: once(async () => {
			await requireAdded(await addReferrer(), referrer);
			return await add(referrer);
		}),
		addNamed: once(async () => {
			await requireAdded(await addReferrer(), referrer);
			return await add(named, names);
		}),
		qualifyReferredByCode: once(
			async () => await qualify(await addReferredByCode(), referredByCode, String(amount)),
		),
		qualifyReferrer: once(async () => await qualify(await addReferrer(), referrer, amount)),
		qualifyReferredByEmail: once(
			async () => await qualify(await addReferredByEmail(), referredByEmail, amount),
		),
	};
}
