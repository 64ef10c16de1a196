import { forEachWithoutBlocking } from '../../api/eventLoop';

/** What a poll remembers for the next one; n8n keeps it with the workflow. */
export interface PollState {
	campaign?: string;
	event?: string;
	/** What is remembered of participants, as writeStates writes it. */
	states?: string;
	/** Participants that the campaign says it has, if the list held as many. */
	total?: number;
	/** When the list was read, in epoch milliseconds. */
	readAt?: number;
}

/*
 * n8n 1 copies what a trigger remembers into every execution, so it is written as short as can be:
 * participants whose keys begin with the same two characters stand together behind those two, and a
 * dot ends them. "AB" + "cdefgh" + state + "ijklmn" + state + "." + …
 */

const prefixLength = 2;

/**
 * @param written what writeStates has returned, or an empty text
 * @param keyLength characters of a key
 * @param stateLength characters of a state
 * @returns the state of each key
 */
export async function readStates(
	written: string,
	keyLength: number,
	stateLength: number,
): Promise<Map<string, string>> {
	const states = new Map<string, string>();
	await forEachWithoutBlocking(entriesIn(written, keyLength, stateLength), ([key, state]) => {
		states.set(key, state);
	});
	return states;
}

/**
 * @param states the state of each key: base64 both, and as long as all others
 * @returns all of them in one text, about two characters less for each
 */
export async function writeStates(states: Map<string, string>): Promise<string> {
	const groups = new Map<string, string>();
	await forEachWithoutBlocking(states, ([key, state]) => {
		const prefix = key.slice(0, prefixLength);
		groups.set(prefix, (groups.get(prefix) ?? prefix) + key.slice(prefixLength) + state);
	});
	return [...groups.values()].join('.');
}

function* entriesIn(written: string, keyLength: number, stateLength: number) {
	const restLength = keyLength - prefixLength;
	for (const group of written.split('.')) {
		const prefix = group.slice(0, prefixLength);
		for (let start = prefixLength; start < group.length; start += restLength + stateLength) {
			const end = start + restLength;
			yield [prefix + group.slice(start, end), group.slice(end, end + stateLength)];
		}
	}
}
