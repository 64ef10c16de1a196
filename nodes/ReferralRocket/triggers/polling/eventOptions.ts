import type { INodePropertyOptions } from 'n8n-workflow';

/** What a user can choose of; the values are in saved workflows. */
export const eventOptions: INodePropertyOptions[] = [
	{
		name: 'Campaign Status Changed',
		value: 'campaignStatusChanged',
		description: 'The campaign was paused, has ended or is active again',
	},
	{
		name: 'New Referral',
		value: 'newReferral',
		description: 'Someone has joined the campaign through a referrer',
	},
	{
		name: 'Participant Added',
		value: 'participantAdded',
		description: 'Someone has joined the campaign, through a referrer or not',
	},
	{
		name: 'Participant Qualified',
		value: 'participantQualified',
		description: 'A referred participant has done what earns the reward',
	},
	{
		name: 'Participant Updated',
		value: 'participantUpdated',
		description: 'A number of referrals, reward or balance of a participant has changed',
	},
	{
		name: 'Reward Earned',
		value: 'rewardEarned',
		description: 'The reward of a participant has grown, or someone has joined with one',
	},
	{
		name: 'Reward Redeemed',
		value: 'rewardRedeemed',
		description: 'A participant has been given more of the reward',
	},
];

/** What version 1 of the node has in its field for one event. */
export const eventOptionsOfVersion1 = eventOptions.filter(({ value }) =>
	['participantAdded', 'participantQualified', 'participantUpdated'].includes(String(value)),
);
