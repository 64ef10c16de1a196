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
import { isList, isReadOnly, rowTypes, type Endpoint, type ParameterValues } from './specification';

/*
 * What users read: what happened, how to solve it, and what the service or the network said.
 */

type Called = Pick<ApiCall, 'endpoint' | 'values'>;

export const checkBaseUrl = "Check 'Base URL' in the Referral Rocket credential.";

const runAgain = (endpoint: Endpoint) =>
	isReadOnly(endpoint)
		? 'Run this again in a few minutes.'
		: 'The request may have taken effect: check the participant in Referral Rocket before you run this again.';

/** A credential is tested without a campaign of the user. */
const isCredentialTest = ({ campaign }: ParameterValues) => campaign === undefined;

/** @returns what a call is about, for example: participant "jo@example.com" in campaign "JCu82f30F1" */
export function subjectOf({ endpoint, values }: Called): string {
	if (isCredentialTest(values)) return 'the credential test';
	const { rowType } = endpoint;
	const { email, code } = values;
	const campaign = `campaign "${values.campaign}"`;
	if (!rowType) return `referral code "${code}" in ${campaign}`;
	if (rowType === rowTypes.campaign) return campaign;
	if (email !== undefined) return `participant "${email}" in ${campaign}`;
	return isList(endpoint) ? `the ${rowType.plural} of ${campaign}` : `the ${rowType.singular}`;
}

function notFoundMessage({ endpoint, values }: Called): ErrorMessage {
	const { email, referredByCode, referredByEmail } = values;
	const { notFound } = endpoint;
	const referrer = referredByCode ?? referredByEmail;
	const orReferrer = referrer === undefined ? '' : ` or referrer "${referrer}"`;
	const missing = subjectOf({
		endpoint: { ...endpoint, rowType: notFound ?? endpoint.rowType },
		values,
	});
	let what = 'the campaign ID';
	if (email !== undefined && !notFound) what += ' and the email address';
	if (orReferrer) what += ' and the referrer';
	return {
		message: `Referral Rocket could not find ${missing}${orReferrer}.`,
		solution: `Check ${what}, and that the API key belongs to the same account.`,
	};
}

function quote(response: ApiResponse): string {
	const { status, attempts = 1 } = response;
	const words = serviceMessage(response);
	let quoted = words ? `: "${words}"` : ' and gave no reason';
	if (isWebPage(response)) quoted = ' and a web page';
	const tried = attempts > 1 ? `Tried ${attempts} times.` : '';
	return join(`Referral Rocket responded with status ${status}${quoted}.`, tried);
}

/**
 * @param call what was called
 * @param response outside 200 to 299
 */
export function statusMessage(call: Called, response: ApiResponse): ErrorMessage {
	const { endpoint } = call;
	const { status, headers } = response;
	const details = quote(response);
	const subject = subjectOf(call);
	if (status >= 300 && status < 400) {
		return {
			message:
				"The address in 'Base URL' redirects to another address, where the API key must not follow.",
			solution: checkBaseUrl,
			details: `Status ${status}, pointing to "${headers.location ?? 'an unnamed address'}".`,
		};
	}
	if (isKeyRefused(response)) {
		return {
			message: 'Referral Rocket refused the API key.',
			solution:
				'Open the Referral Rocket credential: n8n tests it, and the test finds out how to send the key, or says what else to check. Retry tests it again.',
			details,
		};
	}
	if (isWebPage(response) && status < 500) return webPageMessage(response);
	if (status === 404) return { ...notFoundMessage(call), details };
	if (status === 429) {
		return {
			message: `Rate limit reached; nothing was changed for ${subject}.`,
			solution: isCredentialTest(call.values)
				? 'Wait a minute, then press Retry.'
				: 'Wait a minute, then run this again, or send fewer items at once: see Settings → Request Options → Batching.',
			details,
		};
	}
	if (isIncomplete(response)) {
		return {
			message: `Referral Rocket could not complete the request for ${subject} (status ${status}).`,
			solution: join(endpoint.rule, runAgain(endpoint)),
			details,
		};
	}
	return {
		message: `Referral Rocket did not accept the request for ${subject}.`,
		solution: isCredentialTest(call.values)
			? 'Check the fields of this credential.'
			: join(endpoint.rule, 'Check the fields of this node.'),
		details,
	};
}

/** @param response an HTML page where data was expected, as proxies and sign-in pages send it */
export const webPageMessage = ({ status }: ApiResponse): ErrorMessage => ({
	message: "The address in 'Base URL' responded with a web page instead of data.",
	solution: checkBaseUrl,
	details: `The page came with status ${status}. A firewall, a proxy or a sign-in page between n8n and Referral Rocket can be the reason.`,
});

/**
 * @param call what was called
 * @param response of 200 to 299 that isn't what the contract says
 */
export function unreadableMessage(call: Called, response: ApiResponse): ErrorMessage {
	const { endpoint } = call;
	const subject = subjectOf(call);
	if (isWebPage(response)) return webPageMessage(response);
	if (!isEmpty(response)) {
		return {
			message: `The response for ${subject} could not be read.`,
			solution: runAgain(endpoint),
			details: quote(response),
		};
	}
	const details = 'The response was empty.';
	return isReadOnly(endpoint)
		? { ...notFoundMessage(call), details }
		: {
				message: `Referral Rocket did not confirm the request for ${subject}.`,
				solution: runAgain(endpoint),
				details,
			};
}

/**
 * @param call that may have taken effect
 * @param minutes for which nothing more is sent for the participant
 * @param cause why the outcome is unknown; undefined if another execution sent the request
 */
export const unknownOutcomeMessage = (
	call: Called,
	minutes: number,
	cause?: { message: string; description?: string | null },
): ErrorMessage => ({
	message: `It is not known whether ${subjectOf(call)} was ${call.endpoint.effect}.`,
	solution: `Look in Referral Rocket, or run this again in ${minutes} minutes. Until then, nothing more is sent for this participant.`,
	details: join(cause?.message, cause?.description),
});

/**
 * @param call what was called
 * @param code Node's or axios's code of what went wrong, for example ECONNREFUSED
 * @returns undefined for an unknown code
 */
export function networkMessage(
	call: Called & Partial<Pick<ApiCall, 'connection'>>,
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
