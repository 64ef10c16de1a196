import { campaignFields, emailField } from '../../fields/sharedFields';
import { filterFields } from '../../fields/filterFields';
import { listFields } from '../../fields/listFields';
import { returnList } from '../../operations/handlers';
import type { Operation } from '../../operations/operation';
import { endpoints } from '../../api/specification';

const endpoint = endpoints.getReferrals;

export const listReferrals: Operation = {
	option: {
		value: 'listReferrals',
		action: 'List referrals of participant',
		description: 'Get the participants referred by one participant',
	},
	endpoint,
	handler: returnList,
	fields: [
		...campaignFields(endpoint),
		emailField(
			endpoint,
			'The email address of the referrer whose referrals to list, for example jo@example.com',
		),
		...filterFields,
		...listFields(endpoint),
	],
};
