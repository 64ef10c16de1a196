import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { titleOf } from '../helpers/titles';
import { runItems } from './runItems';
import { routing, type Operation } from './operation';

/**
 * @param value of the resource
 * @param operations its operations, in the order of the menu; the first is the default
 * @returns the resource's menu entry, its menu of operations with the fields of each, and how they run
 */
export function defineResource(value: string, operations: Operation[]) {
	const defaultOperation = operations[0].option.value;
	const menu: INodeProperties = {
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: [value] } },
		options: operations.map((operation) => ({
			name: titleOf(operation.option.value),
			...operation.option,
			routing: routing(operation),
		})),
		default: defaultOperation,
	};
	/** Each field is shown for its own operation only. */
	const fieldsOf = ({ option, fields }: Operation): INodeProperties[] =>
		fields.map((field) => {
			const show = { resource: [value], operation: [option.value], ...field.displayOptions?.show };
			return { ...field, displayOptions: { ...field.displayOptions, show } };
		});
	return {
		option: { name: titleOf(value), value },
		properties: [menu, ...operations.flatMap(fieldsOf)],
		/** Runs each operation in a workflow. As a tool, n8n uses the operation's routing instead. */
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
