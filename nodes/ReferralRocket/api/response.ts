import type { IDataObject } from 'n8n-workflow';
import {
	alreadyExists,
	factFields,
	messageFields,
	notReferred,
	passingStatuses,
	type RowType,
} from './specification';

/** A response of the service. */
export interface ApiResponse {
	status: number;
	headers: Record<string, unknown>;
	text: string;
	/** Hides the key in text that is quoted: the service may echo it. */
	redact: (text: string) => string;
	/** How many times the request was sent. */
	attempts?: number;
}

/** @returns the wait that Retry-After asks for, in milliseconds; it contains seconds or a date */
export function retryAfterOf(headers: Record<string, unknown> = {}): number | undefined {
	const value = String(headers['retry-after'] ?? '').trim();
	const isDate = /\d\d:\d\d:\d\d GMT$/.test(value);
	if (!isDate && !/^\d+$/.test(value)) return undefined;
	return Math.max(isDate ? Date.parse(value) - Date.now() : Number(value) * 1000, 0);
}

export const isSuccess = ({ status }: Pick<ApiResponse, 'status'>) =>
	status >= 200 && status <= 299;

/** @returns whether the request was not completed: unless it only reads, it may have taken effect */
export const isIncomplete = ({ status }: Pick<ApiResponse, 'status'>) =>
	status >= 500 || status === 408 || status === 425;

/** @returns whether a response contains nothing, or only null */
export const isEmpty = ({ text }: Pick<ApiResponse, 'text'>) => ['', 'null'].includes(text.trim());

/**
 * @param response to a look-up
 * @returns whether it says that the row doesn't exist. Any other status leaves that open, even with an
 * empty body, and so does a web page, which isn't from the service.
 */
export const isNotFound = (response: ApiResponse) =>
	response.status === 404 ? !isWebPage(response) : isSuccess(response) && isEmpty(response);

/** @returns whether a body is markup instead of data */
export const isMarkup = (text: string) => /^\s*</.test(text);

/** @returns whether the service refused the API key. A page with status 403 is from a firewall. */
export const isKeyRefused = ({ status, text }: Pick<ApiResponse, 'status' | 'text'>) =>
	status === 401 || (status === 403 && !isMarkup(text));

export const isWebPage = (response: Pick<ApiResponse, 'headers' | 'text'>) =>
	isMarkup(response.text) || /text\/html/i.test(String(response.headers['content-type'] ?? ''));

/** @returns the service's own words, cut to a readable length; empty if there are none */
export function serviceMessage({ text }: Pick<ApiResponse, 'text'>): string {
	let message: unknown = text;
	try {
		const body = JSON.parse(text) as Record<string, unknown> | null;
		const texts = messageFields.map((field) => body?.[field]);
		const found = texts.find((field) => typeof field === 'string' && field !== '');
		message = found ?? (hasReason(body) ? text : '');
	} catch {
		// Not JSON: quoted verbatim.
	}
	return String(message).trim().slice(0, 300);
}

const isEmptyJson = (value: unknown) =>
	!hasValue(value) || ['{}', '[]'].includes(JSON.stringify(value));

/** @returns whether an error response contains more than facts such as its status */
const hasReason = (body: unknown) =>
	isObject(body)
		? Object.keys(body).some((name) => !factFields.includes(name) && !isEmptyJson(body[name]))
		: !isEmptyJson(body);

/** @returns the service's words without the email, which it may echo */
const wordsWithout = (email: string, { text }: Pick<ApiResponse, 'text'>) =>
	text.replaceAll(email, '');

/** @returns whether the service may have refused the request for its values, and not for the key, path or rate */
const mayRefuse = ({ status }: Pick<ApiResponse, 'status'>) =>
	status >= 400 && !passingStatuses.includes(status);

/**
 * @param response to Add
 * @param email of the participant
 * @returns whether the service seems to have refused because the participant already exists
 */
export const saysAlreadyExists = (response: Pick<ApiResponse, 'status' | 'text'>, email: string) =>
	mayRefuse(response) &&
	(response.status === alreadyExists.status ||
		alreadyExists.wording.test(wordsWithout(email, response)));

/**
 * @param response to Qualify
 * @param email of the participant
 * @returns whether the service refused because nobody referred the participant
 */
export const saysNotReferred = (
	response: Pick<ApiResponse, 'status' | 'headers' | 'text'>,
	email: string,
) => mayRefuse(response) && !isWebPage(response) && notReferred.test(wordsWithout(email, response));

/** @returns whether the service refused a request in a way that is final for this person */
export const isRefusal = (response: ApiResponse) =>
	mayRefuse(response) && response.status < 500 && !isWebPage(response);

/** @returns whether a field has a value; null and an empty text count as none */
export const hasValue = (value: unknown) => value !== undefined && value !== null && value !== '';

export const isObject = (value: unknown): value is IDataObject =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

/** @returns whether a value is a row of this type, and not for example the service's error message */
export const isRow = ({ identityFields }: RowType, value: unknown): value is IDataObject =>
	isObject(value) && identityFields.some((name) => hasValue(value[name]));
