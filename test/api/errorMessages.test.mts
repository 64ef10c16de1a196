import {
	networkMessage,
	statusMessage,
	unreadableMessage,
} from '../../nodes/ReferralRocket/api/errorMessages.ts';
import { endpoints } from '../../nodes/ReferralRocket/api/specification.ts';
import type { ApiResponse } from '../../nodes/ReferralRocket/api/response.ts';

/*
 * Messages as users read them, verbatim if a missing part would leave users without help.
 */

const campaign = 'JCu82f30F1';
const email = 'jo@example.com';
const { getCampaign, getParticipant, getAllParticipants, addParticipant, validateCode } = endpoints;
const getCampaignCall = { endpoint: getCampaign, values: { campaign } };
const getParticipantCall = { endpoint: getParticipant, values: { campaign, email } };
const addCall = { endpoint: addParticipant, values: { campaign, email } };
const response = (status: number, text = '', more: Partial<ApiResponse> = {}): ApiResponse => ({
	status,
	headers: {},
	text,
	redact: (quoted) => quoted,
	...more,
});

const runAgain = 'Run this again in a few minutes.';
const checkParticipant =
	'The request may have taken effect: check the participant in Referral Rocket before you run this again.';
const checkBaseUrl = "Check 'Base URL' in the Referral Rocket credential.";

describe('a message names what the request was about', () => {
	test.each([
		[getCampaignCall, 'campaign "JCu82f30F1"'],
		[getParticipantCall, 'participant "jo@example.com" in campaign "JCu82f30F1"'],
		[
			{ endpoint: getAllParticipants, values: { campaign } },
			'the participants of campaign "JCu82f30F1"',
		],
		[
			{ endpoint: validateCode, values: { campaign, code: 'C1' } },
			'referral code "C1" in campaign "JCu82f30F1"',
		],
	])('$endpoint.path', (call, subject) => {
		expect(statusMessage(call, response(500))).toMatchObject({
			message: `Referral Rocket could not complete the request for ${subject}.`,
			solution: runAgain,
		});
	});
});

describe('a 404 or an empty response refers to', () => {
	const account = ', and that the API key belongs to the same account.';

	test.each([404, 200])('the campaign (%i)', (status) => {
		const message = status === 404 ? statusMessage : unreadableMessage;
		expect(message(getCampaignCall, response(status))).toMatchObject({
			message: 'Referral Rocket could not find campaign "JCu82f30F1".',
			solution: `Check the campaign ID${account}`,
		});
	});

	test.each([404, 200])('the participant, if there is an email (%i)', (status) => {
		const message = status === 404 ? statusMessage : unreadableMessage;
		expect(message(getParticipantCall, response(status))).toMatchObject({
			message:
				'Referral Rocket could not find participant "jo@example.com" in campaign "JCu82f30F1".',
			solution: `Check the campaign ID and the email address${account}`,
		});
	});

	test('the campaign, if a participant is added', () => {
		expect(statusMessage(addCall, response(404))).toMatchObject({
			message: 'Referral Rocket could not find campaign "JCu82f30F1".',
			solution: `Check the campaign ID${account}`,
		});
	});

	test.each([{ referredByCode: 'NOPE' }, { referredByEmail: 'NOPE' }])(
		'the campaign or the referrer, if a participant is added: %j',
		(referrer) => {
			const call = { endpoint: addParticipant, values: { campaign, email, ...referrer } };
			expect(statusMessage(call, response(404))).toMatchObject({
				message: 'Referral Rocket could not find campaign "JCu82f30F1" or referrer "NOPE".',
				solution: `Check the campaign ID and the referrer${account}`,
			});
		},
	);
});

describe('a message quotes the response', () => {
	const messageOf = (text: string, more: Partial<ApiResponse> = {}) =>
		statusMessage(getCampaignCall, response(400, text, more));
	const rejected = 'Referral Rocket did not accept the request for campaign "JCu82f30F1"';

	test.each([
		['its message', '{"message":"No","detail":"x","error":"y"}', `${rejected}: "No".`],
		['its detail', '{"detail":"No","error":"y"}', `${rejected}: "No".`],
		['its error', '{"error":"No"}', `${rejected}: "No".`],
		[
			'its error if the message is not text',
			'{"message":{"a":1},"error":"No"}',
			`${rejected}: "No".`,
		],
		['everything if no field is known', '{"a":1}', `${rejected}: "{"a":1}".`],
		[
			'a sentence',
			'{"message":"The campaign has ended."}',
			`${rejected}: "The campaign has ended."`,
		],
		['trimmed plain text', ' No \n', `${rejected}: "No".`],
		['a text that contains <', '{"message":"1 < 2"}', `${rejected}: "1 < 2".`],
		['no body', ' ', `${rejected}.`],
		['null', 'null', `${rejected}.`],
		['an empty object', '{}', `${rejected}.`],
		['an object of empty values', '{ "message": null, "errors": [] }', `${rejected}.`],
		['facts only', '{"timestamp":"now","status":400,"path":"/x"}', `${rejected}.`],
		[
			'other fields',
			'{"status":400,"errors":["No"]}',
			`${rejected}: "{"status":400,"errors":["No"]}".`,
		],
	])('by %s', (_, text, message) => {
		expect(messageOf(text).message).toBe(message);
	});

	test('up to a readable length', () => {
		expect(messageOf('x'.repeat(400)).message).toBe(`${rejected}: "${'x'.repeat(300)}".`);
	});

	test('with the number of attempts, if there was more than one', () => {
		expect(messageOf('No', { attempts: 1 }).details).toBe('Status 400.');
		expect(messageOf('No', { attempts: 5 }).details).toBe('Status 400. Tried 5 times.');
		expect(messageOf('').details).toBe('Status 400, without a reason.');
	});

	test('but not a web page', () => {
		const headers = { 'content-type': 'Text/HTML; charset=utf-8' };
		expect(statusMessage(getCampaignCall, response(502, 'Bad', { headers }))).toMatchObject({
			message: 'Referral Rocket could not complete the request for campaign "JCu82f30F1".',
			details: 'Status 502, with a web page.',
		});
	});
});

