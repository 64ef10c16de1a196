import { campaignFields, outputFields } from '../../fields/sharedFields';
import { returnObject } from '../../operations/handlers';
import type { Operation } from '../../operations/operation';
import { endpoints } from '../../api/specification';

const endpoint = endpoints.getCampaign;

export const get: Operation = {
	option: {
		value: 'get',
		action: 'Get campaign',
		description: 'Get the name, status, rewards and number of participants of a campaign',
	},
	endpoint,
	handler: returnObject,
	fields: [...campaignFields(endpoint), ...outputFields(endpoint)],
};
