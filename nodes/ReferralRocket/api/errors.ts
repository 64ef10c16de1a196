import type { INode } from 'n8n-workflow';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import type { ApiCall } from './apiCall';

/** What a user reads when something did not work. */
export interface ErrorMessage {
	/** What happened. */
	message: string;
	/** How to solve it. */
	solution?: string;
	/** What the service or the network said. */
	details?: string;
}

/** Unusable input, in the user's words. Whoever catches it adds the item that it belongs to. */
export class InvalidInputError extends Error {
	/**
	 * @param message what can't be used
	 * @param solution what to enter in its place
	 */
	constructor(
		message: string,
		readonly solution: string,
	) {
		super(message);
	}
}

/**
 * n8n replaces a message in which one of its network codes stands, be it within a word, like the EPERM
 * in "keepermedia.com". The former message it shows as the service's.
 * @returns the error with this message, whatever n8n made of it
 */
export function withMessage<Thrown extends NodeApiError | NodeOperationError>(
	error: Thrown,
	message: string,
): Thrown {
	error.message = message;
	error.messages = [];
	return error;
}

/**
 * Made from our words alone: n8n's own error holds the request with the key in it.
 * @param call what was called
 * @param text what the user reads
 * @param status the status of the response, if there was one
 */
export function createApiError(
	{ context, progress }: Pick<ApiCall, 'context' | 'progress'>,
	{ message, solution, details }: ErrorMessage,
	status?: number,
): NodeApiError {
	const words = {
		message: join(message, progress),
		description: join(solution, details),
	};
	const error = new NodeApiError(context.getNode(), words, {
		...words,
		httpCode: status === undefined ? undefined : String(status),
		itemIndex: 'getItemIndex' in context ? context.getItemIndex() : undefined,
	});
	return withMessage(error, words.message);
}

/** @returns what to throw for the node's own settings */
export const createSettingsError = (node: INode, message: string, description?: string) =>
	withMessage(new NodeOperationError(node, message, { description }), message);

/** @returns message and solution in one, for where n8n shows only a message: while publishing, in lists, for credentials */
export const wordsOf = (error: Error) =>
	error instanceof InvalidInputError ? join(error.message, error.solution) : error.message;

/**
 * @param read reads and validates settings
 * @returns what it gives
 * @throws NodeOperationError in place of what it throws
 */
export function readSettings<Settings>(node: INode, read: () => Settings): Settings {
	try {
		return read();
	} catch (error) {
		throw createSettingsError(node, wordsOf(error as Error));
	}
}

/** @returns the sentences that there are, one after the other */
export const join = (...sentences: Array<string | null | undefined>) =>
	sentences.filter(Boolean).join(' ');
