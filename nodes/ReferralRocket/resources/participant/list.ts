import { campaignFields, showFor } from '../../fields/sharedFields';
import { filterFields } from '../../fields/filterFields';
import { listFields } from '../../fields/listFields';
import { returnList } from '../../operations/handlers';
import type { Operation } from '../../operations/operation';
import { endpoints } from '../../api/specification';

const endpoint = endpoints.getAllParticipants;
const show = showFor('participant', 'list');

export const list: Operation = {
	option: {
		name: 'List',
		value: 'list',
		action: 'List participants',
		description: 'Get the participants of a campaign, all of them or up to a limit',
	},
	endpoint,
	handler: returnList,
	fields: [...campaignFields(show, endpoint), ...filterFields(show), ...listFields(show, endpoint)],
};
