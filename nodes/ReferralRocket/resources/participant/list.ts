import { campaignFields } from '../../fields/sharedFields';
import { filterFields } from '../../fields/filterFields';
import { listFields } from '../../fields/listFields';
import { returnList } from '../../operations/handlers';
import type { Operation } from '../../operations/operation';
import { endpoints } from '../../api/specification';

const endpoint = endpoints.getAllParticipants;

export const list: Operation = {
	option: {
		value: 'list',
		action: 'List participants',
		description: 'Get the participants of a campaign, all of them or up to a limit',
	},
	endpoint,
	handler: returnList,
	fields: [...campaignFields(endpoint), ...filterFields, ...listFields(endpoint)],
};
