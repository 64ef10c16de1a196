import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

/** One operation: its entry in the menu and the fields it shows. */
export interface Operation {
	option: INodePropertyOptions;
	fields: INodeProperties[];
}

/**
 * @param resource value of the resource
 * @param operations its operations, in the order of the menu; the first is the default
 * @returns the resource's properties: the menu of operations, then the fields of each
 */
export const resourceProperties = (
	resource: string,
	operations: Operation[],
): INodeProperties[] => {
	const defaultOperation = operations[0].option.value;
	return [
		{
			displayName: 'Operation',
			name: 'operation',
			type: 'options',
			noDataExpression: true,
			displayOptions: { show: { resource: [resource] } },
			options: operations.map(({ option }) => option),
			default: defaultOperation,
		},
		...operations.flatMap(({ fields }) => fields),
	];
};
