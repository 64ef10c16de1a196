import type { IDataObject } from 'n8n-workflow';
import { forEachWithoutBlocking } from '../../api/eventLoop';
import { shortHash } from '../../api/hash';
import { isGiven } from '../../api/response';

/*
 * Who was in the campaign at the last poll. A participant is recognized by either the referral code or
 * the email: both are unique in a campaign, and each of them can change.
 *
 * n8n 1 copies what a trigger remembers into every execution, so it is as short as possible: ten
 * characters of hashes for each participant, grouped by the first two, with the snapshot in parentheses
 * if there is one: "AB" + "cdefghij" + "(5,100)" + "klmnopqr" + "|" + …
 */

/** Characters of each hash, of six bits each. */
const hashLength = 5;
/** Stands for a missing code or email. */
const missing = '-'.repeat(hashLength);
const prefixLength = 2;
const groupEnd = '|';
const entry = new RegExp(`([\\w+/-]{${2 * hashLength - prefixLength}})(?:\\(([^)]*)\\))?`, 'g');

/** The hashes by which a participant is recognized. */
export interface Identity {
	code: string;
	email: string;
}

export interface Known extends Identity {
	/** As snapshotOf returns it. */
	snapshot: string;
}

/** An email is the same participant's in any case. */
export const lowerCase = (email: unknown) => String(email).trim().toLowerCase();

const hashOf = (text: unknown) => (isGiven(text) ? shortHash(String(text), hashLength) : missing);

/** @returns undefined for a row without code and email, which can't be recognized at the next poll */
export function identityOf({ referralCode, email }: IDataObject): Identity | undefined {
	const identity = {
		code: hashOf(referralCode),
		email: hashOf(isGiven(email) ? lowerCase(email) : email),
	};
	return identity.code === missing && identity.email === missing ? undefined : identity;
}

const isSame = (hash: string, other: string) =>
	hash === other || hash === missing || other === missing;

export class KnownParticipants {
	private readonly all = new Set<Known>();
	private readonly byCode = new Map<string, Known>();
	private readonly byEmail = new Map<string, Known>();

	/** @param written what write() has returned, or an empty text */
	static async read(written: string): Promise<KnownParticipants> {
		const known = new KnownParticipants();
		await forEachWithoutBlocking(entriesIn(written), (one) => known.add(one));
		return known;
	}

	/** @returns all of them in one text */
	async write(): Promise<string> {
		const groups = new Map<string, string>();
		await forEachWithoutBlocking(this.all, ({ code, email, snapshot }) => {
			const prefix = code.slice(0, prefixLength);
			const rest = code.slice(prefixLength) + email + (snapshot && `(${snapshot})`);
			groups.set(prefix, (groups.get(prefix) ?? prefix) + rest);
		});
		return [...groups.values()].join(groupEnd);
	}

	add(one: Known): void {
		this.all.add(one);
		if (one.code !== missing) this.byCode.set(one.code, one);
		if (one.email !== missing) this.byEmail.set(one.email, one);
	}

	/** @returns whether anything has changed */
	update(one: Known, { code, email }: Identity, snapshot: string): boolean {
		const before = { ...one };
		if (code !== missing) one.code = code;
		if (email !== missing) one.email = email;
		one.snapshot = snapshot;
		return one.code !== before.code || one.email !== before.email || snapshot !== before.snapshot;
	}

	delete(one: Known): void {
		this.all.delete(one);
	}

	/** @returns who has the same code and email; one of them is enough if the other is missing */
	findExactly({ code, email }: Identity): Known | undefined {
		return [this.byCode.get(code), this.byEmail.get(email)].find(
			(one) => one && isSame(one.code, code) && isSame(one.email, email),
		);
	}

	findByCode = ({ code }: Identity) => this.byCode.get(code);

	findByEmail = ({ email }: Identity) => this.byEmail.get(email);

	isNew = (identity: Identity | undefined) =>
		!identity || (!this.findByCode(identity) && !this.findByEmail(identity));
}

function* entriesIn(written: string): Iterable<Known> {
	for (const group of written.split(groupEnd)) {
		const prefix = group.slice(0, prefixLength);
		for (const [, rest, snapshot = ''] of group.slice(prefixLength).matchAll(entry)) {
			const hashes = prefix + rest;
			yield { code: hashes.slice(0, hashLength), email: hashes.slice(hashLength), snapshot };
		}
	}
}
