import type { IDataObject } from 'n8n-workflow';
import { accountOf } from '../../api/authentication';
import { createApiError } from '../../api/errors';
import { readList } from '../../lists/readList';
import type { ApiCall } from '../../api/apiCall';
import { abortable } from '../../helpers/abortable';
import { campaignFields, emailField, outputFields } from '../../fields/sharedFields';
import { returnObject, type Handler } from '../../operations/handlers';
import type { Operation } from '../../operations/operation';
import { endpoints, type Endpoint } from '../../api/specification';
import { outputShape } from '../../fields/simplify';
import * as validators from '../../validation/validators';

/** Find By decides whether the email is needed. */
const endpoint = { ...endpoints.getParticipant, required: [] } satisfies Endpoint;

type Search = (code: string, signal?: AbortSignal) => Promise<IDataObject | undefined>;

/**
 * Searches by referral code, which the API can't, in a list that is read only as far as needed.
 * @param call of the campaign's participants
 */
function createSearch(call: ApiCall): Search {
	const byCode = new Map<string, IDataObject>();
	const pages = readList(call);
	/** Stays rejected if the list can't be read. */
	let reading: Promise<void> | undefined;
	let hasEnded = false;
	const readNext = async () => {
		const page = await pages.next();
		hasEnded = page.done === true;
		for (const row of page.done ? [] : page.value) {
			// The service may send a code of digits as a number.
			byCode.set(String(row.referralCode ?? ''), row);
		}
		reading = undefined;
	};
	return async (code, signal) => {
		while (!byCode.has(code) && !hasEnded) {
			reading ??= readNext();
			await abortable(signal, reading);
		}
		return byCode.get(code);
	};
}

/** @returns the search that all items with the same campaign and key share */
function searchOf(call: ApiCall): Search {
	const { values, shared = new Map<string, unknown>() } = call;
	const { campaign } = values;
	const name = `referral codes of ${accountOf(call)} ${campaign}`;
	// It must outlive the item that starts it.
	if (!shared.has(name)) {
		const list = { ...call, endpoint: endpoints.getAllParticipants, values: { campaign } };
		shared.set(name, createSearch({ ...list, signal: undefined }));
	}
	return shared.get(name) as Search;
}

/** The service finds participants by email only. */
const getByReferralCode: Handler = async (call) => {
	const { context, values, signal } = call;
	const entered = context.getNodeParameter('referralCode', '');
	const code = validators.code(entered, "'Referral Code'");
	const participant = await searchOf(call)(code, signal);
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
