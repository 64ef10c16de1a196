import type {
	ICredentialDataDecryptedObject,
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	INodeCredentialTestResult,
} from 'n8n-workflow';
import { keyHeader, keyOf, withoutKey } from '../api/authentication';
import { validateBaseUrl } from '../api/baseUrl';
import { describeStatus, networkMessage, statusMessage } from '../api/errorMessages';
import { fullMessage, join, type ErrorMessage } from '../api/errors';
import { networkCode } from '../api/networkErrors';
import { redacted } from '../api/request';
import { isKeyRefused, isNotFound, isSuccess, isWebPage } from '../api/response';
import { campaignLink, endpoints } from '../api/specification';
import { secretsIn } from '../triggers/webhook/secrets';
import { findAuthentication, provesKey, unknownValue, type Ask } from './findAuthentication';
import { campaignsIn, idIn } from './searchCampaigns';

const { getCampaign, getParticipant } = endpoints;
/** Few enough for the test to take only seconds. */
const maxCampaigns = 20;
/** Without a campaign: the user has chosen none. */
const call = { endpoint: getCampaign, values: {} };

/**
 * Tests a credential. A declarative test can't do this: n8n 1.x can't accept a 404 and reject a 401.
 * @param credential the Referral Rocket credential
 * @returns OK if the service accepts the key; otherwise what to change
 */
export async function testCredential(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	const fields = credential.data ?? {};
	const { helpers } = this;
	const ask: Ask = async (
		header,
		{ method, path, parameters } = getCampaign,
		value = unknownValue,
	) => {
		const names = Object.values(parameters);
		const { statusCode, headers, body } = await helpers.request({
			method,
			uri: validateBaseUrl(fields.baseUrl) + path,
			qs: Object.fromEntries(names.map((name) => [name, value])),
			headers: { Accept: 'application/json', ...header },
			timeout: 20_000,
			followRedirect: false,
			simple: false,
			resolveWithFullResponse: true,
		});
		const text = typeof body === 'string' ? body : JSON.stringify(body ?? null);
		const redact = (quoted: string) => withoutKey(quoted, keyOf(fields));
		return redacted({ status: statusCode, headers, text, redact });
	};
	try {
		secretsIn(fields);
		const rejection =
			(await rejectionOf(ask, fields)) ?? (await findUnusableCampaigns(ask, fields));
		if (!rejection) return { status: 'OK', message: 'The key works.' };
		const { message, solution, details } = rejection;
		return { status: 'Error', message: join(message, solution, details) };
	} catch (error) {
		const { message, solution } = networkMessage(call, networkCode(error)) ?? {
			message: fullMessage(error as Error),
		};
		return { status: 'Error', message: join(message, solution) };
	}
}

/** @returns what to change; undefined if the service accepts the key */
async function rejectionOf(
	ask: Ask,
	fields: ICredentialDataDecryptedObject,
): Promise<ErrorMessage | undefined> {
	const header = keyHeader(fields);
	const response = await ask(header);
	const message = statusMessage(call, response);
	if (isKeyRefused(response)) return await findAuthentication(ask, fields, message);
	if (await provesKey(ask, fields, response)) return undefined;
	if (isWebPage(response) || (!isSuccess(response) && response.status !== 404)) return message;
	// A campaign may be public; a participant is not.
	const participant = await ask(header, getParticipant);
	if (await provesKey(ask, fields, participant, getParticipant)) return undefined;
	return {
		message:
			"Referral Rocket responded, but the response doesn't show whether the API key is right.",
		solution:
			"Check 'Base URL'. Then save and run Campaign → Get with one of your campaigns: if that returns the campaign, the key is right, and you can ignore this message.",
		details: describeStatus(response, false),
	};
}

/** @returns which entries of 'Campaigns' can't be used; undefined if there are none */
async function findUnusableCampaigns(
	ask: Ask,
	fields: ICredentialDataDecryptedObject,
): Promise<ErrorMessage | undefined> {
	const entries = campaignsIn(fields);
	// A campaign may be listed twice, for example by ID and by link. A link without an ID has none to request.
	const ids = [...new Set(entries.map(idIn))].slice(0, maxCampaigns);
	const unusable: typeof ids = [];
	for (const id of ids) {
		if (!id || isNotFound(await ask(keyHeader(fields), getCampaign, id))) unusable.push(id);
	}
	if (unusable.length === 0) return undefined;
	const named = entries.filter((entry) => unusable.includes(idIn(entry)));
	const quoted = withoutKey(
		[...new Set(named)].map((entry) => `"${entry}"`).join(', '),
		keyOf(fields),
	);
	return {
		message: `The key works, but these entries of 'Campaigns' are not campaigns of this account: ${quoted}.`,
		solution: `Enter links of your campaigns, like ${campaignLink}JCu82f30F1, or only their IDs, separated by commas.`,
	};
}
