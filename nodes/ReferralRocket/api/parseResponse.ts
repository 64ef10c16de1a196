import type { IDataObject, NodeApiError } from 'n8n-workflow';
import type { ApiCall } from './apiCall';
import { statusMessage, unreadableMessage } from './errorMessages';
import { createApiError } from './errors';
import { isRow, isSuccess, type ApiResponse } from './response';

/**
 * @param call the response belongs to
 * @param response to the call
 * @returns the JSON in the response; undefined for an empty body
 * @throws NodeApiError for a status outside 200 to 299, a web page and anything that isn't JSON
 */
export function parseResponse(call: ApiCall, response: ApiResponse): unknown {
	if (!isSuccess(response)) {
		throw createApiError(call, statusMessage(call, redacted(response)), response);
	}
	if (response.text.trim() === '') return undefined;
	try {
		return JSON.parse(response.text);
	} catch {
		throw createUnreadableError(call, response);
	}
}

/**
 * @param call of an endpoint that returns one row
 * @param response to the call
 * @returns the campaign or participant in the response, untouched
 * @throws NodeApiError if the response contains anything else
 */
export function parseRow(call: ApiCall, response: ApiResponse): IDataObject {
	const { rowType } = call.endpoint;
	const body = parseResponse(call, response);
	if (rowType && isRow(rowType, body)) return body;
	throw createUnreadableError(call, response);
}

/** @returns the error to throw for a successful response that doesn't match the API's contract */
export const createUnreadableError = (call: ApiCall, response: ApiResponse): NodeApiError =>
	createApiError(call, unreadableMessage(call, redacted(response)), response);

/** @returns the response without the key, so that messages can quote it */
export function redacted(response: ApiResponse): ApiResponse {
	const { text, headers, redact } = response;
	const quotable = Object.entries(headers).map(([name, value]) => [name, redact(String(value))]);
	return { ...response, text: redact(text), headers: Object.fromEntries(quotable) };
}
