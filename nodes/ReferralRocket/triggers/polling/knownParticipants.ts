import type { IDataObject } from 'n8n-workflow';
import { forEachWithoutBlocking } from '../../helpers/eventLoop';
import { shortHash } from '../../helpers/hash';
import { snapshotOf } from './snapshot';

/*
 * The participants of the last poll. One is recognized by the referral code or by the email: both are
 * unique in a campaign, and either can change.
 *
 * n8n 1 copies what a trigger remembers into every execution, so it is as short as possible: two hashes of
 * five characters for each participant, grouped by the first two characters, and a snapshot in parentheses
 * if there is one: "AB" + "cdefghij" + "(5,100)" + "klmnopqr" + "|" + …
 */

const hashLength = 5;
/** In place of the hash of a missing code or email. */
const missing = '-'.repeat(hashLength);
const prefixLength = 2;
const groupEnd = '|';
const entry = new RegExp(`([\\w+/-]{${2 * hashLength - prefixLength}})(?:\\(([^)]*)\\))?`, 'g');

/** A participant of the last poll. */
export interface Known {
	/** Hashes of the referral code and the email. */
	code: string;
	email: string;
	/** As snapshotOf returns it. */
	snapshot: string;
}

/** A participant of now. */
export interface Recognized extends Omit<Known, 'snapshot'> {
	row: IDataObject;
	/** Undefined for someone new. */
	known?: Known;
}

/** Code and email in the one form that counts; empty if they are missing. */
const namesOf = ({ referralCode, email }: IDataObject) => ({
	code: String(referralCode ?? ''),
	email: String(email ?? '')
		.trim()
		.toLowerCase(),
});

const textOf = (one: Known | undefined) => one && `${one.code}${one.email}${one.snapshot}`;

const hashOf = (text: string) => (text === '' ? missing : shortHash(text, hashLength));

function hashesOf(row: IDataObject) {
	const { code, email } = namesOf(row);
	return { code: hashOf(code), email: hashOf(email) };
}

type Hashes = Pick<Known, 'code' | 'email'>;

/** From the surest to the least sure: somebody else may get an email that a participant had before. */
const hashesInOrder: Array<(hashes: Hashes) => string> = [
	({ code, email }) => code + email,
	({ code }) => code,
	({ email }) => email,
];

export class KnownParticipants {
	private readonly all = new Set<Known>();
	private readonly indexes = hashesInOrder.map((hash) => ({
		hash,
		found: new Map<string, Known>(),
	}));

	/** @param written what write() returned; an empty text for nobody */
	static async read(written: string): Promise<KnownParticipants> {
		const known = new KnownParticipants();
		await forEachWithoutBlocking(entriesIn(written), (one) => known.add(one));
		return known;
	}

	async write(): Promise<string> {
		const groups = new Map<string, string>();
		await forEachWithoutBlocking(this.all, ({ code, email, snapshot }) => {
			const prefix = code.slice(0, prefixLength);
			const rest = code.slice(prefixLength) + email + (snapshot && `(${snapshot})`);
			groups.set(prefix, (groups.get(prefix) ?? prefix) + rest);
		});
		return [...groups.values()].join(groupEnd);
	}

	private add(one: Known): void {
		this.all.add(one);
		for (const { hash, found } of this.indexes)
			if (hash(one) !== missing) found.set(hash(one), one);
	}

	/**
	 * @param one a participant of now
	 * @param snapshot to remember
	 * @param isEveryoneKept false if participants whose snapshot is empty need not be remembered
	 * @returns whether this changes anything
	 */
	update({ known, code, email }: Recognized, snapshot: string, isEveryoneKept: boolean): boolean {
		const next = {
			code: known && code === missing ? known.code : code,
			email: known && email === missing ? known.email : email,
			snapshot,
		};
		const isKept = isEveryoneKept || snapshot !== '';
		if (textOf(known) === textOf(isKept ? next : undefined)) return false;
		if (known) this.all.delete(known);
		if (isKept) this.all.add(next);
		return true;
	}

	/** @returns whether both code and email are those of one participant of the last poll */
	isKnown(row: IDataObject): boolean {
		const { code, email } = hashesOf(row);
		return this.indexes[0].found.has(code + email);
	}

	/**
	 * Nobody is recognized twice: of two rows with one email or code, the known one counts. So it makes no
	 * difference either if the hashes of two participants are the same.
	 * @param rows the whole list, or only new participants
	 * @returns one entry for each participant; a row without code and email is ignored
	 */
	async recognize(rows: IDataObject[]): Promise<Recognized[]> {
		let open: Recognized[] = [];
		await forEachWithoutBlocking(rows, (row) => {
			const hashes = hashesOf(row);
			if (hashes.code !== missing || hashes.email !== missing) open.push({ row, ...hashes });
		});
		const recognized = new Map<Known, Recognized>();
		for (const { hash, found } of this.indexes) {
			const taken = new Set(recognized.keys());
			const others: Recognized[] = [];
			await forEachWithoutBlocking(open, (one) => {
				const known = found.get(hash(one));
				const rival = known && recognized.get(known);
				const isPreferred =
					known && !taken.has(known) && (!rival || isPreferredTo(one, rival, known));
				if (isPreferred) recognized.set(known, { ...one, known });
				else others.push(one);
				if (isPreferred && rival) others.push(rival);
			});
			open = others;
		}
		const all = [...recognized.values()];
		const seen = new Set<string>();
		await forEachWithoutBlocking([...all, ...open], (one) => {
			const { code, email } = namesOf(one.row);
			const names = [`#${code}`, email].filter((name) => name.length > 1);
			if (!one.known && !names.some((name) => seen.has(name))) all.push(one);
			names.forEach((name) => seen.add(name));
		});
		return all;
	}
}

/** Of two rows of one participant, the one without changes counts; otherwise always the same one. */
function isPreferredTo({ row }: Recognized, rival: Recognized, { snapshot }: Known): boolean {
	const [own, other] = [snapshotOf(row, snapshot), snapshotOf(rival.row, snapshot)];
	return other !== snapshot && (own === snapshot || own > other);
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
