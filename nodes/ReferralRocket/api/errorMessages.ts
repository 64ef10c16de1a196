import type { Values } from '../parameters/validate';
import { isCutOff, isTimeout } from './retry';
import type { Endpoint } from './specification';
import { alreadyThere, wordFields } from './specification';

/** What a builder reads when something did not work: what happened and how to mend it. */
export interface Refusal {
	message: string;
	/** What the service or the network said, for those who want to know more. */
	description?: string;
}

export interface Answer {
	status: number;
	headers: Record<string, unknown>;
	text: string;
	/** How many times the request was sent. */
	tries?: number;
}

const checkKey =
	'Check the API key and the Authentication setting in the Referral Rocket credential, and that your Referral Rocket plan includes the API.';
const checkBaseUrl = 'Check Base URL in the Referral Rocket credential.';

/** Only a request that changes something may have done so without our hearing of it. */
const mayHaveHappened = (endpoint: Endpoint) =>
	endpoint.method === 'POST'
		? ' The request may have taken effect: look the participant up in Referral Rocket before you run this again.'
		: ' Run this again in a few minutes.';

/** @returns whether a body is a page and no data */
export const isMarkup = (text: string) => /^\s*</.test(text);

const isWebPage = (answer: Answer) =>
	isMarkup(answer.text) || /text\/html/i.test(String(answer.headers['content-type'] ?? ''));

/** Names what the request was about, for example: participant "jo@example.com" in campaign "JCu82f30F1". */
function named({ subject }: Endpoint, { campaign, email, code }: Values): string {
	const where = `campaign "${campaign}"`;
	if (subject === 'campaign') return where;
	if (subject === 'referralCode') return `referral code "${code}" in ${where}`;
	if (email === undefined) return `the participants of ${where}`;
	return `participant "${email}" in ${where}`;
}

/** @returns the service's own words, short enough to read */
export function wordsOf({ text }: Answer): string {
	let words: unknown = text;
	try {
		const body = JSON.parse(text) as Record<string, unknown> | null;
		words = wordFields.map((field) => body?.[field]).find((field) => field != null) ?? text;
	} catch {
		// Plain text is as good: it is quoted as it came.
	}
	return String(words).trim().slice(0, 300);
}

/**
 * @param answer the answer to an addition
 * @param email who was to be added
 * @returns whether the service seems to have refused because the participant is there already
 */
export function isAlreadyThere({ status, text }: Answer, email: string): boolean {
	if (status < 400 || [401, 403, 404, 429].includes(status)) return false;
	// The service may repeat what it was sent.
	return status === alreadyThere.status || alreadyThere.wording.test(text.replaceAll(email, ''));
}

/** @returns whether an answer says that what was asked for is not there */
export const isNothing = ({ status, text }: Answer) =>
	status === 404 || ['', 'null'].includes(text.trim());

function quoted(answer: Answer): string {
	const words = isWebPage(answer) ? '' : wordsOf(answer);
	const what = isWebPage(answer)
		? ' and a web page'
		: words
			? `: "${words}"`
			: ' and gave no reason';
	const tries = (answer.tries ?? 1) > 1 ? ` It was asked ${answer.tries} times.` : '';
	return `Referral Rocket answered with status ${answer.status}${what}.${tries}`;
}

/**
 * @param endpoint what was asked
 * @param values what was sent
 * @param answer an answer outside 200 to 299
 * @returns the message for it, with the service's own words as description
 */
