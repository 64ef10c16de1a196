import { campaignField, showFor } from '../../parameters/fields';
import type { Operation } from '../../operations/operation';
import { endpoints } from '../../api/specification';
import { one } from '../../api/request';

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
