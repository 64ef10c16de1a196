import { validateParameters } from '../../nodes/ReferralRocket/validation/validate.ts';

describe('an email address', () => {
	const validate = (email: unknown) => validateParameters({ email }, ['email']).email;

	test.each([
		'jo@example.com',
		'jo+sale@example.com',
		'jo.doe-1_2@mail.example.co.uk',
		"o'neil@example.com",
		'jürgen@exämple.de',
		'用户@例子.中国',
		'JO@EXAMPLE.COM',
		'a@b.c',
		'!#$%&*/=?^`{|}~@example.com',
		'taro..yama@docomo.example.jp',
		'ana.@ezweb.example.jp',
		'.ana@ezweb.example.jp',
	])('such as %s is accepted unchanged', (email) => {
		expect(validate(email)).toBe(email);
	});

	test.each([
		[' jo@example.com '],
		['\tjo@example.com\r\n'],
		['\u00a0jo@example.com\u00a0'],
		['\ufeffjo@example.com'],
	])('is trimmed (%j)', (email) => {
		expect(validate(email)).toBe('jo@example.com');
	});

	test.each([
		'jo',
		'@',
		'jo@',
		'@example.com',
		'jo@example',
		'jo@.com',
		'jo@example.',
		'jo@@example.com',
		'jo@ex@mple.com',
		'jo doe@example.com',
		'jo@exam ple.com',
		'jo@example.com al@example.com',
		'jo@example.com,al@example.com',
		'jo@example.com;al@example.com',
		'Jo Doe <jo@example.com>',
		'https://example.com',
		'<jo@example.com>',
		'mailto:jo@example.com',
		'[jo@example.com]',
		'["jo@example.com"]',
		'jo@example.com,',
		'jo@example..com',
		'undefined',
		'[object Object]',
	])('such as %s is rejected', (email) => {
		expect(() => validate(email)).toThrow(`'Email' "${email}" is not an email address`);
	});

	test.each([
		['\u200b', 'U+200B'],
		['\u200c', 'U+200C'],
		['\u2060', 'U+2060'],
		['\u00ad', 'U+00AD'],
		['\u202e', 'U+202E'],
		['\u0000', 'U+0000'],
		['\u001b', 'U+001B'],
		['\u007f', 'U+007F'],
		['\u0085', 'U+0085'],
		['\u00a0', 'U+00A0'],
		['\u3000', 'U+3000'],
		['\u2028', 'U+2028'],
		['\ufeff', 'U+FEFF'],
		['\u034f', 'U+034F'],
		['\u3164', 'U+3164'],
		['\ufe0f', 'U+FE0F'],
		['\u2800', 'U+2800'],
		['\ud800', 'U+D800'],
		['\udc00', 'U+DC00'],
		['\u{e0041}', 'U+E0041'],
	])('with %j in it is rejected, and the message shows where', (character, code) => {
		for (const [before, after] of [
			['jo', '@example.com'],
			['jo@exam', 'ple.com'],
			['jo@example.co', 'm'],
		]) {
			expect(() => validate(before + character + after)).toThrow(
				`'Email' "${before}[${code}]${after}" contains an invisible character`,
			);
		}
	});

	test.each([[true], [{ a: 1 }], [['jo@example.com']], [new Date(0)]])(
		'that is not text is rejected (%j)',
		(email) => {
			expect(() => validate(email)).toThrow("'Email' must be text");
		},
	);
});

