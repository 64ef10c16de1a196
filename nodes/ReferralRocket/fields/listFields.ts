import type { INodeProperties } from 'n8n-workflow';
import { defaultPageSize, maxPageSize, type Endpoint, type RowType } from '../api/specification';
import { fieldOptions, outputFields, sendAs } from './sharedFields';

const sortOptions = ({ fields }: RowType) => [
	...fieldOptions(fields),
	{ name: 'Other Field', value: 'other' },
];

/** The fields of an operation that reads a list: Return All, Limit, Output, Options and Sort. */
export const listFields = (endpoint: Endpoint & { rowType: RowType }): INodeProperties[] => [
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		default: false,
		description: 'Whether to return all results or only up to a given limit',
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 50,
		description: 'Max number of results to return',
		displayOptions: { show: { returnAll: [false] } },
	},
	...outputFields(endpoint),
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
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
		],
	},
	// Sorts by a documented field or by any other.
	{
		displayName: 'Sort',
		name: 'sort',
		type: 'fixedCollection',
		placeholder: 'Add sort',
		default: {},
		description: 'The order of the list. If not set, Referral Rocket decides.',
		routing: sendAs(endpoint, 'sort'),
		options: [
			{
				displayName: 'Sort',
				name: 'sorting',
				values: [
					{
						displayName: 'Field',
						name: 'field',
						type: 'options',
						default: 'createdOn',
						description: 'The field to sort by',
						options: sortOptions(endpoint.rowType),
					},
					{
						displayName: 'Field Name',
						name: 'fieldName',
						type: 'string',
						default: '',
						placeholder: 'e.g. revenueGenerated',
						description: "The name of the field, as in the output if 'Output' is Raw",
						displayOptions: { show: { field: ['other'] } },
					},
					{
						displayName: 'Direction',
						name: 'direction',
						type: 'options',
						default: 'desc',
						description: 'The direction of the order',
						options: [
							{ name: 'Ascending', value: 'asc', description: 'Smallest, earliest or A first' },
							{ name: 'Descending', value: 'desc', description: 'Largest, latest or Z first' },
						],
					},
				],
			},
		],
	},
];
