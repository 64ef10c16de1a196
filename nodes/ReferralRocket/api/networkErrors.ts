/** @returns whether an established connection ended before the response did */
export const isConnectionLost = (code: string | undefined) =>
	/^(ECONNRESET|EPIPE|ERR_BAD_RESPONSE|ERR_STREAM_PREMATURE_CLOSE|HPE_.*|Z_.*)$/.test(code ?? '');

/** @returns whether the response did not arrive in time */
export const isTimeout = (code: string | undefined) =>
	/^(ETIMEDOUT|ECONNABORTED|ERR_CANCELED)$/.test(code ?? '');

/** @returns whether no connection could be established */
export const isUnreachable = (code: string) =>
	/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ERR_INVALID_URL)$/.test(code);

/** @returns whether no secure connection could be established */
export const isInsecure = (code: string) => /CERT|VERIFY|SSL|TLS|ALTNAME|EPROTO/.test(code);

/** @returns whether a header can't be sent as it is */
export const isInvalidHeader = (code: string) => /^ERR_INVALID_(CHAR|HTTP_TOKEN)$/.test(code);
