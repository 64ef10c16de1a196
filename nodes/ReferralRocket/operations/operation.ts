import type {
	IDataObject,
	IExecuteSingleFunctions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
	INodePropertyRouting,
} from 'n8n-workflow';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import { validateBaseUrl } from '../api/baseUrl';
import { createApiError, InvalidInputError, join, withMessage } from '../api/errors';
import type { Endpoint, ParameterName } from '../api/specification';
import { credentialName } from '../api/specification';
import type { ApiCall } from '../api/apiCall';
import { validateParameters } from '../parameters/validate';
import type { Handler } from './handlers';
import { connectionOf, type RequestOptions } from './requestOptions';

/** One operation: its entry in the menu, the fields it shows, and what it does with one input item. */
export interface Operation {
	option: INodePropertyOptions;
	endpoint: Endpoint;
	handler: Handler;
	/** What it does where the fields ask for it in another way; undefined where they don't. */
	alternative?: (
		context: IExecuteSingleFunctions,
	) => Pick<Operation, 'endpoint' | 'handler'> | undefined;
	fields: INodeProperties[];
}

export type ItemError = NodeApiError | NodeOperationError;

/** What became of an input item: what comes out for it, or why nothing does. */
export type ItemResult = { output: INodeExecutionData[] } | { error: ItemError };

interface ItemSettings extends Pick<ApiCall, 'signal' | 'onSent' | 'shared'> {
	/** The item's values under the service's names, as n8n's routing collects them. */
	routedValues: () => IDataObject;
	baseUrlOf: (baseUrl: unknown) => string;
	/** Called in the same moment as something goes wrong, before anything else can start. */
	onError?: () => void;
}

/**
 * Runs an operation for one input item.
 * @param operation the operation
 * @param context of the item
 * @param settings where its values come from, and what holds for its requests
 */
export async function runItem(
	operation: Operation,
	context: IExecuteSingleFunctions,
	{ routedValues, baseUrlOf, onError, ...call }: ItemSettings,
): Promise<ItemResult> {
	const pairedItem = { item: context.getItemIndex() };
	try {
		const { endpoint, handler } = operation.alternative?.(context) ?? operation;
		const values = valuesOf(endpoint, routedValues());
		const options = context.getNodeParameter('requestOptions', {}) as RequestOptions;
		const connection = connectionOf(options);
		const { baseUrl } = await context.getCredentials(credentialName);
		connection.baseURL = baseUrlOf(baseUrl);
		const rows = await handler({ ...call, context, connection, endpoint, values });
		return { output: rows.map((json) => ({ json, pairedItem })) };
	} catch (error) {
		onError?.();
		return { error: nodeErrorFrom(error as Error, context) };
	}
}

/** @returns what stops the node or comes out at its error output, from anything that was thrown */
function nodeErrorFrom(error: Error, context: IExecuteSingleFunctions): ItemError {
	if (error instanceof NodeApiError) return error;
	const { message } = error;
	const itemIndex = context.getItemIndex();
	// Unusable input has no cause that would help anyone.
	const isInput = error instanceof InvalidInputError;
	const description = isInput ? error.solution : undefined;
	return withMessage(
		new NodeOperationError(context.getNode(), isInput ? message : error, {
			itemIndex,
			description,
		}),
		message,
	);
}

/** @returns an item in the shape beside which n8n puts the fields of the input item in the error output */
export function errorItem({ message, description }: ItemError, item: number): INodeExecutionData {
	return { json: { error: join(message, description) }, pairedItem: { item } };
}

/**
 * The routing of an operation, by which n8n runs the node as a tool of an agent or an MCP server: one
 * item, whose fields it has put into query or body.
 */
export function routing(operation: Operation): INodePropertyRouting {
	const { method, path: url } = operation.endpoint;
	return {
		request: { method, url },
		send: { paginate: true },
		operations: {
			async pagination(this, { options: { qs, body } }) {
				const routedValues = () => ({ ...qs, ...(body as IDataObject) });
				const settings = { routedValues, baseUrlOf: validateBaseUrl };
				const result = await runItem(operation, this, settings);
				if ('output' in result) return result.output;
				if (this.continueOnFail()) return [errorItem(result.error, this.getItemIndex())];
				const { error } = result;
				// n8n passes on no other kind of error as it is here.
				throw error instanceof NodeApiError ? error : createApiError({ context: this }, error);
			},
		},
	};
}

/**
 * What n8n's routing would put into query or body.
 * @param fields the fields of an operation
 * @param context of the item
 * @returns the values of the item, under the service's names
 */
export function routedValuesOf(
	fields: INodeProperties[],
	context: IExecuteSingleFunctions,
): IDataObject {
	const values: IDataObject = {};
	const add = ({ routing: { send } = {} }: INodeProperties, value: unknown) => {
		if (send?.property) values[send.property] = value as IDataObject;
	};
	for (const field of fields) {
		if (field.type === 'collection') {
			const given = context.getNodeParameter(field.name, {}) as IDataObject;
			for (const option of field.options as INodeProperties[]) {
				if (option.name in given) add(option, given[option.name]);
			}
		} else if (field.routing) {
			const extractValue = field.type === 'resourceLocator';
			add(field, context.getNodeParameter(field.name, '', { extractValue }));
		}
	}
	return values;
}

/** From the service's names back to ours, validated. */
function valuesOf({ parameters }: Endpoint, routedValues: IDataObject) {
	const names = Object.keys(parameters) as ParameterName[];
	const given = names.map((name) => [name, routedValues[parameters[name] as string]] as const);
	return validateParameters(Object.fromEntries(given), names);
}
