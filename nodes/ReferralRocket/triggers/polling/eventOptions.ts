import type { INodePropertyOptions } from 'n8n-workflow';

/** What a user can choose of; the values are in saved workflows, the actions in the node picker. */
export const eventOptions: INodePropertyOptions[] = [
	{
		name: 'Campaign Status Changed',
		value: 'campaignStatusChanged',
		description: 'The campaign was paused, has ended or is active again',
		action: 'On campaign status changed: paused, ended or active again',
	},
	{
		name: 'New Referral',
		value: 'newReferral',
		description: 'Someone has joined the campaign through a referrer',
		action: 'On new referral: someone joined through a referrer',
	},
	{
		name: 'Participant Added',
		value: 'participantAdded',
		description: 'Someone has joined the campaign, through a referrer or not',
		action: 'On participant added: someone joined the campaign',
	},
	{
		name: 'Participant Qualified',
		value: 'participantQualified',
		description: 'A referred participant has done what earns the reward',
		action: 'On participant qualified: a referred participant did what earns the reward',
	},
	{
		name: 'Participant Updated',
		value: 'participantUpdated',
		description: 'A number of referrals, reward or balance of a participant has changed',
		action: 'On participant updated: a number of referrals, reward or balance changed',
	},
	{
		name: 'Reward Earned',
		value: 'rewardEarned',
		description: 'The reward of a participant has grown, or someone has joined with one',
		action: 'On reward earned: the reward of a participant has grown',
	},
	{
		name: 'Reward Redeemed',
		value: 'rewardRedeemed',
		description: 'A participant has been given more of the reward',
		action: 'On reward redeemed: a participant was given more of the reward',
	},
];
