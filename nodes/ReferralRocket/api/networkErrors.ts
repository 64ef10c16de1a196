/**
 * @param error thrown by one of n8n's request helpers
 * @returns Node.js's or axios's code, for example ECONNREFUSED; undefined if the request was
 * never made
 */
export function networkCode(error: unknown): string | undefined {
	const { code, cause, httpCode } = error as {
		code?: string;
		cause?: { code?: string };
		httpCode?: string | null;
	};
	// n8n 1 hides the cause and repeats its code in httpCode. That is the status if only the body is missing.
	const found = code ?? cause?.code ?? httpCode ?? undefined;
	return /^\d+$/.test(found ?? '') ? 'ERR_BAD_RESPONSE' : found;
}

/** @returns whether an established connection ended before the response did */
export const isConnectionLost = (code: string | undefined) =>
	/^(ECONNRESET|EPIPE|ERR_BAD_RESPONSE|ERR_STREAM_PREMATURE_CLOSE|HPE_.*|Z_.*)$/.test(code ?? '');

/** @returns whether the response did not arrive in time */
export const isTimeout = (code: string | undefined) =>
	/^(ETIMEDOUT|ECONNABORTED|ERR_CANCELED)$/.test(code ?? '');

/** @returns whether no connection could be established */
export const isUnreachable = (code: string) =>
	/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EADDRNOTAVAIL|EHOST(UNREACH|DOWN)|ENET(UNREACH|DOWN)|ERR_INVALID_URL)$/.test(
		code,
	);

/** @returns whether no secure connection could be established */
export const isInsecure = (code: string) => /CERT|VERIFY|SSL|TLS|ALTNAME|EPROTO/.test(code);

/** @returns whether a header contains a character that can't be sent */
export const isInvalidHeader = (code: string) => /^ERR_INVALID_(CHAR|HTTP_TOKEN)$/.test(code);

/** @returns whether the service may have received the request; an unknown code does not rule that out */
export const mayHaveArrived = (code: string | undefined) =>
	code !== undefined && !isUnreachable(code) && !isInsecure(code) && !isInvalidHeader(code);
