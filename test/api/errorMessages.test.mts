import {
	noAnswer,
	refusedStatus,
	unusableAnswer,
	type Answer,
} from '../../nodes/ReferralRocket/api/errorMessages.ts';
import { endpoints } from '../../nodes/ReferralRocket/api/specification.ts';

/*
 * Messages as people read them, word for word where a missing part would leave them without help.
 */

const campaign = 'JCu82f30F1';
const email = 'jo@example.com';
const { getCampaign, getParticipant, getAllParticipants, addParticipant, validateCode } = endpoints;
const answer = (status: number, text = '', more: Partial<Answer> = {}): Answer => ({
	status,
	headers: {},
	text,
	...more,
});
const again = 'Run this again in a few minutes.';
const lookUp =
	'The request may have taken effect: look the participant up in Referral Rocket before you run this again.';
const checkBaseUrl = 'Check Base URL in the Referral Rocket credential.';

describe('a message names what the request was about', () => {
	test.each([
		[getCampaign, { campaign }, 'campaign "JCu82f30F1"'],
		[getParticipant, { campaign, email }, 'participant "jo@example.com" in campaign "JCu82f30F1"'],
		[getAllParticipants, { campaign }, 'the participants of campaign "JCu82f30F1"'],
		[validateCode, { campaign, code: 'C1' }, 'referral code "C1" in campaign "JCu82f30F1"'],
	])('%#: $path', (endpoint, values, about) => {
		expect(refusedStatus(endpoint, values, answer(500)).message).toBe(
			`Referral Rocket could not answer for ${about} (status 500). ${again}`,
		);
	});
});

describe('what to check when the service knows nothing', () => {
	const endOf = (message: string | undefined) => message?.slice(message.indexOf('Check'));
	const account = ', and that the API key belongs to the same account.';

	test('is the campaign ID', () => {
		const { message } = refusedStatus(getCampaign, { campaign }, answer(404));
		expect(endOf(message)).toBe(`Check the campaign ID${account}`);
		expect(unusableAnswer(getCampaign, { campaign }, answer(200)).message).toBe(
			'Referral Rocket has nothing for campaign "JCu82f30F1". Check the campaign ID.',
		);
	});

	test('is the email address as well, where there is one', () => {
		const { message } = refusedStatus(getParticipant, { campaign, email }, answer(404));
		expect(endOf(message)).toBe(`Check the campaign ID and the email address${account}`);
		expect(message).not.toContain('referrer');
		expect(endOf(unusableAnswer(getParticipant, { campaign, email }, answer(200)).message)).toBe(
			'Check the campaign ID and the email address.',
		);
	});
});

describe('a message quotes the service', () => {
	const described = (text: string, more: Partial<Answer> = {}) =>
		refusedStatus(getCampaign, { campaign }, answer(400, text, more)).description;
	const said = 'Referral Rocket answered with status 400';

	test.each([
		['its message', '{"message":"No","detail":"x","error":"y"}', `${said}: "No".`],
		['its detail', '{"detail":"No","error":"y"}', `${said}: "No".`],
		['its kind', '{"error":"No"}', `${said}: "No".`],
		['all of it where nothing is named', '{"a":1}', `${said}: "{"a":1}".`],
		['null', 'null', `${said}: "null".`],
		['plain text without the space around it', ' No \n', `${said}: "No".`],
		['words that hold a <', '{"message":"1 < 2"}', `${said}: "1 < 2".`],
		['nothing', ' ', `${said} and gave no reason.`],
		['a web page', '\n <html>No</html>', `The page came with status 400.`],
	])('by %s', (_, text, says) => {
		expect(described(text)).toContain(says);
	});

	test('at a length that can be read', () => {
		expect(described('x'.repeat(400))).toBe(`${said}: "${'x'.repeat(300)}".`);
	});

	test('and says how often it was asked, when that was more than once', () => {
		expect(described('No', { tries: 1 })).toBe(`${said}: "No".`);
		expect(described('No', { tries: 5 })).toBe(`${said}: "No". It was asked 5 times.`);
	});

	test('but no web page', () => {
		const html = { 'content-type': 'Text/HTML; charset=utf-8' };
		const { description } = refusedStatus(
			getCampaign,
			{ campaign },
			answer(502, 'Bad', { headers: html }),
		);
		expect(description).toBe('Referral Rocket answered with status 502 and a web page.');
	});
});

