import { accountOf } from '../../api/authentication';
import { createApiError } from '../../api/errors';
import { ReferralCodeSearch } from '../../lists/referralCodeSearch';
import type { ApiCall } from '../../api/apiCall';
import { campaignFields, emailField, outputFields } from '../../fields/sharedFields';
import { returnObject, type Handler } from '../../operations/handlers';
import type { Operation } from '../../operations/operation';
import { endpoints, type Endpoint } from '../../api/specification';
import { outputShape } from '../../fields/simplify';
import * as validators from '../../validation/validators';

/** Find By decides whether the email is needed. */
const endpoint = { ...endpoints.getParticipant, required: [] } satisfies Endpoint;

/** @returns the search that all items with the same campaign and key share */
function searchOf(call: ApiCall): ReferralCodeSearch {
	const { values, shared = new Map<string, unknown>() } = call;
	const { campaign } = values;
	const name = `referral codes of ${accountOf(call)} ${campaign}`;
	// It must outlive the item that starts it.
	if (!shared.has(name)) {
		const list = { ...call, endpoint: endpoints.getAllParticipants, values: { campaign } };
		shared.set(name, new ReferralCodeSearch({ ...list, signal: undefined }));
	}
	return shared.get(name) as ReferralCodeSearch;
}

/** The service finds participants by email only. */
const getByReferralCode: Handler = async (call) => {
	const { context, values, signal } = call;
	const entered = context.getNodeParameter('referralCode', '');
	const code = validators.code(entered, "'Referral Code'");
	const participant = await searchOf(call).find(code, signal);
	if (participant) return [outputShape(call)(participant)];
	throw createApiError(call, {
		message: `No participant of campaign "${values.campaign}" has the referral code "${code}".`,
		solution: 'Check the code, including capital letters, and that it belongs to this campaign.',
	});
};

const getParticipant: Handler = async (call) => {
	if (call.context.getNodeParameter('findBy', 'email') === 'referralCode') {
		return await getByReferralCode(call);
	}
	validators.email(call.values.email, "'Email'");
	return await returnObject(call);
};

export const get: Operation = {
	option: {
		value: 'get',
		action: 'Get participant',
		description:
			'Get a participant of a campaign by email or referral code, with share link, referrals and rewards',
	},
	endpoint,
	handler: getParticipant,
	fields: [
		...campaignFields(endpoint),
		{
			displayName: 'Find By',
			name: 'findBy',
			type: 'options',
			default: 'email',
			description: 'What you know about the participant',
			options: [
				{
					name: 'Email',
					value: 'email',
					description: 'One small request for each participant',
				},
				{
					name: 'Referral Code',
					value: 'referralCode',
					description: "Searches the campaign's participants, once for all items",
				},
			],
		},
		{
			...emailField(
				endpoint,
				'The email address with which the participant joined the campaign, for example jo@example.com',
			),
			required: true,
			displayOptions: { show: { findBy: ['email'] } },
		},
		{
			displayName: 'Referral Code',
			name: 'referralCode',
			type: 'string',
			placeholder: 'e.g. 8Mnu09TD or a share link',
			default: '',
			required: true,
			description:
				'The referral code of the participant, for example 8Mnu09TD, or the whole share link',
			displayOptions: { show: { findBy: ['referralCode'] } },
		},
		...outputFields(endpoint),
	],
};
