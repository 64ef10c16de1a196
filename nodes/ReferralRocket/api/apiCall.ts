import type {
	DeclarativeRestApiSettings,
	ICredentialDataDecryptedObject,
	IExecuteSingleFunctions,
	ILoadOptionsFunctions,
	IPollFunctions,
} from 'n8n-workflow';
import type { Endpoint, ParameterValues } from './specification';

/** The n8n context of a call: one input item, a poll, or the campaign list in the editor. */
export type Context = IExecuteSingleFunctions | IPollFunctions | ILoadOptionsFunctions;

/** One call of the service's API. */
export interface ApiCall {
	context: Context;
	/** The fields of the Referral Rocket credential, which n8n would otherwise decrypt for every request. */
	credentials: ICredentialDataDecryptedObject;
	/** Settings of every request: the validated base URL, timeout, proxy and certificates. */
	connection: DeclarativeRestApiSettings.HttpRequestOptions;
	endpoint: Endpoint;
	values: ParameterValues;
	/** Progress so far, as a sentence that is appended to messages. */
	progress?: string;
	/** Aborts the wait in the queue and between attempts. Defaults to the execution's cancel signal. */
	signal?: AbortSignal;
	/** A cache that all items of one run share; each feature has its own key. */
	shared?: Map<string, unknown>;
	/** Called when the service has, or may have, handled a request: not if the rate limit refused it. */
	onSent?: () => void;
	/** Called when the call starts to wait for another item or execution that is about the same person. */
	onWait?: () => void;
}

/** @returns the execution's cancel signal; undefined for a poll, which can't be stopped */
export const cancelSignalOf = (context: Context) =>
	'getExecutionCancelSignal' in context ? context.getExecutionCancelSignal() : undefined;
