import { campaignField, sendAs, showFor } from '../../parameters/fields';
import type { Operation } from '../../operations/operation';
import { endpoints } from '../../api/specification';
import type { Produce } from '../../api/request';
import { exchange, read, unusable } from '../../api/request';

const endpoint = endpoints.validateCode;
const show = showFor('referralCode', 'validate');

/** The service answers with a bare true or false, which n8n can't pass on as an item. */
const validity: Produce = async (call) => {
	const answer = await exchange(call);
	const valid = await read(call, answer);
	if (typeof valid !== 'boolean') throw await unusable(call, answer);
	return [{ code: call.values.code, campaignId: call.values.campaign, valid }];
};

export const validate: Operation = {
	option: {
		name: 'Validate',
		value: 'validate',
		action: 'Validate a referral code',
		description: 'Check whether a referral code belongs to a participant of a campaign',
	},
	endpoint,
	produce: validity,
	fields: [
		campaignField(show, endpoint),
		{
			displayName: 'Code',
			name: 'code',
			type: 'string',
			placeholder: 'e.g. 8Mnu09TD',
			default: '',
			required: true,
			description: 'The referral code to check, as it stands in a share link',
			displayOptions: show,
			routing: sendAs(endpoint, 'code'),
		},
	],
};
