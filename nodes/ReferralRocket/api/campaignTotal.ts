import { parseObject } from './parseResponse';
import { request } from './request';
import { campaignTotal, endpoints } from './specification';
import type { ApiCall } from './apiCall';

/**
 * @param call of a campaign
 * @returns how many participants the campaign says it has; undefined where it does not
 * @throws NodeApiError when the campaign can't be read
 */
export async function readCampaignTotal(call: ApiCall): Promise<number | undefined> {
	const { campaign } = call.values;
	const campaignCall = { ...call, endpoint: endpoints.getCampaign, values: { campaign } };
	const details = parseObject(campaignCall, await request(campaignCall));
	const total = Object.entries(details).find(([name]) => campaignTotal.test(name))?.[1];
	return typeof total === 'number' ? total : undefined;
}
