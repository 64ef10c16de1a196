import type { ApiCall } from './apiCall';
import { join, type ErrorMessage } from './errors';
import {
	isConnectionLost,
	isInsecure,
	isInvalidHeader,
	isTimeout,
	isUnreachable,
} from './networkErrors';
import {
	isEmpty,
	isIncomplete,
	isKeyRefused,
	isWebPage,
	serviceMessage,
	type ApiResponse,
} from './response';
import {
	isList,
	isReadOnly,
	rowTypes,
	type Endpoint,
	type ParameterName,
	type ParameterValues,
} from './specification';
import { phraseOf } from '../helpers/titles';

/*
 * Messages to the user: what happened, how to fix it, and what the service or the network reported.
 */

type CallSummary = Pick<ApiCall, 'endpoint' | 'values'>;

export const checkBaseUrl = "Check 'Base URL' in the Referral Rocket credential.";

const runAgain = (endpoint: Endpoint) =>
	isReadOnly(endpoint)
		? 'Run this again in a few minutes.'
		: `The request may have taken effect: check the ${endpoint.rowType?.singular} in Referral Rocket before you run this again.`;

/** The credential test has no campaign. */
const isCredentialTest = ({ campaign }: ParameterValues) => campaign === undefined;

/** @returns what a call is about, for example: participant "jo@example.com" in campaign "JCu82f30F1" */
export function subjectOf({ endpoint, values }: CallSummary): string {
	if (isCredentialTest(values)) return 'the credential test';
	const { rowType } = endpoint;
	const campaign = `campaign "${values.campaign}"`;
	if (!rowType) return `referral code "${values.code}" in ${campaign}`;
	if (rowType === rowTypes.campaign) return campaign;
	const name = values[rowType.parameter];
	if (name !== undefined) return `${rowType.singular} "${name}" in ${campaign}`;
	return isList(endpoint) ? `the ${rowType.plural} of ${campaign}` : `the ${rowType.singular}`;
}

/** Names in messages, if they differ from the code's. Page and page size are never named. */
const parameterNames: Partial<Record<ParameterName, string>> = {
	campaign: 'the campaign ID',
	email: 'the email address',
	code: 'the referral code',
	referredByCode: 'the referrer',
	referredByEmail: 'the referrer',
	sort: 'the sort field',
	page: '',
	pageSize: '',
};

/** @returns the parameters of a call as a list, for example: the campaign ID and the email address */
function parametersOf(values: ParameterValues, except?: ParameterName): string {
	const names = (Object.keys(values) as ParameterName[]).filter((name) => name !== except);
	const words = names.map((name) => parameterNames[name] ?? `the ${phraseOf(name)}`);
	return new Intl.ListFormat('en').format(words.filter(Boolean));
}

function notFoundMessage({ endpoint, values }: CallSummary): ErrorMessage {
	const { referredByCode, referredByEmail } = values;
	const { notFound } = endpoint;
	const referrer = referredByCode ?? referredByEmail;
	const orReferrer = referrer === undefined ? '' : ` or referrer "${referrer}"`;
	const missing = subjectOf({
		endpoint: { ...endpoint, rowType: notFound ?? endpoint.rowType },
		values,
	});
	const what = parametersOf(values, notFound && 'email');
	return {
		message: `Referral Rocket could not find ${missing}${orReferrer}.`,
		solution: `Check ${what}, and that the API key belongs to the same account.`,
	};
}

/** @returns the title with the service's reason, if there is one */
function withReason(title: string, response: ApiResponse): string {
	const reason = isWebPage(response) ? '' : serviceMessage(response);
	return reason ? `${title}: "${reason}"${/[.!?]$/.test(reason) ? '' : '.'}` : `${title}.`;
}

/** @returns the status, with the reason unless the title already quotes it */
export function describeStatus(response: ApiResponse, isQuoted: boolean): string {
	const { status, attempts = 1 } = response;
	let title = `Status ${status}`;
	if (isWebPage(response)) title += ', with a web page';
	else if (!serviceMessage(response)) title += ', without a reason';
	const tried = attempts > 1 ? `Tried ${attempts} times.` : '';
	return join(isQuoted ? `${title}.` : withReason(title, response), tried);
}

/**
 * @param call the response belongs to
 * @param response with a status outside 200 to 299
 */
