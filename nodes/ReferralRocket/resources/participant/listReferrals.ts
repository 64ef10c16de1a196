import { campaignFields, emailField, showFor } from '../../fields/sharedFields';
import { filterFields } from '../../fields/filterFields';
import { listFields } from '../../fields/listFields';
import { returnList } from '../../operations/handlers';
import type { Operation } from '../../operations/operation';
import { endpoints } from '../../api/specification';

const endpoint = endpoints.getReferrals;
const show = showFor('participant', 'listReferrals');

export const listReferrals: Operation = {
	option: {
		name: 'List Referrals',
		value: 'listReferrals',
		action: 'List referrals of participant',
		description: 'Get the participants referred by one participant',
	},
	endpoint,
	handler: returnList,
	fields: [
		...campaignFields(show, endpoint),
		emailField(
			show,
			endpoint,
			'The email address of the referrer whose referrals to list, for example jo@example.com',
		),
		...filterFields(show),
		...listFields(show, endpoint),
	],
};
