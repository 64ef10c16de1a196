import type { IDataObject, INodePropertyOptions } from 'n8n-workflow';
import { hasValue } from '../../api/response';
import { participantTotals, referrerFields, rewards } from '../../api/specification';
import { titleOf } from '../../helpers/titles';

/** Name of a field → its value before and now. */
export type Changes = Record<string, { from: number | boolean; to: number | boolean }>;

/** What a poll finds out about one participant. Before they join, they have nothing and aren't qualified. */
export interface Difference {
	participant: IDataObject;
	isNew: boolean;
	isRemoved?: true;
	changes: Changes;
	/** The selected numbers of friends that the participant has reached for the first time. */
	milestones: number[];
}

interface ParticipantEvent {
	description: string;
	/** In the node picker. */
	action: string;
	/** What causes it, and so what a poll must read and remember: by default, a participant's numbers. */
	cause?: 'join' | 'removal';
	isReward?: true;
	happened: (difference: Difference) => boolean;
	/** The additional fields of its items, if it can happen several times at once. */
	items?: (difference: Difference) => IDataObject[];
}

const grew =
	(names: string[]) =>
	({ changes }: Difference) =>
		names.some((name) => name in changes && changes[name].to > changes[name].from);

/** The events of a participant, in the order in which they are reported. Workflows store their names. */
export const participantEvents: Record<string, ParticipantEvent> = {
	participantAdded: {
		description: 'Someone has joined the campaign, through a referrer or not',
		action: 'On participant added: someone joined the campaign',
		cause: 'join',
		happened: ({ isNew }) => isNew,
	},
	newReferral: {
		description: 'Someone has joined the campaign through a referrer',
		action: 'On new referral: someone joined through a referrer',
		cause: 'join',
		happened: ({ isNew, participant }) =>
			isNew && referrerFields.some((name) => hasValue(participant[name])),
	},
	participantQualified: {
		description: 'A referred participant has done what earns the reward',
		action: 'On participant qualified: a referred participant did what earns the reward',
		happened: ({ changes }) => changes.rewardEventCompleted?.to === true,
	},
	milestoneReached: {
		description: 'A participant has referred as many friends as one of the milestones below',
		action: 'On milestone reached: a participant has referred 5, 10 or 25 friends',
		happened: ({ milestones }) => milestones.length > 0,
		items: ({ milestones }) => milestones.map((milestone) => ({ milestone })),
	},
	participantRemoved: {
		description:
			'Someone is no longer in the campaign. Each check reads the whole list and stores its referral codes, to say who it was.',
		action: 'On participant removed: someone is no longer in the campaign',
		cause: 'removal',
		happened: ({ isRemoved }) => isRemoved === true,
	},
	rewardEarned: {
		description: "A participant's reward has grown, or someone has joined with one",
		action: 'On reward earned: the reward of a participant has grown',
		isReward: true,
		happened: grew(rewards.map(({ earned }) => earned)),
	},
	rewardRedeemed: {
		description: 'A participant has redeemed a reward, or part of it',
		action: 'On reward redeemed: a participant redeemed a reward, or part of it',
		isReward: true,
		happened: grew(rewards.map(({ redeemed }) => redeemed)),
	},
	participantUpdated: {
		description: "A participant's number of referrals, reward or balance has changed",
		action: 'On participant updated: referrals, reward or balance of a participant changed',
		happened: ({ changes }) => participantTotals.some((name) => name in changes),
	},
};

export const campaignStatusChanged = 'campaignStatusChanged';
export const milestoneReached = 'milestoneReached';

const isParticipantEvent = (name: string) => Object.hasOwn(participantEvents, name);

export const isEvent = (name: string) => name === campaignStatusChanged || isParticipantEvent(name);

export const hasParticipantEvents = (selected: string[]) => selected.some(isParticipantEvent);

/** @returns what causes the selected events */
export const causesOf = (selected: string[]) =>
	new Set(
		selected.map((event) =>
			event === campaignStatusChanged ? 'status' : (participantEvents[event].cause ?? 'numbers'),
		),
	);

/** @returns what a poll knows about someone who is no longer in the list */
export const removal = (referralCode = ''): Difference => ({
	participant: { referralCode: referralCode || null },
	isNew: false,
	isRemoved: true,
	changes: {},
	milestones: [],
});

/** The options of 'Trigger On', in alphabetical order. */
export const eventOptions: INodePropertyOptions[] = Object.entries({
	[campaignStatusChanged]: {
		description: 'The campaign was paused, has ended or is active again',
		action: 'On campaign status changed: paused, ended or active again',
	},
	...participantEvents,
})
	.map(([value, { description, action }]) => ({ name: titleOf(value), value, description, action }))
	.sort((a, b) => (a.name < b.name ? -1 : 1));

/** An event as a poll reports it. */
export interface PolledEvent {
	event: string;
	/** The participant or the campaign. */
	subject: IDataObject;
	changes: IDataObject;
	/** Additional fields of its item. */
	details?: IDataObject;
}

/** @returns the selected events that have happened to a participant */
export function eventsOf(difference: Difference, selected: string[]): PolledEvent[] {
	const { participant: subject, changes } = difference;
	return Object.entries(participantEvents)
		.filter(([event, { happened }]) => selected.includes(event) && happened(difference))
		.flatMap(([event, { items }]) =>
			(items?.(difference) ?? [{}]).map((details) => ({ event, subject, changes, details })),
		);
}
