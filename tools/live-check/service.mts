import axios from 'axios';
import type { IDataObject } from 'n8n-workflow';
import { keyHeader, withoutKey } from '../../nodes/ReferralRocket/api/authentication.ts';
import { isTimeout } from '../../nodes/ReferralRocket/api/networkErrors.ts';
import {
	isMarkup,
	isObject,
	serviceMessage,
	type ApiResponse,
} from '../../nodes/ReferralRocket/api/response.ts';
import {
	endpoints,
	type Endpoint,
	messageFields,
	usualAuthentications,
} from '../../nodes/ReferralRocket/api/specification.ts';
import { UserError } from '../command-line/progress.mts';

/*
 * Sends the requests that the node sends, without retries, so that the responses can be inspected.
 */

export interface Account {
	apiKey: string;
	/** The campaign's ID. */
	campaign: string;
	/** Without a trailing slash. */
	baseUrl: string;
	/** A header to try with the bare key before the usual ones. */
	header?: string;
	/** Timeout of a request in milliseconds. */
	timeout?: number;
}

export interface Response extends Pick<ApiResponse, 'status' | 'headers' | 'text'> {
	/** The parsed JSON; the text if it is not JSON; undefined if it is empty. */
	body: unknown;
}

/** Nothing could be observed; the message says why. */
export class Unclear extends Error {}

/** An endpoint of the node, possibly with parameters that the node does not have. */
export interface Target extends Pick<Endpoint, 'method' | 'path'> {
	parameters: Record<string, string | undefined>;
}

/** Values of `bareHeader` for the usual ways to send the key. */
export const usualHeaders = usualAuthentications.map(({ authentication, headerName }) =>
	authentication === 'bearer' ? undefined : headerName,
);

/** A service that has accepted the key. */
export interface Service {
	campaign: string;
	/** The header with the bare key; undefined if the key is accepted as a bearer token. */
	bareHeader: string | undefined;
	/**
	 * Sends a request. Redirects are not followed.
	 * @param values parameter values, under the names the node uses
	 * @param key a key other than the account's
	 * @throws Unclear if there is no response, or one that says only that the service is unavailable
	 */
	send(endpoint: Target, values: Record<string, string | number>, key?: string): Promise<Response>;
	/** @returns a `send` with the key bare in this header, or as a bearer token if undefined */
	sendWith(bareHeader: string | undefined): Service['send'];
}

/** @returns a `send` with the key bare in this header, or as a bearer token if undefined */
function createSend(account: Account, bareHeader: string | undefined): Service['send'] {
	const { apiKey, baseUrl, timeout = 30_000 } = account;
	const authentication = bareHeader === undefined ? 'bearer' : 'header';
	return async (endpoint, values, key = apiKey) => {
		const sent = Object.entries(values).map(([name, value]) => [endpoint.parameters[name], value]);
		const request = axios.request<string>({
			method: endpoint.method,
			url: baseUrl + endpoint.path,
			[endpoint.method === 'GET' ? 'params' : 'data']: Object.fromEntries(sent),
			headers: {
				Accept: 'application/json',
				...keyHeader({ apiKey: key, authentication, headerName: bareHeader ?? '' }),
			},
			transformResponse: (text: string) => text,
			validateStatus: () => true,
			// The key must not be sent to another host.
			maxRedirects: 0,
			signal: AbortSignal.timeout(timeout),
		});
		const { status, headers, data } = await request.catch(({ code }: { code?: string }) => {
			throw new Unclear(isTimeout(code) ? 'The request timed out.' : `No response (${code}).`);
		});
		if ([429, 502, 503, 504].includes(status)) {
			throw new Unclear(`The service is busy or unavailable (status ${status}).`);
		}
		// Redacted here, so that the key is in nothing derived from the response.
		const text = withoutKey(data, apiKey);
		return { status, headers, text, body: parseBody(text) };
	};
}

/**
 * Finds out how the service accepts the key: as a bearer token, or bare in a header.
 * @throws UserError if no way returns the campaign
 */
export async function connect(account: Account): Promise<Service> {
	const { campaign, baseUrl, header } = account;
	const outcomes: string[] = [];
	let first: Response | undefined;
	const sendWith = (bareHeader: string | undefined) => createSend(account, bareHeader);
	for (const bareHeader of new Set([undefined, header, ...usualHeaders])) {
		const send = sendWith(bareHeader);
		const response = await send(endpoints.getCampaign, { campaign }).catch((reason: Error) => {
			throw new UserError(
				`${baseUrl} can't be reached. ${reason.message} Check your internet connection and --base-url, or try again in a few minutes.`,
			);
		});
		if (isSuccess(response) && isObject(response.body)) {
			return { campaign, bareHeader, send, sendWith };
		}
		first ??= response;
		outcomes.push(`  ${describeAuthentication(bareHeader)}: ${describe(response)}`);
	}
	throw new UserError(`${baseUrl} did not return campaign "${campaign}". ${advice(first)}
Its responses to the key:
${outcomes.join('\n')}`);
}

export const describeAuthentication = (bareHeader: string | undefined) =>
	bareHeader === undefined ? 'as a bearer token' : `bare in ${bareHeader}`;

function advice(response: Response | undefined): string {
	const { status = 0, body } = response ?? {};
	if (status === 401 || status === 403) {
		return 'Check the key, and that your plan includes the API. If Referral Rocket specifies a header for the key, pass it with --header.';
	}
	if ((status >= 300 && status < 400) || isPage(body)) return 'Check --base-url.';
	if (status >= 500) return 'Try again in a few minutes.';
	return 'Check the campaign ID, and that the key belongs to the same account.';
}

function parseBody(text: string): unknown {
	if (text.trim() === '') return undefined;
	try {
		return JSON.parse(text) as unknown;
	} catch {
		return text;
	}
}

const isPage = (body: unknown) => typeof body === 'string' && isMarkup(body);

export const isSuccess = ({ status }: Response) => status >= 200 && status <= 299;

/** @returns a function that does the work on the first call and returns the same result afterwards */
export function once<Result>(work: () => Promise<Result>): () => Promise<Result> {
	let result: Promise<Result> | undefined;
	return () => (result ??= work());
}

/**
 * Use it only for responses about our own participants, because it quotes the service.
 * @returns the status and message of a response
 */
export function quote(response: Response): string {
	const { status, body } = response;
	const hasMessage = isObject(body)
		? messageFields.some((field) => typeof body[field] === 'string')
		: typeof body === 'string' && !isMarkup(body);
	return hasMessage ? `status ${status}, "${serviceMessage(response)}"` : describe(response);
}

/** @returns the status and kind of a response, but no values, which may be people's addresses */
export const describe = ({ status, body }: Response) => `status ${status}, ${describeBody(body)}`;

/** @returns what a body consists of: the names of its fields, but not their values */
export function describeBody(body: unknown): string {
	if (body === undefined) return 'empty body';
	if (Array.isArray(body)) return body.length === 0 ? 'an empty array' : 'an array';
	if (isObject(body)) return `{${fieldNames([body]).join(', ')}}`;
	if (typeof body === 'string') return isMarkup(body) ? 'a web page' : 'text';
	return String(body);
}

/** @returns the names of the objects' fields, except those that may be data, such as people's addresses */
export function fieldNames(objects: IDataObject[]): string[] {
	const names = new Set(objects.flatMap((object) => Object.keys(object)));
	return [...names].filter((name) => /^[a-z]\w*$/i.test(name));
}
