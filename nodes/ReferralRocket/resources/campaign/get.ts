import { campaignField, showFor } from '../../shared/fields';
import type { Operation } from '../../shared/operation';
import { endpoints } from '../../shared/service';
import { one } from '../../shared/transport';

const endpoint = endpoints.getCampaign;
const show = showFor('campaign', 'get');

export const get: Operation = {
	option: {
		name: 'Get',
		value: 'get',
		action: 'Get a campaign',
		description: 'Get the name, status, rewards and number of participants of a campaign',
	},
	endpoint,
	produce: one,
	fields: [campaignField(show, endpoint)],
};
