import type { DeclarativeRestApiSettings } from 'n8n-workflow';
import { InvalidInputError } from '../api/errors';
import { count } from '../validation/validators';

/** The Request Options that n8n adds to a declarative node, as entered by the user. */
export interface RequestOptions {
	batching?: { batch?: { batchSize?: number; batchInterval?: number } };
	allowUnauthorizedCerts?: boolean;
	proxy?: string;
	timeout?: number;
}

/**
 * @param options the Request Options of one item
 * @returns the settings of its requests, read as n8n itself reads them
 * @throws InvalidInputError for a proxy without host or port, and for a timeout that isn't a whole number
 */
export function connectionOf({
	timeout,
	allowUnauthorizedCerts,
	proxy,
}: RequestOptions): DeclarativeRestApiSettings.HttpRequestOptions {
	return {
		...(timeout && { timeout: count(timeout, "'Timeout' in 'Request Options'") }),
		...(allowUnauthorizedCerts && { skipSslCertificateValidation: true }),
		...(proxy && { proxy: parsedProxy(proxy) }),
	};
}

function parsedProxy(proxy: string) {
	const parts = /^([a-z\d]+):\/\/(?:(.*)@)?(\[[^\]]+\]|[^:/@]+):(\d+)/i.exec(String(proxy).trim());
	if (!parts) {
		throw new InvalidInputError(
			"'Proxy' in 'Request Options' is not an address with host and port.",
			'Enter one like http://myproxy:3128.',
		);
	}
	const [, protocol, login, host, port] = parts;
	const [username, password] = decodeURIComponent(login ?? '').split(':');
	return { protocol, host, port: Number(port), ...(login && { auth: { username, password } }) };
}