test.each([
	[299, /did not accept/],
	[300, /sends requests on/],
	[399, /sends requests on/],
	[400, /did not accept/],
	[499, /did not accept/],
	[500, /could not answer/],
])('status %i is told from those beside it', (status, says) => {
	expect(refusedStatus(getCampaign, { campaign }, answer(status)).message).toMatch(says);
});

test('a redirect says where it points, or that it does not', () => {
	const to = (location?: string) =>
		refusedStatus(getCampaign, { campaign }, answer(302, '', { headers: { location } }));
	expect(to('https://a.example/').description).toBe(
		'Status 302, pointing to "https://a.example/".',
	);
	expect(to().description).toBe('Status 302, pointing to "an unnamed address".');
	expect(to().message).toContain(checkBaseUrl);
});

test('a web page with a status from 500 on is a service that could not answer', () => {
	const { message } = refusedStatus(getCampaign, { campaign }, answer(500, '<html>'));
	expect(message).toMatch(/^Referral Rocket could not answer/);
});

test('a web page names the proxy that may have sent it', () => {
	expect(refusedStatus(getCampaign, { campaign }, answer(404, '<html>'))).toEqual({
		message: `The address in the credential answered with a web page where data was expected. ${checkBaseUrl}`,
		description:
			'The page came with status 404. A proxy or a sign-in page between n8n and Referral Rocket can be the reason.',
	});
});

describe('an answer of no use', () => {
	test.each(['', ' \n', 'null', ' null '])('is called empty when it is %j', (text) => {
		const { message, description } = unusableAnswer(
			addParticipant,
			{ campaign, email },
			answer(200, text),
		);
		expect(message).toBe(
			`Referral Rocket confirmed nothing for participant "jo@example.com" in campaign "JCu82f30F1". ${lookUp}`,
		);
		expect(description).toBe('The answer was empty.');
		expect(unusableAnswer(getCampaign, { campaign }, answer(200, text)).description).toBe(
			'The answer was empty.',
		);
	});

	test('is shown by its first 100 characters', () => {
		const { message, description } = unusableAnswer(
			getCampaign,
			{ campaign },
			answer(200, ` ${'x'.repeat(200)}`),
		);
		expect(message).toBe(`The answer for campaign "JCu82f30F1" could not be read. ${again}`);
		expect(description).toBe(`It starts with: ${'x'.repeat(100)}`);
	});
});

describe('no answer', () => {
	const refusal = (code?: string) => noAnswer(getCampaign, { campaign }, code);

	test.each([
		...[
			'ECONNREFUSED',
			'ENOTFOUND',
			'EAI_AGAIN',
			'EHOSTUNREACH',
			'ENETUNREACH',
			'ERR_INVALID_URL',
		].map((code): [string, string] => [
			code,
			`Referral Rocket can't be reached to ask for campaign "${campaign}". ${checkBaseUrl} Check this n8n's internet connection too.`,
		]),
		...[
			'DEPTH_ZERO_SELF_SIGNED_CERT',
			'CERT_HAS_EXPIRED',
			'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
			'ERR_TLS_CERT_ALTNAME_INVALID',
			'ERR_SSL_WRONG_VERSION_NUMBER',
			'EPROTO',
		].map((code): [string, string] => [
			code,
			`No secure connection to Referral Rocket could be made. ${checkBaseUrl}`,
		]),
		['ETIMEDOUT', `Referral Rocket did not answer in time for campaign "${campaign}". ${again}`],
		[
			'ECONNRESET',
			`The connection to Referral Rocket was cut while asking for campaign "${campaign}". ${again}`,
		],
	])('because of %s says what to do', (code, message) => {
		expect(refusal(code)).toEqual({ message, description: `The network reported ${code}.` });
	});

	test.each(['ERR_INVALID_CHAR', 'ERR_INVALID_HTTP_TOKEN'])(
		'because of %s says which fields to enter again',
		(code) => {
			expect(refusal(code)).toEqual({
				message:
					"The API key or the header name holds a character that can't be sent. Enter them again in the Referral Rocket credential.",
			});
		},
	);

	test.each([undefined, 'SOMETHING_ELSE'])('for the unknown reason %s has no words', (code) => {
		expect(refusal(code)).toBeUndefined();
	});
});
