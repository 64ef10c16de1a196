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

	test('are all except the chosen one, each a different header', () => {
		for (const chosen of usualAuthentications) {
			const sent = [...others(chosen), keyHeader({ apiKey: 'key', ...chosen })];
			expect(new Set(sent.map((header) => JSON.stringify(header))).size).toBe(
				usualAuthentications.length,
			);
		}
	});

	test('are all of them if a custom header is chosen', () => {
		const fields = { authentication: 'header', headerName: 'X-Rocket-Key' };
		expect(others(fields)).toHaveLength(usualAuthentications.length);
	});

	test.each([
		['in a different case', { authentication: 'header', headerName: 'x-api-KEY' }],
		['with spaces', { authentication: 'header', headerName: ' X-API-Key ' }],
		['of the default header', { authentication: 'header' }],
	])('omit a chosen name %s', (_, fields) => {
		expect(others(fields).flatMap(Object.keys)).not.toContain('X-API-Key');
	});
});

describe('a key is redacted', () => {
	const key = 'rr+"live"/é =\\1\nsecond\tline';
	test.each([
		['verbatim', key],
		['escaped in JSON', JSON.stringify(key).slice(1, -1)],
		['in a different case', key.toUpperCase()],
		['URL-encoded, in either case', encodeURIComponent('rr+"live"').toLowerCase()],
		[
			'as Unicode escapes',
			[...key].map((sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
		],
	])('%s', (name, echoed) => {
		const secret = name.startsWith('URL') ? 'rr+"live"' : key;
		expect(withoutKey(`Bearer ${echoed} is unknown`, secret)).toBe('Bearer [API key] is unknown');
	});

	test('and nothing is redacted without a key', () => {
		expect(withoutKey('Bearer  is unknown', '')).toBe('Bearer  is unknown');
	});
});
