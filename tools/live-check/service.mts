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
 * Questions to the service as the node asks them, but once each: its responses are inspected.
 */

export interface Account {
	apiKey: string;
	/** The campaign's ID. */
	campaign: string;
	/** Without a slash at its end. */
	baseUrl: string;
	/** A header to try for the bare key, before the usual ones. */
	header?: string;
	/** Milliseconds until a question is given up. */
	timeout?: number;
}

export interface Answer extends Pick<ApiResponse, 'status' | 'headers' | 'text'> {
	/** The JSON in it; the text where it is none; undefined where it is empty. */
	body: unknown;
}

/** Nothing could be seen; the message says why, for the table. */
export class NotSeen extends Error {}

/** What may be asked: an endpoint of the node, or one with parameters that the node does not have. */
export interface Question extends Pick<Endpoint, 'method' | 'path'> {
	parameters: Record<string, string | undefined>;
}

/** The usual ways to send the key, as bareHeader of a service. */
export const usualHeaders = usualAuthentications.map(({ authentication, headerName }) =>
	authentication === 'bearer' ? undefined : headerName,
);

/** A service that has taken the key. */
export interface Service {
	campaign: string;
	/** The header with the bare key; undefined where the key is taken as a bearer token. */
	bareHeader: string | undefined;
	/**
	 * @param endpoint what is asked; a path that leads elsewhere is not followed
	 * @param values what is sent, under our names
	 * @param key another key than the account's
	 * @throws NotSeen when no answer comes, or one that is about the moment only
	 */
	ask(endpoint: Question, values: Record<string, string | number>, key?: string): Promise<Answer>;
	/** @returns a way to ask with the key in a header: bare in the given one, else as a bearer token */
	askIn(bareHeader: string | undefined): Service['ask'];
}

/** @returns a way to ask with the key in a header: bare in the given one, else as a bearer token */
function asking(account: Account, bareHeader: string | undefined): Service['ask'] {
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
			// The key must not go elsewhere.
			maxRedirects: 0,
			signal: AbortSignal.timeout(timeout),
		});
		const { status, headers, data } = await request.catch(({ code }: { code?: string }) => {
			throw new NotSeen(isTimeout(code) ? 'No answer came in time.' : `No answer came (${code}).`);
		});
		if ([429, 502, 503, 504].includes(status)) {
			throw new NotSeen(`The service has no time now (status ${status}).`);
		}
		// Hidden here, the key is in nothing that is made of the answer.
		const text = withoutKey(data, apiKey);
		return { status, headers, text, body: bodyIn(text) };
	};
}

/**
 * Looks how the service takes the key: as a bearer token, or bare in a header.
 * @throws UserError when it does not give the campaign either way
 */
export async function connect(account: Account): Promise<Service> {
	const { campaign, baseUrl, header } = account;
	const outcomes: string[] = [];
	let first: Answer | undefined;
	const askIn = (bareHeader: string | undefined) => asking(account, bareHeader);
	for (const bareHeader of new Set([undefined, header, ...usualHeaders])) {
		const ask = askIn(bareHeader);
		const answer = await ask(endpoints.getCampaign, { campaign }).catch((reason: Error) => {
			throw new UserError(
				`${baseUrl} can't be asked. ${reason.message} Check your internet connection and --base-url, or try it again in a few minutes.`,
			);
		});
		if (isFine(answer) && isObject(answer.body)) {
			return { campaign, bareHeader, ask, askIn };
		}
		first ??= answer;
		outcomes.push(`  ${wayOf(bareHeader)}: ${described(answer)}`);
	}
	throw new UserError(`${baseUrl} did not give campaign "${campaign}". ${remedy(first)}
What it answered to the key:
${outcomes.join('\n')}`);
}

export const wayOf = (bareHeader: string | undefined) =>
	bareHeader === undefined ? 'as a bearer token' : `bare in ${bareHeader}`;

function remedy(answer: Answer | undefined): string {
	const { status = 0, body } = answer ?? {};
	if (status === 401 || status === 403) {
		return 'Check the key, and that your plan includes the API. If Referral Rocket names a header for the key, give it with --header.';
	}
	if ((status >= 300 && status < 400) || isPage(body)) return 'Check --base-url.';
	if (status >= 500) return 'Try it again in a few minutes.';
	return 'Check the campaign ID, and that the key belongs to the same account.';
}

function bodyIn(text: string): unknown {
	if (text.trim() === '') return undefined;
	try {
		return JSON.parse(text) as unknown;
	} catch {
		return text;
	}
}

const isPage = (body: unknown) => typeof body === 'string' && isMarkup(body);

export const isFine = ({ status }: Answer) => status >= 200 && status <= 299;

/** @returns the work, done when it is first asked for and never again */
export function once<Result>(work: () => Promise<Result>): () => Promise<Result> {
	let result: Promise<Result> | undefined;
	return () => (result ??= work());
}

/** @returns status and words of an answer that says no to something about nobody but ourselves */
export function said(answer: Answer): string {
	const { status, body } = answer;
	const hasWords = isObject(body)
		? messageFields.some((field) => typeof body[field] === 'string')
		: typeof body === 'string' && !isMarkup(body);
	return hasWords ? `status ${status}, "${serviceMessage(answer)}"` : described(answer);
}

/** @returns status and kind of an answer, without a value of it: those may be people's addresses */
export const described = ({ status, body }: Answer) => `status ${status}, ${kindOf(body)}`;

/** @returns what a body is: the names of its fields, not what is in them */
export function kindOf(body: unknown): string {
	if (body === undefined) return 'nothing';
	if (Array.isArray(body)) return body.length === 0 ? 'an empty array' : 'an array';
	if (isObject(body)) return `{${namesIn([body]).join(', ')}}`;
	if (typeof body === 'string') return isMarkup(body) ? 'a web page' : 'text';
	return String(body);
}

/** @returns the names of the objects' fields, without those that may be data, as people's addresses */
export function namesIn(objects: IDataObject[]): string[] {
	const names = new Set(objects.flatMap((object) => Object.keys(object)));
	return [...names].filter((name) => /^[a-z]\w*$/i.test(name));
}
