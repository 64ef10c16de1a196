import type {
	ICredentialDataDecryptedObject,
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
} from 'n8n-workflow';
import type { ApiCall } from '../api/apiCall';
import { accountOf } from '../api/authentication';
import { validateBaseUrl } from '../api/baseUrl';
import { createOperationError, readSettings } from '../api/errors';
import { parseRow, request } from '../api/request';
import { isKeyRefused, isNotFound, isSuccess } from '../api/response';
import { campaignLink, credentialName, endpoints } from '../api/specification';
import { validateCampaign } from '../validation/validate';

/** Few enough not to delay workflows that are running. */
const maxConcurrentNames = 3;
const cacheMs = 60_000;

/** n8n searches at every keystroke. `staleAt` is a Unix time in milliseconds; Infinity while names are being read. */
const cache = new Map<string, { campaigns: Promise<INodeListSearchItems[]>; staleAt: number }>();

/**
 * The service can't list campaigns, so the credential contains their IDs or links. Their names come from the
 * service.
 * @param filter the user's search text
 * @returns the campaigns of the credential
 * @throws NodeOperationError if the credential contains none; NodeApiError if the key is refused or the
 * service can't be reached
 */
export async function searchCampaigns(
	this: ILoadOptionsFunctions,
	filter = '',
): Promise<INodeListSearchResult> {
	const credentials = await this.getCredentials(credentialName);
	const entries = campaignsIn(credentials);
	if (entries.length === 0) {
		throw createOperationError(
			this.getNode(),
			"The Referral Rocket credential lists no campaigns. Enter their links in 'Campaigns' of the credential, or choose By ID or By URL here.",
		);
	}
	const baseURL = readSettings(this.getNode(), () => validateBaseUrl(credentials.baseUrl));
	for (const [key, { staleAt }] of cache) if (staleAt < Date.now()) cache.delete(key);
	const { getCampaign: endpoint } = endpoints;
	const call = { context: this, credentials, connection: { baseURL }, endpoint, values: {} };
	const key = JSON.stringify([accountOf(call), entries]);
	let list = cache.get(key);
	if (!list) {
		const newList = { campaigns: readCampaigns(call, entries), staleAt: Infinity };
		cache.set(key, newList);
		newList.campaigns.then(
			() => (newList.staleAt = Date.now() + cacheMs),
			() => cache.delete(key),
		);
		list = newList;
	}
	const text = filter.toLowerCase();
	const campaigns = await list.campaigns;
	return { results: campaigns.filter(({ name }) => name.toLowerCase().includes(text)) };
}

async function readCampaigns(call: ApiCall, entries: string[]): Promise<INodeListSearchItems[]> {
	const values = [...new Set(entries.map((entry) => idIn(entry) ?? entry))];
	const ids = values.filter((value) => idIn(value) !== undefined);
	const names = new Map<string, string>();
	for (let start = 0; start < ids.length; start += maxConcurrentNames) {
		const batch = ids.slice(start, start + maxConcurrentNames);
		const results = await Promise.allSettled(batch.map(async (id) => await readName(call, id)));
		const failed = results.filter((result) => result.status === 'rejected');
		// The others would probably fail too, for a reason that the user must know.
		if (start === 0 && failed.length === batch.length) throw failed[0].reason;
		results.forEach((result, index) =>
			names.set(
				batch[index],
				result.status === 'fulfilled' ? result.value : `${batch[index]} (name not available)`,
			),
		);
	}
	return values.map((value) => {
		const name = names.get(value);
		if (name === undefined) return { name: `${value} (not a campaign link)`, value };
		return { name, value, url: campaignLink + value };
	});
}

/** @throws NodeApiError if the key is refused or there is no response */
async function readName(call: ApiCall, campaign: string): Promise<string> {
	const campaignCall = { ...call, values: { campaign } };
	const response = await request(campaignCall);
	if (isNotFound(response)) return `${campaign} (not found)`;
	if (!isSuccess(response) && !isKeyRefused(response)) return `${campaign} (name not available)`;
	return String(parseRow(campaignCall, response).campaignName ?? campaign);
}

/** @returns the entries of 'Campaigns' in a credential */
export const campaignsIn = ({ campaigns }: ICredentialDataDecryptedObject): string[] =>
	String(campaigns ?? '')
		.split(/[\s,]+/)
		.filter(Boolean);

/** @returns the ID of a campaign; undefined for a link without one */
export function idIn(entry: string): string | undefined {
	try {
		return validateCampaign(entry);
	} catch {
		return undefined;
	}
}
