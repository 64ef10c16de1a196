import type {
	DeclarativeRestApiSettings,
	IExecuteSingleFunctions,
	ILoadOptionsFunctions,
	IPollFunctions,
} from 'n8n-workflow';
import type { Endpoint, ParameterValues } from './specification';

/** What runs: an operation for one input item, a poll, or a list to choose from. */
export type Context = IExecuteSingleFunctions | IPollFunctions | ILoadOptionsFunctions;

/** One call of the service's API. */
export interface ApiCall {
	context: Context;
	/** What goes into every request: the validated base URL, timeout, proxy and certificates. */
	connection: DeclarativeRestApiSettings.HttpRequestOptions;
	endpoint: Endpoint;
	values: ParameterValues;
	/** How far a longer piece of work got, as a sentence for messages. */
	progress?: string;
	/** Ends the waiting in the queue and between attempts; when the execution is stopped unless given. */
	signal?: AbortSignal;
	/** What the items of one run have in common; each user of it has a name of its own. */
	shared?: Map<string, unknown>;
	/** Called whenever a request has reached the service, or may have. */
	onSent?: () => void;
}

/** @returns what is aborted when the execution is stopped; a poll can't be stopped */
export const cancelSignalOf = (context: Context) =>
	'getExecutionCancelSignal' in context ? context.getExecutionCancelSignal() : undefined;