export function statusMessage(call: CallSummary, response: ApiResponse): ErrorMessage {
	const { endpoint, values } = call;
	const { status, headers } = response;
	const details = describeStatus(response, true);
	const subject = subjectOf(call);
	if (status >= 300 && status < 400) {
		return {
			message:
				"The address in 'Base URL' redirects to another address, so the API key was not sent on.",
			solution: checkBaseUrl,
			details: `Status ${status}, pointing to "${headers.location ?? 'an unspecified address'}".`,
		};
	}
	if (isKeyRefused(response)) {
		return {
			message: withReason('Referral Rocket refused the API key', response),
			solution:
				'Open the Referral Rocket credential and press Retry: the test says what to change.',
			details,
		};
	}
	if (isWebPage(response) && status < 500) return webPageMessage(response);
	if (status === 404) {
		return { ...notFoundMessage(call), details: describeStatus(response, false) };
	}
	if (status === 429) {
		const title = 'Too many requests in a short time';
		if (isCredentialTest(values)) {
			return { message: `${title}.`, solution: 'Wait a minute, then press Retry.' };
		}
		const effect = isReadOnly(endpoint) ? '' : ' Nothing was changed.';
		return {
			message: `${title}: Referral Rocket did not accept the request for ${subject}.${effect}`,
			solution:
				'Wait a minute, then run this again, or send fewer items at once: see Settings → Request Options → Batching.',
			details: describeStatus(response, false),
		};
	}
	if (isIncomplete(response)) {
		return {
			message: withReason(
				`Referral Rocket could not complete the request for ${subject}`,
				response,
			),
			solution: join(endpoint.rule, runAgain(endpoint)),
			details,
		};
	}
	const parameters = parametersOf(values);
	const check = serviceMessage(response)
		? `If that doesn't say what to change, check ${parameters}.`
		: `Check ${parameters}.`;
	return {
		message: withReason(`Referral Rocket did not accept the request for ${subject}`, response),
		solution: isCredentialTest(values)
			? 'Check the fields of this credential.'
			: join(endpoint.rule, check),
		details,
	};
}

/** @param response an HTML page instead of data, as proxies and sign-in pages send it */
export const webPageMessage = ({ status }: ApiResponse): ErrorMessage => ({
	message: "The address in 'Base URL' responded with a web page instead of data.",
	solution: checkBaseUrl,
	details: `The page came with status ${status}. A firewall, a proxy or a sign-in page between n8n and Referral Rocket can be the reason.`,
});

/**
 * @param call the response belongs to
 * @param response with a status from 200 to 299 that doesn't match the API's contract
 */
export function unreadableMessage(call: CallSummary, response: ApiResponse): ErrorMessage {
	const { endpoint } = call;
	const subject = subjectOf(call);
	if (isWebPage(response)) return webPageMessage(response);
	if (!isEmpty(response)) {
		return {
			message: withReason(`The response for ${subject} could not be read`, response),
			solution: runAgain(endpoint),
			details: describeStatus(response, true),
		};
	}
	return isReadOnly(endpoint)
		? notFoundMessage(call)
		: {
				message: `Referral Rocket did not confirm the request for ${subject}.`,
				solution: runAgain(endpoint),
				details: 'The response was empty.',
			};
}

/**
 * @param call that may have taken effect
 * @param minutes for which nothing more is sent for the participant
 * @param cause why the outcome is unknown; undefined if another execution sent the request
 */
export const unknownOutcomeMessage = (
	call: CallSummary,
	minutes: number,
	cause?: { message: string; description?: string | null },
): ErrorMessage => ({
	message: `It is not known whether ${subjectOf(call)} was ${call.endpoint.effect}.`,
	solution: `Look in Referral Rocket, or run this again in ${minutes} minutes. Until then, nothing more is sent for this participant.`,
	details: join(cause?.message, cause?.description),
});

/**
 * @param call that failed
 * @param code Node's or axios's code, for example ECONNREFUSED
 * @returns undefined for an unknown code
 */
export function networkMessage(
	call: CallSummary & Partial<Pick<ApiCall, 'connection'>>,
	code: string | undefined,
): ErrorMessage | undefined {
	if (code === undefined) return undefined;
	const subject = subjectOf(call);
	const details = `The network reported ${code}.`;
	const { proxy } = call.connection ?? {};
	if (isUnreachable(code) && proxy) {
		return {
			message: `Could not reach the proxy ${proxy.host}:${proxy.port} for ${subject}.`,
			solution: "Check 'Proxy' in 'Request Options'.",
			details,
		};
	}
	if (isUnreachable(code)) {
		return {
			message: `Could not reach Referral Rocket for ${subject}.`,
			solution: `${checkBaseUrl} Check this n8n's internet connection too.`,
			details,
		};
	}
	if (isInsecure(code)) {
		return {
			message: 'Could not establish a secure connection to Referral Rocket.',
			solution: checkBaseUrl,
			details,
		};
	}
	if (isTimeout(code)) {
		return {
			message: `Referral Rocket did not respond in time to the request for ${subject}.`,
			solution: runAgain(call.endpoint),
			details,
		};
	}
	if (isConnectionLost(code)) {
		return {
			message: `The connection was lost during the request for ${subject}.`,
			solution: runAgain(call.endpoint),
			details,
		};
	}
	if (isInvalidHeader(code)) {
		return {
			message: 'The API key or the header name contains an invalid character.',
			solution: "Enter 'API Key' and 'Header Name' again in the Referral Rocket credential.",
		};
	}
	return undefined;
}
