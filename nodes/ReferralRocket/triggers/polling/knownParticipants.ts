import type { IDataObject } from 'n8n-workflow';
import { forEachWithoutBlocking } from '../../helpers/eventLoop';
import { shortHash } from '../../helpers/hash';
import { snapshotOf } from './snapshot';

/*
 * The participants of the last poll. A participant is recognized by referral code or email: both are unique
 * in a campaign, and either can change.
 *
 * n8n 1 copies a trigger's stored data into every execution, so it is as short as possible: two hashes of
 * five characters for each participant, grouped by the first two characters, then a snapshot and a referral code
 * if there are any: "AB" + "cdefghij" + "(5,100)" + "<8Mnu09TD>" + "klmnopqr" + "|" + …
 */

const hashLength = 5;
/** In place of the hash of a missing code or email. */
const missing = '-'.repeat(hashLength);
const prefixLength = 2;
const groupEnd = '|';
const entry = new RegExp(
	`([\\w+/-]{${2 * hashLength - prefixLength}})(?:\\(([^)]*)\\))?(?:<([^>]*)>)?`,
	'g',
);

/** A participant of the last poll. */
export interface Known {
	/** Hashes of the referral code and the email. */
	code: string;
	email: string;
	/** As snapshotOf returns it. */
	snapshot: string;
	/**
	 * Empty if the participant has none. Stored only for Participant Removed, and only for those who were in the
	 * list of the last poll: undefined for everyone else.
	 */
	referralCode?: string;
}

/** A current participant. */
export interface Recognized extends Pick<Known, 'code' | 'email'> {
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

/** What could be mistaken for the text around a referral code. */
const reserved = /[%<>|]/g;

/** @returns the participant as it is stored */
function textOf({ code, email, snapshot, referralCode }: Known): string {
	const watched = referralCode?.replace(reserved, encodeURIComponent);
	return `${code}${email}${snapshot && `(${snapshot})`}${watched === undefined ? '' : `<${watched}>`}`;
}

/** @returns whether a row contains a referral code or an email */
export const isIdentified = (row: IDataObject): boolean =>
	Object.values(identityOf(row)).some(Boolean);

const hashOf = (text: string) => (text === '' ? missing : shortHash(text, hashLength));

function hashesOf(row: IDataObject) {
	const { code, email } = identityOf(row);
	return { code: hashOf(code), email: hashOf(email) };
}

/** What to remember about participants. */
interface Kept {
	/** False if participants with an empty snapshot need not be remembered. */
	everyone: boolean;
	/** Whether to remember referral codes. */
	codes: boolean;
}

/** The participants with a stored referral code: those who are no longer in the list, and how many still are. */
export interface Absence {
	absent: Known[];
	present: number;
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
		await forEachWithoutBlocking(this.all, (known) => {
			const prefix = known.code.slice(0, prefixLength);
			groups.set(prefix, (groups.get(prefix) ?? prefix) + textOf(known).slice(prefixLength));
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
	 * @param kept what else to remember: everyone, or only those with a snapshot; referral codes
	 * @returns whether this changes anything
	 */
	update({ row, known, code, email }: Recognized, snapshot: string, kept: Kept): boolean {
		const referralCode = identityOf(row).code || (known?.referralCode ?? '');
		const next = {
			code: known && code === missing ? known.code : code,
			email: known && email === missing ? known.email : email,
			snapshot,
			referralCode: kept.codes ? referralCode : undefined,
		};
		const isKept = kept.everyone || kept.codes || snapshot !== '';
		if ((known ? textOf(known) : '') === (isKept ? textOf(next) : '')) return false;
		if (known) this.all.delete(known);
		if (isKept) this.all.add(next);
		return true;
	}

	/**
	 * @param recognized the current participants
	 * @returns the participants with a stored referral code
	 */
	async findAbsent(recognized: Recognized[]): Promise<Absence> {
		const found = new Set(recognized.map(({ known }) => known));
		const absent: Known[] = [];
		let present = 0;
		await forEachWithoutBlocking(this.all, (known) => {
			if (known.referralCode === undefined) return;
			if (found.has(known)) present++;
			else absent.push(known);
		});
		return { absent, present };
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
			if (isIdentified(row)) unmatched.push({ row, ...hashesOf(row) });
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
		for (const [, rest, snapshot = '', watched] of group.slice(prefixLength).matchAll(entry)) {
			const hashes = prefix + rest;
			const referralCode = watched === undefined ? undefined : decodeURIComponent(watched);
			const [code, email] = [hashes.slice(0, hashLength), hashes.slice(hashLength)];
			yield { code, email, snapshot, referralCode };
		}
	}
}