export function refusedStatus(endpoint: Endpoint, values: Values, answer: Answer): Refusal {
	const { status } = answer;
	const description = quoted(answer);
	const about = named(endpoint, values);
	const rule = endpoint.rule ? ` ${endpoint.rule}` : '';
	if (status >= 300 && status < 400) {
		return {
			message: `The address in the credential sends requests on to another address, where the API key must not follow. ${checkBaseUrl}`,
			description: `Status ${status}, pointing to "${String(answer.headers.location ?? 'an unnamed address')}".`,
		};
	}
	if (status === 401 || status === 403) {
		return { message: `Referral Rocket refused the API key. ${checkKey}`, description };
	}
	if (isWebPage(answer) && status < 500) return webPage(answer);
	if (status === 404) {
		const also = values.referredByCode ?? values.referredByEmail;
		const referrer = also === undefined ? '' : ` or the referrer "${also}"`;
		return {
			message: `Referral Rocket does not know ${about}${referrer}. Check the campaign ID${values.email === undefined ? '' : ' and the email address'}, and that the API key belongs to the same account.`,
			description,
		};
	}
	if (status === 429) {
		return {
			message: `Referral Rocket takes no more requests for now and did nothing for ${about}. Wait a minute, then run this again, or send fewer items at once.`,
			description,
		};
	}
	if (status >= 500) {
		return {
			message: `Referral Rocket could not answer for ${about} (status ${status}).${rule}${mayHaveHappened(endpoint)}`,
			description,
		};
	}
	return {
		message: `Referral Rocket did not accept the request for ${about}.${rule} Check the fields of this node.`,
		description,
	};
}

/**
 * @param answer an HTML page where data was expected, as proxies and sign-in pages send it
 * @returns the message for it
 */
export function webPage(answer: Answer): Refusal {
	return {
		message: `The address in the credential answered with a web page where data was expected. ${checkBaseUrl}`,
		description: `The page came with status ${answer.status}. A proxy or a sign-in page between n8n and Referral Rocket can be the reason.`,
	};
}

/**
 * @param endpoint what was asked
 * @param values what was sent
 * @param answer an answer of 200 to 299 that isn't what the contract says
 * @returns the message for it
 */
export function unusableAnswer(endpoint: Endpoint, values: Values, answer: Answer): Refusal {
	const about = named(endpoint, values);
	if (isWebPage(answer)) return webPage(answer);
	if (isNothing(answer)) {
		return endpoint.method === 'GET'
			? {
					message: `Referral Rocket has nothing for ${about}. Check the campaign ID${values.email === undefined ? '' : ' and the email address'}.`,
					description: 'The answer was empty.',
				}
			: {
					message: `Referral Rocket confirmed nothing for ${about}.${mayHaveHappened(endpoint)}`,
					description: 'The answer was empty.',
				};
	}
	return {
		message: `The answer for ${about} could not be read.${mayHaveHappened(endpoint)}`,
		description: `It starts with: ${answer.text.trim().slice(0, 100)}`,
	};
}

/**
 * @param endpoint what was asked
 * @param values what was sent
 * @param code Node's or axios's code of what went wrong, for example ECONNREFUSED
 * @returns the message for a request that got no answer, or undefined for an unknown code
 */
export function noAnswer(
	endpoint: Endpoint,
	values: Values,
	code: string | undefined,
): Refusal | undefined {
	const about = named(endpoint, values);
	if (code === undefined) return undefined;
	const description = `The network reported ${code}.`;
	if (/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ERR_INVALID_URL)$/.test(code)) {
		return {
			message: `Referral Rocket can't be reached to ask for ${about}. ${checkBaseUrl} Check this n8n's internet connection too.`,
			description,
		};
	}
	if (/CERT|VERIFY|SSL|TLS|ALTNAME|EPROTO/.test(code)) {
		return {
			message: `No secure connection to Referral Rocket could be made. ${checkBaseUrl}`,
			description,
		};
	}
	if (isTimeout(code)) {
		return {
			message: `Referral Rocket did not answer in time for ${about}.${mayHaveHappened(endpoint)}`,
			description,
		};
	}
	if (isCutOff(code)) {
		return {
			message: `The connection to Referral Rocket was cut while asking for ${about}.${mayHaveHappened(endpoint)}`,
			description,
		};
	}
	if (/^ERR_INVALID_(CHAR|HTTP_TOKEN)$/.test(code)) {
		return {
			message:
				"The API key or the header name holds a character that can't be sent. Enter them again in the Referral Rocket credential.",
		};
	}
	return undefined;
}
