import { forEachWithoutBlocking } from '../../api/eventLoop';

/** What a poll remembers for the next one; n8n keeps it with the workflow. */
export interface PollState {
	campaign?: string;
	/** The events that it has been kept for, one after the other with commas. */
	events?: string;
	/** Who is known, as writeParticipants writes it. */
	participants?: string;
	/** Of the campaign. */
	status?: string;
}

/** Characters, of six bits each: one newcomer in 2.8 billion is taken for one of 100,000 known ones. */
export const keyLength = 8;

/*
 * n8n 1 copies what a trigger remembers into every execution, so it is written as short as can be:
 * participants whose keys begin with the same two characters stand together behind those two, and a
 * bar ends them; a snapshot that is not empty stands in parentheses:
 * "AB" + "cdefgh" + "(5,100)" + "ijklmn" + "|" + …
 */

const prefixLength = 2;
const groupEnd = '|';
const entry = new RegExp(`([\\w+/]{${keyLength - prefixLength}})(?:\\(([^)]*)\\))?`, 'g');

/**
 * @param written what writeParticipants has returned, or an empty text
 * @returns the snapshot of each participant, by key
 */
export async function readParticipants(written: string): Promise<Map<string, string>> {
	const snapshots = new Map<string, string>();
	await forEachWithoutBlocking(entriesIn(written), ([key, snapshot]) => {
		snapshots.set(key, snapshot);
	});
	return snapshots;
}

/**
 * @param snapshots by key: base64, keyLength characters
 * @returns all of them in one text, about six characters for each and what the snapshots need
 */
export async function writeParticipants(snapshots: Map<string, string>): Promise<string> {
	const groups = new Map<string, string>();
	await forEachWithoutBlocking(snapshots, ([key, snapshot]) => {
		const prefix = key.slice(0, prefixLength);
		const rest = key.slice(prefixLength) + (snapshot === '' ? '' : `(${snapshot})`);
		groups.set(prefix, (groups.get(prefix) ?? prefix) + rest);
	});
	return [...groups.values()].join(groupEnd);
}

function* entriesIn(written: string) {
	for (const group of written.split(groupEnd)) {
		const prefix = group.slice(0, prefixLength);
		for (const [, rest, snapshot = ''] of group.slice(prefixLength).matchAll(entry)) {
			yield [prefix + rest, snapshot];
		}
	}
}

/**
 * @param state what the last poll stored
 * @param campaign the ID of the campaign to poll now
 * @returns the state if it is about this campaign; otherwise an empty state
 */
export const rememberedIn = (state: PollState, campaign: string): PollState =>
	state.campaign === campaign ? { ...state } : {};