describe('a campaign', () => {
	const validate = (campaign: unknown) => validateParameters({ campaign }, ['campaign']).campaign;

	test.each([
		['an ID', 'JCu82f30F1', 'JCu82f30F1'],
		['an ID that is a number', 1234567890, '1234567890'],
		['an ID with punctuation', 'a-b_c.d', 'a-b_c.d'],
		['a campaign link', 'https://referralrocket.io/campaign?id=JCu82f30F1', 'JCu82f30F1'],
		[
			'a share link',
			'https://referralrocket.io/campaign?id=JCu82f30F1&referralCode=8Mnu09TD',
			'JCu82f30F1',
		],
		[
			'a share link with the code first',
			'https://referralrocket.io/campaign?referralCode=8Mnu09TD&id=JCu82f30F1',
			'JCu82f30F1',
		],
		['a link without a scheme', 'referralrocket.io/campaign?id=JCu82f30F1', 'JCu82f30F1'],
		['a link without a path', 'referralrocket.io?id=JCu82f30F1', 'JCu82f30F1'],
		['a link with http', 'http://referralrocket.io/campaign?id=JCu82f30F1', 'JCu82f30F1'],
		['a link to a subdomain', 'https://app.referralrocket.io/?id=JCu82f30F1#top', 'JCu82f30F1'],
		[
			'a share link on a site of the campaign',
			'https://refer.example.com/?id=JCu82f30F1&referralCode=8Mnu09TD',
			'JCu82f30F1',
		],
		[
			'a link with spaces around it',
			'  https://referralrocket.io/campaign?id=JCu82f30F1\n',
			'JCu82f30F1',
		],
		[
			'a link with spaces around the ID',
			'https://referralrocket.io/c?id=%20JCu82f30F1+',
			'JCu82f30F1',
		],
	])('as %s is accepted', (_, input, id) => {
		expect(validate(input)).toBe(id);
	});

	test.each([
		'https://referralrocket.io',
		'https://referralrocket.io/campaign',
		'https://referralrocket.io/campaign?id=',
		'https://referralrocket.io/campaign?id=%20',
		'https://referralrocket.io/campaign?referralCode=8Mnu09TD',
		'https://referralrocket.io/campaign?campaignid=JCu82f30F1',
		'referralrocket.io/campaign',
		'https://',
		'//',
		'?',
	])('as a link without an ID is rejected (%s)', (input) => {
		expect(() => validate(input)).toThrow(`The link "${input}" contains no campaign ID`);
	});

	test.each([
		'https://example.com/post?id=77',
		'example.com/',
		'https://notreferralrocket.io/campaign?id=JCu82f30F1',
		'https://referralrocket.io.example.com/campaign?id=JCu82f30F1',
	])('as a link from another site is rejected (%s)', (input) => {
		expect(() => validate(input)).toThrow(`The link "${input}" is from another site.`);
	});
});

test.each(['campaign', 'code', 'referredByCode'] as const)('a %s must be usable text', (name) => {
	const validate = (value: unknown) => validateParameters({ [name]: value }, [name])[name];
	for (const value of [NaN, Infinity, -Infinity]) {
		expect(() => validate(value)).toThrow(`"${value}" can't be used`);
	}
	expect(() => validate('A\u200bB')).toThrow('"A[U+200B]B" contains an invisible character');
	expect(validate(' A B ')).toBe('A B');
	expect(validate(0)).toBe('0');
});

test('ignores parameters that the operation does not have', () => {
	const input = { campaign: 'JCu82f30F1', email: 'no email', amount: -1 };
	expect(validateParameters(input, ['campaign'])).toEqual({ campaign: 'JCu82f30F1' });
});

describe('a whole number', () => {
	const validate = (pageSize: unknown) =>
		validateParameters({ campaign: 'A', pageSize }, ['campaign', 'pageSize']).pageSize;

	test.each([1, 2000, '20', ' 20 '])('such as %j is accepted', (input) => {
		expect(validate(input)).toBe(Number(input));
	});

	test.each([0, -1, 1.5, 2001, NaN, Infinity, true, '0x10', '1e2', 'ten'])(
		'such as %j is rejected',
		(input) => {
			expect(() => validate(input)).toThrow(
				expect.objectContaining({ solution: 'Enter a whole number from 1 to 2000.' }),
			);
		},
	);

	test('cannot be a list', () => {
		expect(() => validate([3])).toThrow(`'Page Size' "[3]"`);
	});
});
