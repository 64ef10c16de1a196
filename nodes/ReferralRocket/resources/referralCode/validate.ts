import { createUnreadableError, parseResponse, request } from '../../api/request';
import type { Handler } from '../../operations/handlers';
import { campaignFields, sendAs } from '../../fields/sharedFields';
import type { Operation } from '../../operations/operation';
import { endpoints } from '../../api/specification';

const endpoint = endpoints.validateCode;

/** The service responds with a bare true or false, which n8n can't pass on as an item. */
const validateCode: Handler = async (call) => {
	const response = await request(call);
	const valid = parseResponse(call, response);
	if (typeof valid !== 'boolean') throw createUnreadableError(call, response);
	return [{ code: call.values.code, campaignId: call.values.campaign, valid }];
};

export const validate: Operation = {
	option: {
		value: 'validate',
		action: 'Validate referral code',
		description: 'Check whether a referral code belongs to a participant of a campaign',
	},
	endpoint,
	handler: validateCode,
	fields: [
		...campaignFields(endpoint),
		{
			displayName: 'Code',
			name: 'code',
			type: 'string',
			placeholder: 'e.g. 8Mnu09TD or a share link',
			default: '',
			required: true,
			description: 'The referral code to check, for example 8Mnu09TD, or the whole share link',
			routing: sendAs(endpoint, 'code'),
		},
	],
};
