import { InvalidInputError } from './errors';
import { defaultBaseUrl } from './specification';

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * @param baseUrl the credential's Base URL; blank means Referral Rocket's own
 * @returns it without slashes or the path of the API at its end
 * @throws InvalidInputError for anything but an address, for plain http to another machine, where the key
 * could be read on its way, and for a user name or password, which would show in messages and logs
 */
export function validateBaseUrl(baseUrl: unknown): string {
	const given = String(baseUrl ?? '').trim() || defaultBaseUrl;
	const url = URL.canParse(given) ? new URL(given) : undefined;
	const isWeb = /^https?:$/.test(url?.protocol ?? '');
	// What is no address may hold a password as well, so it is not repeated.
	if (url?.username || url?.password || (!isWeb && given.includes('@'))) {
		throw new InvalidInputError(
			`'Base URL' contains a user name or password, or an "@" in the wrong place.`,
			`Enter an address without them, like ${defaultBaseUrl}, in the Referral Rocket credential.`,
		);
	}
	if (url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback.test(url.hostname))) {
		// Endpoints bring this part of the path themselves.
		return given.replace(/\/+$/, '').replace(/\/api\/v1$/i, '');
	}
	throw url?.protocol === 'http:'
		? new InvalidInputError(
				`'Base URL' "${given}" would send the API key unprotected.`,
				'Use an address that starts with https:// in the Referral Rocket credential.',
			)
		: new InvalidInputError(
				`'Base URL' "${given}" is not an address.`,
				`Enter one like ${defaultBaseUrl} in the Referral Rocket credential.`,
			);
}
