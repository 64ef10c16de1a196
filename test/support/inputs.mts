import type { INodeParameters, INodeParameterResourceLocator } from 'n8n-workflow';
import { itemsOf, locator, errorMessageOf, ways, type Service } from './mockServer.mts';

/*
 * What every operation must make of the fields that several of them have.
 */

const shareLink = 'https://referralrocket.io/campaign?id=JCu82f30F1&referralCode=8Mnu09TD';
const items = itemsOf({
	campaign: 'JCu82f30F1',
	link: shareLink,
	email: 'participant3@example.com',
});

/** n8n itself stops at a required field that is empty. The message of n8n 1 doesn't name it. */
export const n8nAsksFor = (field: RegExp) => (n8nMajor === 1 ? /^The workflow has issues/ : field);

/** The different values that were sent. */
const sentAs = ({ mockServer }: Service, name: string) => [
	...new Set(mockServer.requests.map(({ query, body }) => ({ ...query, ...body })[name])),
];

/** @param name the service's name for the campaign */
export function takesTheCampaign(service: Service, parameters: INodeParameters, name = 'id') {
	const accepted: Array<[string, INodeParameterResourceLocator | string]> = [
		['by ID', locator('JCu82f30F1')],
		['by ID with spaces around it', locator('  JCu82f30F1\n')],
		['by share link', locator(shareLink, 'url')],
		['by campaign link', locator('https://referralrocket.io/campaign?id=JCu82f30F1', 'url')],
		['by a link in the field for the ID', locator(shareLink)],
		['by an ID in the field for the link', locator('JCu82f30F1', 'url')],
		['by an expression for the ID', locator('={{ $json.campaign }}')],
		['by an expression for the link', locator('={{ $json.link }}', 'url')],
		['by an expression for the whole field', '={{ $json.campaign }}'],
	];
	describe.each(ways)('%s', (_way, asTool) => {
		test.each(accepted)('takes the campaign %s', async (_, campaignId) => {
			const result = await service.run({ ...parameters, campaignId }, { items, asTool });
			expect(result.error).toBeUndefined();
			expect(sentAs(service, name)).toEqual(['JCu82f30F1']);
		});
	});

	const refused: Array<[string, INodeParameterResourceLocator | string | undefined, RegExp]> = [
		['no campaign', undefined, n8nAsksFor(/Campaign/)],
		['an empty campaign ID', locator(''), n8nAsksFor(/Campaign/)],
		['an empty campaign link', locator('', 'url'), n8nAsksFor(/Campaign/)],
		['a campaign of spaces', locator('  '), /'Campaign' is empty/],
		['an expression without a campaign', locator('={{ $json.nope }}'), /'Campaign' is empty/],
		['an expression that gives null', locator('={{ null }}', 'url'), /'Campaign' is empty/],
		['an expression that gives an object', locator('={{ $json }}'), /'Campaign' must be text/],
		['a link without an ID', locator('https://referralrocket.io/campaign', 'url'), /campaign ID/],
		['a link with an empty ID', locator('https://referralrocket.io/?id=&a=1'), /campaign ID/],
	];
	test.each(refused)('refuses %s and sends nothing', async (_, campaignId, says) => {
		const message = await errorMessageOf(service.run({ ...parameters, campaignId }, { items }));
		expect(message).toMatch(says);
		expect(service.mockServer.requests).toEqual([]);
	});
}

export function takesTheEmail(service: Service, parameters: INodeParameters) {
	describe.each(ways)('%s', (_way, asTool) => {
		test.each([
			['as it is', 'participant3@example.com'],
			['with spaces around it', ' participant3@example.com\t\n'],
			['by an expression', '={{ $json.email }}'],
			['by an expression within text', '={{ "  " + $json.email }} '],
		])('takes the email %s', async (_, email) => {
			const result = await service.run({ ...parameters, email }, { items, asTool });
			expect(result.error).toBeUndefined();
			expect(sentAs(service, 'email')).toEqual(['participant3@example.com']);
		});
	});

	test.each([
		['no email', undefined, n8nAsksFor(/Email/)],
		['an empty email', '', n8nAsksFor(/Email/)],
		['an email of spaces', '   ', /'Email' is empty/],
		['an expression without an email', '={{ $json.nope }}', /'Email' is empty/],
		['an expression on something missing', '={{ $json.nope.email }}', /'Email' is empty/],
		['an expression that gives an empty text', '={{ "" }}', /'Email' is empty/],
		['an expression that gives null', '={{ null }}', /'Email' is empty/],
		['an expression that gives an object', '={{ $json }}', /'Email' must be text/],
		['an expression that gives a list', '={{ [$json.email] }}', /'Email' must be text/],
		['an expression that gives a number', '={{ 42 }}', /'Email' "42" is not an email address/],
		['a name', 'Jo', /'Email' "Jo" is not an email address/],
		['an email without a domain', 'jo@', /'Email' "jo@" is not an email address/],
		['two emails', 'jo@example.com, al@example.com', /'Email' .* is not an email address/],
	])('refuses %s as email and sends nothing', async (_, email, says) => {
		const message = await errorMessageOf(service.run({ ...parameters, email }, { items }));
		expect(message).toMatch(says);
		expect(service.mockServer.requests).toEqual([]);
	});
}
