import type { IDataObject } from 'n8n-workflow';
import { isGiven } from '../../api/response';
import { participantTotals, referrerFields, rewards } from '../../api/specification';

export const campaignStatusChanged = 'campaignStatusChanged';

/** What changed: the name of a field → what it was and what it is. */
export type Changes = Record<string, { from: number | boolean; to: number | boolean }>;

/** What a poll finds about one participant. Someone new begins with nothing, and not qualified. */
export interface Difference {
	participant: IDataObject;
	isNew: boolean;
	changes: Changes;
}

const grew =
	(names: string[]) =>
	({ changes }: Difference) =>
		names.some((name) => name in changes && changes[name].to > changes[name].from);

/**
 * The events of a participant, in the order in which they are told, each with whether it happened.
 * Whether someone was seen before they earned a reward, say, makes no difference to that event.
 */
export const participantEvents: Record<string, (difference: Difference) => boolean> = {
	participantAdded: ({ isNew }) => isNew,
	newReferral: ({ isNew, participant }) =>
		isNew && referrerFields.some((name) => isGiven(participant[name])),
	participantQualified: ({ changes }) => changes.rewardEventCompleted?.to === true,
	rewardEarned: grew(rewards.map(({ earned }) => earned)),
	rewardRedeemed: grew(rewards.map(({ redeemed }) => redeemed)),
	participantUpdated: ({ changes }) => participantTotals.some((name) => name in changes),
};

const isJoining = (event: string) => ['participantAdded', 'newReferral'].includes(event);

/** @returns whether it has to be known of everyone whether they were there before */
export const hasJoining = (chosen: string[]) => chosen.some(isJoining);

/** @returns whether nobody but newcomers has to be looked at */
export const isOnlyJoining = (chosen: string[]) =>
	chosen.every((event) => isJoining(event) || event === campaignStatusChanged);

/** An event that a poll tells of. */
export interface PolledEvent {
	event: string;
	/** The participant to whom it happened, or the campaign. */
	subject: IDataObject;
	changes: IDataObject;
}

/**
 * @param chosen events
 * @returns those of them that happened to a participant
 */
export function eventsOf(difference: Difference, chosen: string[]): PolledEvent[] {
	const { participant: subject, changes } = difference;
	return Object.keys(participantEvents)
		.filter((event) => chosen.includes(event) && participantEvents[event](difference))
		.map((event) => ({ event, subject, changes }));
}