test.each([
	[299, /did not accept/],
	[300, /redirects/],
	[399, /redirects/],
	[400, /did not accept/],
	[499, /did not accept/],
	[500, /could not complete/],
])('status %i is distinguished from its neighbours', (status, message) => {
	expect(statusMessage(getCampaignCall, response(status)).message).toMatch(message);
});

test('a redirect names its target, if there is one', () => {
	const to = (location?: string) =>
		statusMessage(getCampaignCall, response(302, '', { headers: { location } }));
	expect(to('https://a.example/').details).toBe('Status 302, pointing to "https://a.example/".');
	expect(to().details).toBe('Status 302, pointing to "an unspecified address".');
	expect(to().solution).toBe(checkBaseUrl);
});

test('the message of a rate limit says that nothing was changed, unless it was a read', () => {
	const rejected =
		'Too many requests in a short time: Referral Rocket did not accept the request for participant "jo@example.com" in campaign "JCu82f30F1".';
	expect(statusMessage(getParticipantCall, response(429)).message).toBe(rejected);
	expect(statusMessage(addCall, response(429)).message).toBe(`${rejected} Nothing was changed.`);
	expect(statusMessage({ endpoint: getCampaignCall.endpoint, values: {} }, response(429))).toEqual({
		message: 'Too many requests in a short time.',
		solution: 'Wait a minute, then press Retry.',
	});
});

test('a rejected request names what to check, in words that a model understands too', () => {
	const values = { campaign, email, amount: '5' };
	expect(statusMessage({ endpoint: addParticipant, values }, response(400)).solution).toBe(
		'Check the campaign ID, the email address, and the amount.',
	);
});

test('a web page with a 5xx status is a request that could not be completed', () => {
	const { message } = statusMessage(getCampaignCall, response(500, '<html>'));
	expect(message).toMatch(/^Referral Rocket could not complete/);
});

test('a web page may come from a proxy', () => {
	expect(statusMessage(getCampaignCall, response(404, '<html>'))).toEqual({
		message: "The address in 'Base URL' responded with a web page instead of data.",
		solution: checkBaseUrl,
		details:
			'The page came with status 404. A firewall, a proxy or a sign-in page between n8n and Referral Rocket can be the reason.',
	});
});

describe('an unreadable response', () => {
	test.each(['', ' \n', 'null', ' null '])('to a write confirms nothing if it is %j', (text) => {
		expect(unreadableMessage(addCall, response(200, text))).toEqual({
			message:
				'Referral Rocket did not confirm the request for participant "jo@example.com" in campaign "JCu82f30F1".',
			solution: checkParticipant,
			details: 'The response was empty.',
		});
	});

	test('is quoted', () => {
		expect(
			unreadableMessage(getCampaignCall, response(200, '{"status":404,"error":"Gone"}')),
		).toEqual({
			message: 'The response for campaign "JCu82f30F1" could not be read: "Gone".',
			solution: runAgain,
			details: 'Status 200.',
		});
	});
});

describe('no response', () => {
	const message = (code?: string) => networkMessage(getCampaignCall, code);
	const unreachable = [
		'Could not reach Referral Rocket for campaign "JCu82f30F1".',
		`${checkBaseUrl} Check this n8n's internet connection too.`,
	] as const;
	const insecure = [
		'Could not establish a secure connection to Referral Rocket.',
		checkBaseUrl,
	] as const;

	test.each([
		['ECONNREFUSED', ...unreachable],
		['ENOTFOUND', ...unreachable],
		['EAI_AGAIN', ...unreachable],
		['EHOSTUNREACH', ...unreachable],
		['ENETUNREACH', ...unreachable],
		['ERR_INVALID_URL', ...unreachable],
		['DEPTH_ZERO_SELF_SIGNED_CERT', ...insecure],
		['CERT_HAS_EXPIRED', ...insecure],
		['UNABLE_TO_VERIFY_LEAF_SIGNATURE', ...insecure],
		['ERR_TLS_CERT_ALTNAME_INVALID', ...insecure],
		['ERR_SSL_WRONG_VERSION_NUMBER', ...insecure],
		['EPROTO', ...insecure],
		[
			'ETIMEDOUT',
			'Referral Rocket did not respond in time to the request for campaign "JCu82f30F1".',
			runAgain,
		],
		[
			'ECONNRESET',
			'The connection was lost during the request for campaign "JCu82f30F1".',
			runAgain,
		],
	])('because of %s says how to fix it', (code, title, solution) => {
		expect(message(code)).toEqual({
			message: title,
			solution,
			details: `The network reported ${code}.`,
		});
	});

	test.each(['ERR_INVALID_CHAR', 'ERR_INVALID_HTTP_TOKEN'])(
		'because of %s names the fields to enter again',
		(code) => {
			expect(message(code)).toEqual({
				message: 'The API key or the header name contains an invalid character.',
				solution: "Enter 'API Key' and 'Header Name' again in the Referral Rocket credential.",
			});
		},
	);

	test.each([undefined, 'SOMETHING_ELSE'])('for the unknown reason %s has no message', (code) => {
		expect(message(code)).toBeUndefined();
	});
});
