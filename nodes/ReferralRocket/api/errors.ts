import type { INode } from 'n8n-workflow';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import { withoutKey } from './authentication';
import type { Answer, Refusal } from './errorMessages';
import { credentialName } from './specification';
import type { ServiceCall } from './request';

/**
 * n8n replaces a message in which one of its network codes stands, be it within a word, like the EPERM
 * in "keepermedia.com".
 * @returns the error with this message, whatever n8n made of it
 */
export function withMessage<Thrown extends Error>(error: Thrown, message: string): Thrown {
	error.message = message;
	return error;
}

/**
 * What to throw. Made from our words alone: n8n's own exception holds the request with the key in it.
 * @param call the question
 * @param refusal what the builder reads
 * @param status the status of the answer, if there was one
 */
export function refused(
	{ context, soFar }: Pick<ServiceCall, 'context' | 'soFar'>,
	{ message, description }: Refusal,
	status?: number,
): NodeApiError {
	const words = {
		message: soFar ? `${message} ${soFar}` : message,
		description: description ?? '',
	};
	const error = new NodeApiError(context.getNode(), words, {
		...words,
		httpCode: status === undefined ? undefined : String(status),
		itemIndex: 'getItemIndex' in context ? context.getItemIndex() : undefined,
	});
	return withMessage(error, words.message);
}

/** @returns what to throw for a message of ours about the node's own settings */
export const unusableSettings = (node: INode, message: string) =>
	withMessage(new NodeOperationError(node, message), message);

/** @returns hides the key in what messages quote, as others may repeat it */
export async function hidesKey({ context }: ServiceCall): Promise<(text: unknown) => string> {
	const { apiKey } = await context.getCredentials(credentialName);
	return (text) => withoutKey(String(text), String(apiKey).trim());
}

/** @returns the answer without the key, so that it can be quoted */
export async function keyHidden(call: ServiceCall, answer: Answer): Promise<Answer> {
	const hide = await hidesKey(call);
	const headers = Object.entries(answer.headers).map(([name, value]) => [name, hide(value)]);
	return { ...answer, text: hide(answer.text), headers: Object.fromEntries(headers) };
}
