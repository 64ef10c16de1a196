import type { IDataObject } from 'n8n-workflow';
import { forEachWithoutBlocking } from '../../helpers/eventLoop';
import { shortHash } from '../../helpers/hash';
import { snapshotOf } from './snapshot';

/*
 * The participants of the last poll. A participant is recognized by referral code or email: both are unique
 * in a campaign, and either can change.
 *
 * n8n 1 copies a trigger's stored data into every execution, so it is as short as possible: two hashes of
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

/** A current participant. */
export interface Recognized extends Omit<Known, 'snapshot'> {
	row: IDataObject;
	/** Undefined for someone new. */
	known?: Known;
}

/** Code and email, normalized; empty if they are missing. */
const identityOf = ({ referralCode, email }: IDataObject) => ({
	code: String(referralCode ?? ''),
	email: String(email ?? '')
		.trim()
		.toLowerCase(),
});

const textOf = (known: Known | undefined) =>
	known && `${known.code}${known.email}${known.snapshot}`;

const hashOf = (text: string) => (text === '' ? missing : shortHash(text, hashLength));

function hashesOf(row: IDataObject) {
	const { code, email } = identityOf(row);
	return { code: hashOf(code), email: hashOf(email) };
}

type Hashes = Pick<Known, 'code' | 'email'>;

/** The most reliable first: somebody else may get an email that a participant had before. */
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

	/** @param written as write() returns it; empty for no participants */
	static async read(written: string): Promise<KnownParticipants> {
		const known = new KnownParticipants();
		await forEachWithoutBlocking(entriesIn(written), (participant) => known.add(participant));
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

	private add(known: Known): void {
		this.all.add(known);
		for (const { hash, found } of this.indexes)
			if (hash(known) !== missing) found.set(hash(known), known);
	}

	/**
	 * @param recognized a current participant
	 * @param snapshot to remember
	 * @param isEveryoneKept false if participants with an empty snapshot need not be remembered
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
	 * Matches each known participant to at most one row, the best match first. So equal hashes of two participants
	 * do no harm. An unknown row with the email or code of another row is ignored.
	 * @param rows the whole list, or only new participants
	 * @returns one entry for each participant; a row without code and email is ignored
	 */
	async recognize(rows: IDataObject[]): Promise<Recognized[]> {
		let unmatched: Recognized[] = [];
		await forEachWithoutBlocking(rows, (row) => {
			const hashes = hashesOf(row);
			if (hashes.code !== missing || hashes.email !== missing) unmatched.push({ row, ...hashes });
		});
		const recognized = new Map<Known, Recognized>();
		for (const { hash, found } of this.indexes) {
			const taken = new Set(recognized.keys());
			const rest: Recognized[] = [];
			await forEachWithoutBlocking(unmatched, (current) => {
				const known = found.get(hash(current));
				const rival = known && recognized.get(known);
				const isPreferred =
					known && !taken.has(known) && (!rival || isPreferredTo(current, rival, known));
				if (isPreferred) recognized.set(known, { ...current, known });
				else rest.push(current);
				if (isPreferred && rival) rest.push(rival);
			});
			unmatched = rest;
		}
		const all = [...recognized.values()];
		const seen = new Set<string>();
		await forEachWithoutBlocking([...all, ...unmatched], (current) => {
			const { code, email } = identityOf(current.row);
			const ids = [`#${code}`, email].filter((id) => id.length > 1);
			if (!current.known && !ids.some((id) => seen.has(id))) all.push(current);
			ids.forEach((id) => seen.add(id));
		});
		return all;
	}
}

/** Of two rows that match one participant, the unchanged one wins; otherwise always the same one. */
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
