import { InvalidInputError } from './errors';
import { defaultBaseUrl } from './specification';

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * @param baseUrl the credential's Base URL; blank means Referral Rocket's own
 * @returns the URL without trailing slashes and without /api/v1
 * @throws InvalidInputError for anything but a URL, for http:// to another machine, which would expose the key,
 * and for a user name or password, which would appear in messages and logs
 */
export function validateBaseUrl(baseUrl: unknown): string {
	const address = String(baseUrl ?? '').trim() || defaultBaseUrl;
	const url = URL.canParse(address) ? new URL(address) : undefined;
	const isWeb = /^https?:$/.test(url?.protocol ?? '');
	// Don't echo what can't be parsed: it may contain a password.
	if (url?.username || url?.password || (!isWeb && address.includes('@'))) {
		throw new InvalidInputError(
			`'Base URL' contains a user name or password, or an "@" in the wrong place.`,
			`Enter an address without them, like ${defaultBaseUrl}, in the Referral Rocket credential.`,
		);
	}
	if (url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback.test(url.hostname))) {
		// The endpoints' paths include /api/v1.
		return address.replace(/\/+$/, '').replace(/\/api\/v1$/i, '');
	}
	throw url?.protocol === 'http:'
		? new InvalidInputError(
				`'Base URL' "${address}" would send the API key unprotected.`,
				'Use an address that starts with https:// in the Referral Rocket credential.',
			)
		: new InvalidInputError(
				`'Base URL' "${address}" is not an address.`,
				`Enter one like ${defaultBaseUrl} in the Referral Rocket credential.`,
			);
}
