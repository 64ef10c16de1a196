import {
	keyHeader,
	otherAuthentications,
	withoutKey,
} from '../../nodes/ReferralRocket/api/authentication.ts';
import { usualAuthentications } from '../../nodes/ReferralRocket/api/specification.ts';

describe('the other usual ways to send a key', () => {
	const others = (fields: object) =>
		otherAuthentications({ apiKey: 'key', ...fields }).map((usual) =>
			keyHeader({ apiKey: 'key', ...usual }),
		);

	test('are all but the chosen one, each another header', () => {
		for (const chosen of usualAuthentications) {
			const sent = [...others(chosen), keyHeader({ apiKey: 'key', ...chosen })];
			expect(new Set(sent.map((header) => JSON.stringify(header))).size).toBe(
				usualAuthentications.length,
			);
		}
	});

	test('are all of them for a header that is not usual', () => {
		const fields = { authentication: 'header', headerName: 'X-Rocket-Key' };
		expect(others(fields)).toHaveLength(usualAuthentications.length);
	});

	test.each([
		['in other capitals', { authentication: 'header', headerName: 'x-api-KEY' }],
		['with spaces', { authentication: 'header', headerName: ' X-API-Key ' }],
		['that is the default', { authentication: 'header' }],
	])('leave out a chosen name %s', (_, fields) => {
		expect(others(fields).flatMap(Object.keys)).not.toContain('X-API-Key');
	});
});

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
