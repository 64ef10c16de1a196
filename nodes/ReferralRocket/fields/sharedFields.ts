import type { INodeProperties, INodePropertyOptions, INodePropertyRouting } from 'n8n-workflow';
import type { Endpoint, ParameterName, RowType } from '../api/specification';
import { campaignLink, linkParameters, parametersIn } from '../api/specification';
import { titleOf } from '../helpers/titles';

/*
 * Fields that several operations share. Each accepts the endpoint it is sent to.
 */

/** @returns the routing that sends a field to the endpoint under the service's name */
export const sendAs = (endpoint: Endpoint, name: ParameterName): INodePropertyRouting => ({
	send: { type: parametersIn(endpoint), property: endpoint.parameters[name] },
});

/** The subtitle of a trigger on the canvas: "Referrer Created, Reward Unlocked". */
export const eventsSubtitle =
	'={{ [$parameter["events"] ?? []].flat().map((event) => event.replace(/[A-Z]/g, " $&").replace(/^./, (first) => first.toUpperCase())).join(", ") }}';

const linkHelp = ` Its link is the address of the page where people join, like ${campaignLink}JCu82f30F1; any of its share links works too.`;

/**
 * The campaign, by name, ID or link. The caller adds routing.
 * @param description of the field
 * @param endOfHint appended to the hint of every mode
 */
export const campaignLocator = (description: string, endOfHint = ''): INodeProperties => ({
	displayName: 'Campaign',
	name: 'campaignId',
	type: 'resourceLocator',
	default: { mode: 'id', value: '' },
	description: description + linkHelp,
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			hint: `The campaigns listed in the credential${endOfHint}`,
			typeOptions: { searchListMethod: 'searchCampaigns', searchable: true },
		},
		{
			displayName: 'By ID',
			name: 'id',
			type: 'string',
			placeholder: 'e.g. JCu82f30F1',
			hint: `Paste a link of your campaign, or only its ID${endOfHint}`,
			url: `=${campaignLink}{{ $value }}`,
		},
		{
			displayName: 'By URL',
			name: 'url',
			type: 'string',
			placeholder: `e.g. ${campaignLink}JCu82f30F1`,
			hint: `The address of your campaign's page, or any of its share links${endOfHint}`,
		},
	],
});

/**
 * Checks a link while it is typed. The mode's own validation would also run before each execution, with a
 * timeout that a busy n8n can exceed, which fails the execution.
 */
export const campaignNotice: INodeProperties = {
	displayName:
		'This link contains no campaign ID. Paste the link of your campaign, or any share link of it.',
	name: 'campaignNotice',
	type: 'notice',
	default: '',
	displayOptions: {
		hide: {
			campaignId: [
				// Anything that doesn't start with "http".
				{ _cnd: { lt: 'http' } },
				{ _cnd: { gte: 'httq' } },
				{ _cnd: { includes: `${linkParameters.campaign}=` } },
			],
		},
	},
};

export const campaignFields = (endpoint: Endpoint): INodeProperties[] => [
	{
		...campaignLocator('The campaign, by name, ID or link.'),
		required: true,
		routing: sendAs(endpoint, 'campaign'),
	},
	campaignNotice,
];

export const emailField = (endpoint: Endpoint, description: string): INodeProperties => ({
	displayName: 'Email',
	name: 'email',
	type: 'string',
	placeholder: 'e.g. jo@example.com',
	default: '',
	required: endpoint.required?.includes('email'),
	description,
	routing: sendAs(endpoint, 'email'),
});

/** How much of each event a trigger returns. */
export const simplifyField: INodeProperties = {
	displayName: 'Simplify',
	name: 'simplify',
	type: 'boolean',
	default: true,
	description: 'Whether to return a simplified version of the response instead of the raw data',
};

/** For fields whose names don't explain enough. */
const fieldDescriptions: Record<string, string> = {
	fraudScore: 'How Referral Rocket rates the risk of fraud; may be empty for people added by n8n',
	refereeRewardBalance: 'The remaining reward for joining through a referrer',
	referralRewardBalance: 'The remaining reward for referring others',
	rewardEventCompleted: 'Whether this person is qualified, having done what earns the reward',
};

/** @returns the options of a field picker, in alphabetical order */
export const fieldOptions = (fields: string[]): INodePropertyOptions[] =>
	[...fields]
		.sort()
		.map((value) => ({ name: titleOf(value), value, description: fieldDescriptions[value] }));

/** Output, and the field picker of its Selected Fields. */
export const outputFields = ({
	rowType: { singular, fields, simplified },
}: {
	rowType: RowType;
}): INodeProperties[] => [
	{
		displayName: 'Output',
		name: 'output',
		type: 'options',
		default: 'simplified',
		description: `How much to return of each ${singular}`,
		options: [
			{ name: 'Raw', value: 'raw', description: 'Everything that Referral Rocket sends' },
			{
				name: 'Selected Fields',
				value: 'selectedFields',
				description: 'Only the fields you choose',
			},
			{ name: 'Simplified', value: 'simplified', description: 'Only the most useful fields' },
		],
	},
	{
		displayName: 'Fields',
		name: 'fields',
		type: 'multiOptions',
		required: true,
		default: [...simplified],
		description: 'The fields to return. A field that Referral Rocket does not send is null.',
		displayOptions: { show: { output: ['selectedFields'] } },
		options: fieldOptions(fields),
	},
];
