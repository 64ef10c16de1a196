import type { IDataObject } from 'n8n-workflow';
import { shortHash } from './hash';
import { keyOf, readList } from './lists';
import { campaignTotal, endpoints, participantTotals } from './service';
import type { ServiceCall } from './transport';
import { exchange, readOne } from './transport';

/** How often a list is read even though the campaign's total says that nobody came, in milliseconds. */
const readAtLeastEvery = 3_600_000;
const identityLength = 10;

interface Watch {
	/** Characters in which a participant's state is remembered, and how it is written in them. */
	stateLength: number;
	stateOf: (participant: IDataObject) => string;
	/** Whether to tell of a participant; `before` is undefined for one who was not there. */
	isNews: (now: string, before: string | undefined) => boolean;
}

/** What each event of the polling trigger compares from poll to poll. */
export const watches: Record<string, Watch> = {
	participantAdded: {
		stateLength: 0,
		stateOf: () => '',
		isNews: (_now, before) => before === undefined,
	},
	participantQualified: {
		stateLength: 1,
		stateOf: ({ rewardEventCompleted }) => (rewardEventCompleted === true ? '1' : '0'),
		isNews: (now, before) => now === '1' && before !== '1',
	},
	participantUpdated: {
		stateLength: 6,
		stateOf: (participant) =>
			shortHash(JSON.stringify(participantTotals.map((name) => participant[name])), 6),
		isNews: (now, before) => before !== undefined && now !== before,
	},
};

/** What a poll remembers for the next one; n8n keeps it with the workflow. */
export interface Memory {
	campaign?: string;
	event?: string;
	/** Everyone who was ever there, each with ten characters for who it is and then the watched state. */
	known?: string;
	/** Participants that the campaign had then, if it says so. */
	total?: number;
	/** When the list was read, in epoch milliseconds. */
	readAt?: number;
}

/**
 * Looks what has changed since the last time.
 * @param call the question for the campaign's participants
 * @param event what to look for, one of watches
 * @param memory as of the last time; it is brought up to date once everything has been read
 * @returns the participants it happened to, in the order in which they joined; none the first time,
 * and none when a later look has overtaken this one
 * @throws NodeApiError when the list can't be read; the memory is as before then, so nothing is missed
 */
export async function changesSince(
	call: ServiceCall,
	event: string,
	memory: Memory,
): Promise<IDataObject[]> {
	const watch = watches[event];
	const { readAt } = memory;
	const campaign = String(call.values.campaign);
	const isFirst = memory.campaign !== campaign || memory.event !== event;
	const total = event === 'participantAdded' ? await totalOf(call) : undefined;
	const wasReadLately = Date.now() - (readAt ?? 0) < readAtLeastEvery;
	if (!isFirst && wasReadLately && total !== undefined && total === memory.total) return [];

	const participants = await readList(call, Infinity, (participant) => participant);
	// What this look has seen is older than what the memory holds by now.
	if (memory.readAt !== readAt) return [];
	const states = isFirst ? new Map<string, string>() : statesIn(memory.known ?? '', watch);
	const now = participants.map((participant) => ({
		participant,
		identity: shortHash(identityOf(participant), identityLength),
		state: watch.stateOf(participant),
	}));
	const news = now.filter(({ identity, state }) => watch.isNews(state, states.get(identity)));
	// Nobody is forgotten: who is missing from one answer and there in the next has not come anew.
	for (const { identity, state } of now) states.set(identity, state);
	const known = [...states].map(([identity, state]) => identity + state).join('');
	Object.assign(memory, { campaign, event, known, total, readAt: Date.now() });
	return isFirst ? [] : news.map(({ participant }) => participant).sort(byJoining);
}

/**
 * @param call the question for the campaign's participants
 * @param count how many
 * @returns those who joined last, the newest first
 */
export async function newest(call: ServiceCall, count: number): Promise<IDataObject[]> {
	const participants = await readList(call, Infinity, (participant) => participant);
	return participants.sort((a, b) => byJoining(b, a)).slice(0, count);
}

/** An email is one participant of a campaign; the referral code may change. */
const identityOf = (participant: IDataObject) =>
	typeof participant.email === 'string' ? participant.email : keyOf(participant);

const byJoining = (a: IDataObject, b: IDataObject) =>
	String(a.createdOn).localeCompare(String(b.createdOn));

function statesIn(known: string, { stateLength }: Watch): Map<string, string> {
	const states = new Map<string, string>();
	const length = identityLength + stateLength;
	for (let start = 0; start < known.length; start += length) {
		const state = known.slice(start + identityLength, start + length);
		states.set(known.slice(start, start + identityLength), state);
	}
	return states;
}

/** @returns how many participants the campaign says it has; undefined where it does not */
async function totalOf(call: ServiceCall): Promise<number | undefined> {
	const campaignCall = { ...call, endpoint: endpoints.getCampaign };
	const details = await readOne(campaignCall, await exchange(campaignCall));
	const total = Object.entries(details).find(([name]) => campaignTotal.test(name))?.[1];
	return typeof total === 'number' ? total : undefined;
}
