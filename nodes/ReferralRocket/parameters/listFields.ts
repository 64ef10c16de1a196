import type { IDisplayOptions, INodeProperties } from 'n8n-workflow';
import type { Endpoint, RowType } from '../api/specification';
import { defaultPageSize, maxPageSize } from '../api/specification';
import { outputFields, sendAs } from './fields';
import { titleOf } from './titles';

/** One sorting, by a documented field or by any other. */
const sortField = (endpoint: Endpoint, { fields }: RowType): INodeProperties => ({
	displayName: 'Sort',
	name: 'sortBy',
	type: 'fixedCollection',
	placeholder: 'Add sorting',
	default: {},
	description: 'The order of the list. Without it the order is up to Referral Rocket.',
	routing: sendAs(endpoint, 'sort'),
	options: [
		{
			displayName: 'Sorting',
			name: 'sorting',
			values: [
				{
					displayName: 'Field',
					name: 'field',
					type: 'options',
					default: 'other',
					description: 'The field to sort by',
					options: [
						...[...fields].sort().map((value) => ({ name: titleOf(value), value })),
						{ name: 'Other Field', value: 'other' },
					],
				},
				{
					displayName: 'Field Name',
					name: 'fieldName',
					type: 'string',
					default: '',
					placeholder: 'e.g. revenueGenerated',
					description:
						"The name of the field as Referral Rocket writes it, with 'Output' set to Raw",
					displayOptions: { show: { field: ['other'] } },
				},
				{
					displayName: 'Direction',
					name: 'direction',
					type: 'options',
					default: 'desc',
					description: 'Which end of the order comes first',
					options: [
						{ name: 'Ascending', value: 'asc', description: 'Smallest, earliest or A first' },
						{ name: 'Descending', value: 'desc', description: 'Largest, latest or Z first' },
					],
				},
			],
		},
	],
});

/** Return All, Limit, Simplify and the options of an operation that reads a list. */
export const listFields = (
	displayOptions: IDisplayOptions,
	endpoint: Endpoint & { rowType: RowType },
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
	...outputFields(displayOptions, endpoint),
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
				description: `How many ${endpoint.rowType.plural} to request at a time. Lower it if Referral Rocket responds slowly.`,
				routing: sendAs(endpoint, 'pageSize'),
			},
			sortField(endpoint, endpoint.rowType),
		],
	},
];
