import { NodeApiError, NodeOperationError, type Failure, type INode } from 'n8n-workflow';
import type { ApiCall } from './apiCall';
import { isIncomplete, isKeyRefused, isWebPage, retryAfterOf, type ApiResponse } from './response';

type ResponseFacts = Pick<ApiResponse, 'status'> & Partial<ApiResponse>;

/** A message to the user. */
export interface ErrorMessage {
	/** What happened. */
	message: string;
	/** How to fix it. */
	solution?: string;
	/** What the service or the network reported. */
	details?: string;
}

/** Invalid user input. The catcher adds the item. */
export class InvalidInputError extends Error {
	/**
	 * @param message what can't be used
	 * @param solution what to enter instead
	 */
	constructor(
		message: string,
		readonly solution: string,
	) {
		super(message);
	}
}

/**
 * n8n replaces every message that contains one of its network codes, even inside a word such as the EPERM in
 * "keepermedia.com", and shows the original as the service's response.
 * @returns the error with its message restored
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
 * Built from our own text only: n8n's error would contain the request, and with it the key.
 * @param call the call that failed
 * @param text the message to the user
 * @param response the facts of the response, if there was one
 */
export function createApiError(
	{ context, progress }: Pick<ApiCall, 'context' | 'progress'>,
	{ message, solution, details }: ErrorMessage,
	response?: ResponseFacts,
): NodeApiError {
	const texts = {
		message: join(message, progress),
		description: join(solution, details),
	};
	const error = new NodeApiError(context.getNode(), texts, {
		...texts,
		httpCode: response && String(response.status),
		failure: response && failureOf(response),
		itemIndex: 'getItemIndex' in context ? context.getItemIndex() : undefined,
	});
	return withMessage(error, texts.message);
}

/** @returns why n8n should wait before the next poll, and for how long; n8n 1 ignores it */
function failureOf({ status, headers = {}, text = '' }: ResponseFacts): Failure | undefined {
	const retryAfterMs = retryAfterOf(headers);
	if (status === 429) return { cause: 'rate-limited', retryAfterMs };
	if (isIncomplete({ status })) return { cause: 'temporarily-unavailable', retryAfterMs };
	if (isKeyRefused({ status, text })) return { cause: 'credential-invalid' };
	const isNotFound = status === 404 && !isWebPage({ headers, text });
	return isNotFound ? { cause: 'configuration-invalid' } : undefined;
}

/**
 * @param error the message, or the error that was thrown
 * @returns the error to throw for anything but a response: settings, input, a bug
 */
export function createOperationError(
	node: INode,
	error: string | Error,
	options: { description?: string; itemIndex?: number } = {},
): NodeOperationError {
	const message = typeof error === 'string' ? error : error.message;
	return withMessage(new NodeOperationError(node, error, options), message);
}

/** @returns message and solution in one text: n8n shows only a message for publishing, lists and credentials */
export const fullMessage = (error: Error) =>
	error instanceof InvalidInputError ? join(error.message, error.solution) : error.message;

/**
 * @param read reads and validates settings
 * @returns its result
 * @throws NodeOperationError if `read` throws
 */
export function readSettings<Settings>(node: INode, read: () => Settings): Settings {
	try {
		return read();
	} catch (error) {
		throw createOperationError(node, fullMessage(error as Error));
	}
}

/** @returns the sentences that aren't empty, joined by spaces */
export const join = (...sentences: Array<string | null | undefined>) =>
	sentences.filter(Boolean).join(' ');
