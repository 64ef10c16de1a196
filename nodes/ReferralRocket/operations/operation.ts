import type {
	IDataObject,
	IExecuteSingleFunctions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyRouting,
	NodeOperationError,
} from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';
import { validateBaseUrl } from '../api/baseUrl';
import { createApiError, createOperationError, InvalidInputError, join } from '../api/errors';
import { credentialName, type Endpoint, type ParameterName } from '../api/specification';
import type { ApiCall } from '../api/apiCall';
import { validateParameters } from '../validation/validate';
import type { Handler } from './handlers';
import { connectionOf, type RequestOptions } from './requestOptions';

/** An operation: its menu entry, fields and handler. */
export interface Operation {
	/** Its name in the menu follows from the value. */
	option: Record<'value' | 'action' | 'description', string>;
	endpoint: Endpoint;
	handler: Handler;
	fields: INodeProperties[];
}

export type ItemError = NodeApiError | NodeOperationError;

/** The outcome of one input item: its output or the error. */
export type ItemResult = { output: INodeExecutionData[] } | { error: ItemError };

interface ItemSettings extends Pick<ApiCall, 'signal' | 'onSent' | 'onWait' | 'shared'> {
	/** Called synchronously when the item fails, before another item can start. */
	onError?: () => void;
}

/**
 * Runs an operation for one input item.
 * @param operation the operation
 * @param context of the item
 * @param settings of its requests, for an item of several
 */
export async function runItem(
	operation: Operation,
	context: IExecuteSingleFunctions,
	{ onError, ...call }: ItemSettings = {},
): Promise<ItemResult> {
	const pairedItem = { item: context.getItemIndex() };
	try {
		const { endpoint, handler } = operation;
		const values = valuesOf(operation, context);
		const options = context.getNodeParameter('requestOptions', {}) as RequestOptions;
		const connection = connectionOf(options);
		const credentials = await context.getCredentials(credentialName);
		connection.baseURL = validateBaseUrl(credentials.baseUrl);
		const rows = await handler({ ...call, context, credentials, connection, endpoint, values });
		return { output: rows.map((json) => ({ json, pairedItem })) };
	} catch (error) {
		onError?.();
		return { error: nodeErrorFrom(error as Error, context) };
	}
}

/** @returns the node error for anything thrown */
function nodeErrorFrom(error: Error, context: IExecuteSingleFunctions): ItemError {
	if (error instanceof NodeApiError) return error;
	const itemIndex = context.getItemIndex();
	if (!(error instanceof InvalidInputError)) {
		return createOperationError(context.getNode(), error, { itemIndex });
	}
	const { message, solution: description } = error;
	return createOperationError(context.getNode(), message, { itemIndex, description });
}

/** @returns an item for the error output, where n8n merges it with the fields of the input item */
export function errorItem({ message, description }: ItemError, item: number): INodeExecutionData {
	return { json: { error: join(message, description) }, pairedItem: { item } };
}

/** The routing of an operation. n8n uses it to run the node as a tool of an agent or an MCP server, with one item. */
export function routing(operation: Operation): INodePropertyRouting {
	const { method, path: url } = operation.endpoint;
	return {
		request: { method, url },
		send: { paginate: true },
		operations: {
			async pagination(this) {
				const result = await runItem(operation, this);
				if ('output' in result) return result.output;
				if (this.continueOnFail()) return [errorItem(result.error, this.getItemIndex())];
				const { error } = result;
				// n8n rethrows only a NodeApiError unchanged here.
				if (error instanceof NodeApiError) throw error;
				const { message, description } = error;
				throw createApiError({ context: this }, { message, solution: description ?? undefined });
			},
		},
	};
}

/** @returns the validated values of an item under our own names: of every field that the operation sends */
function valuesOf({ endpoint, fields }: Operation, context: IExecuteSingleFunctions) {
	const names = Object.keys(endpoint.parameters) as ParameterName[];
	const input: Partial<Record<ParameterName, unknown>> = {};
	const add = ({ routing: { send } = {} }: INodeProperties, value: unknown) => {
		const name = names.find((each) => endpoint.parameters[each] === send?.property);
		if (name) input[name] = value;
	};
	for (const field of fields) {
		if (field.type === 'collection') {
			const collection = context.getNodeParameter(field.name, {}) as IDataObject;
			for (const option of field.options as INodeProperties[]) {
				if (option.name in collection) add(option, collection[option.name]);
			}
		} else if (field.routing) {
			const extractValue = field.type === 'resourceLocator';
			add(field, context.getNodeParameter(field.name, '', { extractValue }));
		}
	}
	return validateParameters(input, names, endpoint.required);
}
