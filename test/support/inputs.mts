import type { INodeParameters, INodeParameterResourceLocator } from 'n8n-workflow';
import { toItems, locator, runErrorMessage, type Service } from './mockServer.mts';

/*
 * Shared tests for the fields that several operations have.
 */

const shareLink = 'https://referralrocket.io/campaign?id=JCu82f30F1&referralCode=8Mnu09TD';
const items = toItems({
	campaign: 'JCu82f30F1',
	link: shareLink,
	email: 'participant3@example.com',
});

/** n8n itself stops at an empty required field. In n8n 1, the message doesn't name the field. */
export const n8nRequires = (field: RegExp) => (n8nMajor === 1 ? /^The workflow has issues/ : field);

/** The different values that were sent. */
const sentValues = ({ mockServer }: Service, name: string) => [
	...new Set(mockServer.requests.map(({ query, body }) => ({ ...query, ...body })[name])),
];

/** @param name the service's name for the campaign */
export function testCampaignField(service: Service, parameters: INodeParameters, name = 'id') {
	const accepted: Array<[string, INodeParameterResourceLocator | string]> = [
		['by ID', locator('JCu82f30F1')],
		['by ID with spaces around it', locator('  JCu82f30F1\n')],
		['by share link', locator(shareLink, 'url')],
		['by campaign link', locator('https://referralrocket.io/campaign?id=JCu82f30F1', 'url')],
		['by a link in the ID field', locator(shareLink)],
		['by an ID in the link field', locator('JCu82f30F1', 'url')],
		['by an expression for the ID', locator('={{ $json.campaign }}')],
		['by an expression for the link', locator('={{ $json.link }}', 'url')],
		['by an expression for the whole field', '={{ $json.campaign }}'],
	];
	test.each(accepted)('accepts the campaign %s', async (_, campaignId) => {
		const result = await service.run({ ...parameters, campaignId }, { items });
		expect(result.error).toBeUndefined();
		expect(sentValues(service, name)).toEqual(['JCu82f30F1']);
	});

	const rejected: Array<[string, INodeParameterResourceLocator | string | undefined, RegExp]> = [
		['no campaign', undefined, n8nRequires(/Campaign/)],
		['an empty campaign ID', locator(''), n8nRequires(/Campaign/)],
		['an empty campaign link', locator('', 'url'), n8nRequires(/Campaign/)],
		['a campaign of spaces', locator('  '), /'Campaign' is empty/],
		['an expression without a campaign', locator('={{ $json.nope }}'), /'Campaign' is empty/],
		['an expression that returns null', locator('={{ null }}', 'url'), /'Campaign' is empty/],
		['an expression that returns an object', locator('={{ $json }}'), /'Campaign' must be text/],
		['a link without an ID', locator('https://referralrocket.io/campaign', 'url'), /campaign ID/],
		['a link with an empty ID', locator('https://referralrocket.io/?id=&a=1'), /campaign ID/],
	];
	test.each(rejected)('rejects %s and sends nothing', async (_, campaignId, expected) => {
		const message = await runErrorMessage(service.run({ ...parameters, campaignId }, { items }));
		expect(message).toMatch(expected);
		expect(service.mockServer.requests).toEqual([]);
	});
}

export function testEmailField(service: Service, parameters: INodeParameters) {
	test.each([
		['unchanged', 'participant3@example.com'],
		['with spaces around it', ' participant3@example.com\t\n'],
		['by an expression', '={{ $json.email }}'],
		['by an expression within text', '={{ "  " + $json.email }} '],
	])('accepts the email %s', async (_, email) => {
		const result = await service.run({ ...parameters, email }, { items });
		expect(result.error).toBeUndefined();
		expect(sentValues(service, 'email')).toEqual(['participant3@example.com']);
	});

	test.each([
		['no email', undefined, n8nRequires(/Email/)],
		['an empty email', '', n8nRequires(/Email/)],
		['an email of spaces', '   ', /'Email' is empty/],
		['an expression without an email', '={{ $json.nope }}', /'Email' is empty/],
		['an expression that uses a missing field', '={{ $json.nope.email }}', /'Email' is empty/],
		['an expression that returns an empty string', '={{ "" }}', /'Email' is empty/],
		['an expression that returns null', '={{ null }}', /'Email' is empty/],
		['an expression that returns an object', '={{ $json }}', /'Email' must be text/],
		['an expression that returns a list', '={{ [$json.email] }}', /'Email' must be text/],
		['an expression that returns a number', '={{ 42 }}', /'Email' "42" is not an email address/],
		['a name', 'Jo', /'Email' "Jo" is not an email address/],
		['an email without a domain', 'jo@', /'Email' "jo@" is not an email address/],
		['two emails', 'jo@example.com, al@example.com', /'Email' .* is not an email address/],
	])('rejects %s as email and sends nothing', async (_, email, expected) => {
		const message = await runErrorMessage(service.run({ ...parameters, email }, { items }));
		expect(message).toMatch(expected);
		expect(service.mockServer.requests).toEqual([]);
	});
}
