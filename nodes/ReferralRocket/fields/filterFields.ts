import type { INodeProperties } from 'n8n-workflow';

/** The filters of lists of participants. */
export const filterFields: INodeProperties[] = [
	{
		displayName: 'Filters',
		name: 'filters',
		type: 'collection',
		placeholder: 'Add filter',
		default: {},
		description:
			'Which participants to return. Referral Rocket cannot filter, so this node reads the whole list. If Sort is Created On, descending, it stops as soon as participants joined too early for Joined After.',
		options: [
			{
				displayName: 'Joined After',
				name: 'joinedAfter',
				type: 'dateTime',
				default: '',
				description: 'Only participants who joined at this time or later',
			},
			{
				displayName: 'Joined Before',
				name: 'joinedBefore',
				type: 'dateTime',
				default: '',
				description: 'Only participants who joined before this time',
			},
			{
				displayName: 'Minimum Referrals',
				name: 'minimumReferrals',
				type: 'number',
				typeOptions: { minValue: 1 },
				default: 1,
				description: 'Only participants who have referred at least this many friends',
			},
			{
				displayName: 'Qualified',
				name: 'qualified',
				type: 'options',
				default: 'yes',
				description: 'Whether the participant has done what earns the reward',
				options: [
					{ name: 'No', value: 'no', description: 'Only participants who are not qualified' },
					{ name: 'Yes', value: 'yes', description: 'Only participants who are qualified' },
				],
			},
			{
				displayName: 'Referred By',
				name: 'referredBy',
				type: 'string',
				default: '',
				placeholder: 'e.g. 8Mnu09TD or a share link',
				description: 'Only participants who joined with this referral code',
			},
		],
	},
];
