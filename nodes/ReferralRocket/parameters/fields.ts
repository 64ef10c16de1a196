import type { IDisplayOptions, INodeProperties, INodePropertyRouting } from 'n8n-workflow';
import type { Endpoint, ParameterName } from '../api/specification';
import { defaultPageSize, maxPageSize, parametersIn } from '../api/specification';

/*
 * Fields that several operations share. Each takes when it shows and the endpoint it is sent to.
 */

/** @returns the condition under which the fields of one operation show */
export const showFor = (resource: string, operation: string): IDisplayOptions => ({
	show: { resource: [resource], operation: [operation] },
});

/**
 * @returns the routing that sends a field to the endpoint under the service's own name for it
 */
export function sendAs(endpoint: Endpoint, name: ParameterName): INodePropertyRouting {
	return {
		send: {
			type: parametersIn(endpoint),
			property: endpoint.parameters[name],
		},
	};
}

/** On the canvas, the events of a trigger in words: "Referrer Created, Reward Unlocked". */
export const eventsSubtitle =
	'={{ [$parameter["events"]?.length ? $parameter["events"] : $parameter["event"] ?? []].flat().map((event) => event.replace(/[A-Z]/g, " $&").replace(/^./, (first) => first.toUpperCase())).join(", ") }}';

/** The campaign, by ID or link; what it is for, when it shows and where it is sent are the caller's. */
export const campaignLocator = (description: string): INodeProperties => ({
	displayName: 'Campaign',
	name: 'campaignId',
	type: 'resourceLocator',
	default: { mode: 'id', value: '' },
	description,
	modes: [
		{ displayName: 'By ID', name: 'id', type: 'string', placeholder: 'e.g. JCu82f30F1' },
		{
			displayName: 'By URL',
			name: 'url',
			type: 'string',
			placeholder: 'e.g. https://referralrocket.io/campaign?id=JCu82f30F1',
		},
	],
});

export const campaignField = (
	displayOptions: IDisplayOptions,
	endpoint: Endpoint,
): INodeProperties => ({
	...campaignLocator(
		'The campaign to work with, by its ID or by its link: the campaign link or any share link of it',
	),
	required: true,
	displayOptions,
	routing: sendAs(endpoint, 'campaign'),
});

export const emailField = (
	displayOptions: IDisplayOptions,
	endpoint: Endpoint,
	description: string,
): INodeProperties => ({
	displayName: 'Email',
	name: 'email',
	type: 'string',
	placeholder: 'e.g. jo@example.com',
	default: '',
	required: true,
	description,
	displayOptions,
	routing: sendAs(endpoint, 'email'),
});

export const simplifyField = (displayOptions?: IDisplayOptions): INodeProperties => ({
	displayName: 'Simplify',
	name: 'simplify',
	type: 'boolean',
	default: true,
	description: 'Whether to return a simplified version of the response instead of the raw data',
	displayOptions,
});

/** Return All, Limit, Simplify and the options of an operation that reads a list. */
export const listFields = (
	displayOptions: IDisplayOptions,
	endpoint: Endpoint,
): INodeProperties[] => [
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		default: false,
		description: 'Whether to return all results or only up to a given limit',
		displayOptions,
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 50,
		description: 'Max number of results to return',
		displayOptions: { show: { ...displayOptions.show, returnAll: [false] } },
	},
	simplifyField(displayOptions),
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		displayOptions,
		options: [
			{
				displayName: 'Page Size',
				name: 'pageSize',
				type: 'number',
				typeOptions: { minValue: 1, maxValue: maxPageSize },
				default: defaultPageSize,
				description:
					'How many participants to ask for at a time. Lower it when Referral Rocket answers slowly.',
				routing: sendAs(endpoint, 'pageSize'),
			},
			{
				displayName: 'Sort',
				name: 'sort',
				type: 'string',
				placeholder: 'e.g. createdOn,desc',
				default: '',
				description:
					'The field to sort by, then a comma and asc or desc. Without it the order is up to Referral Rocket.',
				routing: sendAs(endpoint, 'sort'),
			},
		],
	},
];
