import type {
	IExecuteFunctions,
	INodeProperties,
	INodePropertyOptions,
	INodeType,
} from 'n8n-workflow';
import { titleOf } from '../helpers/titles';
import { runItems } from './runItems';
import { routing, type Operation } from './operation';

interface Resource {
	/** The menu entry. */
	option: INodePropertyOptions;
	/** The menu of operations and the fields of each. */
	properties: INodeProperties[];
	/** Runs each operation in a workflow. As a tool, n8n uses the operation's routing instead. */
	customOperations: NonNullable<INodeType['customOperations']>[string];
}

/**
 * @param value of the resource
 * @param operations its operations, in the order of the menu; the first is the default
 */
export function defineResource(value: string, operations: Operation[]): Resource {
	const defaultOperation = operations[0].option.value;
	return {
		option: { name: titleOf(value), value },
		properties: [
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				displayOptions: { show: { resource: [value] } },
				options: operations.map((operation) => ({
					...operation.option,
					routing: routing(operation),
				})),
				default: defaultOperation,
			},
			...operations.flatMap(({ fields }) => fields),
		],
		customOperations: Object.fromEntries(
			operations.map((operation) => [
				operation.option.value,
				async function (this: IExecuteFunctions) {
					return [await runItems(this, operation)];
				},
			]),
		),
	};
}
