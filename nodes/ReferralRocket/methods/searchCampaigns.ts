import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';
import { validateBaseUrl } from '../api/baseUrl';
import { createSettingsError, readSettings } from '../api/errors';
import { parseRow } from '../api/parseResponse';
import { request } from '../api/request';
import { isKeyRefused, isNotFound, isSuccess } from '../api/response';
import { campaignLink, credentialName, endpoints } from '../api/specification';
import { validateCampaign } from '../parameters/validate';

/**
 * The service does not list campaigns, so the credential holds their IDs or links; their names come from the
 * service.
 * @param filter what the user has typed to find one
 * @returns the campaigns of the credential, to choose from
 * @throws NodeOperationError when the credential holds none; NodeApiError when one can't be read
 */
export async function searchCampaigns(
	this: ILoadOptionsFunctions,
	filter = '',
): Promise<INodeListSearchResult> {
	const { baseUrl, campaigns } = await this.getCredentials(credentialName);
	const given = String(campaigns ?? '')
		.split(/[\s,]+/)
		.filter(Boolean);
	if (given.length === 0) {
		throw createSettingsError(
			this.getNode(),
			"The Referral Rocket credential holds no campaigns to choose from. Enter their links in 'Campaigns' of the credential, or choose By ID or By URL here.",
		);
	}
	const baseURL = readSettings(this.getNode(), () => validateBaseUrl(baseUrl));
	const nameOf = async (campaign: string) => {
		const values = { campaign };
		const call = {
			context: this,
			connection: { baseURL },
			endpoint: endpoints.getCampaign,
			values,
		};
		const response = await request(call);
		if (isNotFound(response)) return `${campaign} (not found)`;
		// One that can't be read must not hide the others; a refused key is true of all.
		if (!isSuccess(response) && !isKeyRefused(response)) return `${campaign} (name not available)`;
		return String(parseRow(call, response).campaignName ?? campaign);
	};
	const results = await Promise.all(
		given.map(async (one) => {
			const value = idIn(one);
			if (value === undefined) return { name: `${one} (no link of a campaign)`, value: one };
			return { name: await nameOf(value), value, url: campaignLink + value };
		}),
	);
	const isFound = ({ name }: { name: string }) => name.toLowerCase().includes(filter.toLowerCase());
	return { results: results.filter(isFound) };
}

/** @returns the ID of a campaign; undefined for a link without one */
function idIn(given: string): string | undefined {
	try {
		return validateCampaign(given);
	} catch {
		return undefined;
	}
}
