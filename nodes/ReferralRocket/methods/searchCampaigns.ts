import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';
import { validateBaseUrl } from '../api/baseUrl';
import { createSettingsError } from '../api/errors';
import { parseObject } from '../api/parseResponse';
import { request } from '../api/request';
import { isNotFound } from '../api/response';
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
	const connection = { baseURL: validateBaseUrl(baseUrl) };
	const results = await Promise.all(
		given.map(async (one) => {
			const value = String(validateCampaign(one));
			const values = { campaign: value };
			const call = { context: this, connection, endpoint: endpoints.getCampaign, values };
			const response = await request(call);
			const { campaignName = value } = isNotFound(response)
				? { campaignName: `${value} (not found)` }
				: parseObject(call, response);
			return { name: String(campaignName), value, url: campaignLink + value };
		}),
	);
	const isFound = ({ name }: { name: string }) => name.toLowerCase().includes(filter.toLowerCase());
	return { results: results.filter(isFound) };
}
