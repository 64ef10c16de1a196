import { campaignTotal, endpoints } from './specification';
import type { ServiceCall } from './request';
import { exchange, readOne } from './request';

/**
 * @param call a question about a campaign
 * @returns how many participants the campaign says it has; undefined where it does not
 * @throws NodeApiError when the campaign can't be read
 */
export async function totalOf(call: ServiceCall): Promise<number | undefined> {
	const { campaign } = call.values;
	const campaignCall = { ...call, endpoint: endpoints.getCampaign, values: { campaign } };
	const details = await readOne(campaignCall, await exchange(campaignCall));
	const total = Object.entries(details).find(([name]) => campaignTotal.test(name))?.[1];
	return typeof total === 'number' ? total : undefined;
}
