import { withoutKey } from '../../nodes/ReferralRocket/api/authentication.ts';

describe('a key is hidden in what others say', () => {
	const key = 'rr+"live"/é =\\1\nsecond\tline';
	test.each([
		['as it is', key],
		['as JSON writes it', JSON.stringify(key).slice(1, -1)],
		['in other capitals', key.toUpperCase()],
		['as an address writes it, in capitals or not', encodeURIComponent('rr+"live"').toLowerCase()],
		[
			'as the numbers of its characters',
			[...key].map((sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
		],
	])('%s', (name, written) => {
		const hidden = name.includes('address') ? 'rr+"live"' : key;
		expect(withoutKey(`Bearer ${written} is unknown`, hidden)).toBe('Bearer [API key] is unknown');
	});

	test('and nothing is where there is no key', () => {
		expect(withoutKey('Bearer  is unknown', '')).toBe('Bearer  is unknown');
	});
});
