import type { IDataObject } from 'n8n-workflow';
import { forEachWithoutBlocking } from '../../api/eventLoop';
import {
	identityOf,
	lowerCase,
	type Identity,
	type Known,
	type KnownParticipants,
} from './knownParticipants';
import { snapshotOf } from './snapshot';

/** A row of the list, and whom it is about. */
export interface Recognized {
	row: IDataObject;
	identity: Identity;
	/** Undefined for someone new. */
	known?: Known;
}

/**
 * Finds out whom the rows of a list are about. Nobody is recognized twice: of two rows with one email or
 * code, the one that is known counts. Thus a short hash that two people share makes no difference either.
 * @param rows all that may be about anyone known
 * @param known participants of the last poll
 * @returns one entry for each participant; rows without code and email are ignored
 */
export async function recognize(
	rows: IDataObject[],
	known: KnownParticipants,
): Promise<Recognized[]> {
	let open: Recognized[] = [];
	await forEachWithoutBlocking(rows, (row) => {
		const identity = identityOf(row);
		if (identity) open.push({ row, identity });
	});
	const found = new Map<Known, Recognized>();
	// Someone else may have the email that a participant had before, so a code counts more.
	for (const find of [known.findExactly.bind(known), known.findByCode, known.findByEmail]) {
		const isTaken = new Set(found.keys());
		const others: Recognized[] = [];
		await forEachWithoutBlocking(open, (one) => {
			const match = find(one.identity);
			if (!match || isTaken.has(match)) {
				others.push(one);
				return;
			}
			const rival = found.get(match);
			const isPreferred = !rival || rank(one.row, match) > rank(rival.row, match);
			if (isPreferred) found.set(match, { ...one, known: match });
			if (rival) others.push(isPreferred ? rival : one);
		});
		open = others;
	}
	const all = [...found.values()];
	const seen = new Set<unknown>();
	await forEachWithoutBlocking(all, ({ row }) => namesOf(row).forEach((name) => seen.add(name)));
	await forEachWithoutBlocking(open, ({ row, identity }) => {
		const names = namesOf(row);
		if (names.some((name) => seen.has(name))) return;
		names.forEach((name) => seen.add(name));
		all.push({ row, identity });
	});
	return all;
}

/** Orders the rows of one participant, however the list orders them: one without changes comes first. */
function rank(row: IDataObject, { snapshot }: Known): string {
	const now = snapshotOf(row, snapshot);
	return now === snapshot ? '~' : now;
}

/** What nobody else in the campaign has. */
const namesOf = ({ email, referralCode }: IDataObject) =>
	[lowerCase(email ?? ''), `#${referralCode ?? ''}`].filter((name) => name.length > 1);
