import { campaignField, emailField, showFor, simplifyField } from '../../parameters/fields';
import { returnObject } from '../../operations/handlers';
import type { Operation } from '../../operations/operation';
import { endpoints } from '../../api/specification';
import { simplified } from '../../parameters/simplify';

const endpoint = endpoints.getParticipant;
const show = showFor('participant', 'get');

export const get: Operation = {
	option: {
		name: 'Get',
		value: 'get',
		action: 'Get a participant',
		description: 'Get a participant of a campaign by email, with referral code and rewards',
	},
	endpoint,
	handler: async (call) => (await returnObject(call)).map(simplified(call.context)),
	fields: [
		campaignField(show, endpoint),
		emailField(show, endpoint, 'The email address with which the participant joined the campaign'),
		simplifyField(show),
	],
};
