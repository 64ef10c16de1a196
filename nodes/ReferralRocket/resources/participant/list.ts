import { campaignField, listFields, showFor } from '../../shared/fields';
import { participants } from '../../shared/lists';
import type { Operation } from '../../shared/operation';
import { endpoints } from '../../shared/service';

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
	produce: participants,
	fields: [campaignField(show, endpoint), ...listFields(show, endpoint)],
};
