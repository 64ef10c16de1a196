import type { IDataObject } from 'n8n-workflow';
import { parseRow, request } from './request';
import { campaignStatuses, campaignTotal, endpoints } from './specification';
import type { ApiCall } from './apiCall';

/**
 * @param call of a campaign
 * @returns the campaign as the service sends it
 * @throws NodeApiError if the campaign can't be read
 */
export async function readCampaign(call: ApiCall): Promise<IDataObject> {
	const { campaign } = call.values;
	const campaignCall = { ...call, endpoint: endpoints.getCampaign, values: { campaign } };
	return parseRow(campaignCall, await request(campaignCall));
}

/** @returns the campaign's own number of participants; undefined if it reports none */
export function totalOf(campaign: IDataObject): number | undefined {
	const total = Object.entries(campaign).find(([name]) => campaignTotal.test(name))?.[1];
	return typeof total === 'number' ? total : undefined;
}

/** @returns whether the campaign is active, paused or has ended, in the service's word; undefined if not reported */
export function statusOf({ status, paused, ended }: IDataObject): string | undefined {
	if (ended === true) return campaignStatuses.ended;
	if (paused === true) return campaignStatuses.paused;
	if (typeof status === 'string' && status !== '') return status;
	return paused === false || ended === false ? campaignStatuses.active : undefined;
}
