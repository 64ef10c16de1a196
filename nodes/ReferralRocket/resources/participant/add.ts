import type { IDataObject, INodeProperties } from 'n8n-workflow';
import type { ApiCall } from '../../api/apiCall';
import { createApiError } from '../../api/errors';
import { parseRow } from '../../api/request';
import { hasValue, saysAlreadyExists, type ApiResponse } from '../../api/response';
import { alreadyExists, endpoints, type ParameterValues } from '../../api/specification';
import type { Handler } from '../../operations/handlers';
import type { Operation } from '../../operations/operation';
import { campaignFields, emailField, outputFields, sendAs } from '../../fields/sharedFields';
import { outputShape } from '../../fields/simplify';
import { titleOf } from '../../helpers/titles';
import { lookUp, lookUpUntil, participantIn } from './lookUp';
import { resolveOutcome, sendOnce, sentRequest, takeTurn, UnknownOutcomeError } from './turns';

const endpoint = endpoints.addParticipant;

const existsMessage = ({ email, campaign }: ParameterValues) => ({
	message: `Participant "${email}" is already in campaign "${campaign}".`,
	solution:
		"To continue with the existing participant, set 'If Participant Exists' in 'Options' to Return.",
});

interface Added {
	participant: IDataObject;
	/** Whether the participant was added just now; undefined if that isn't known. */
	isNew?: boolean;
}

const exists = () => true;

/**
 * It isn't documented whether the service rejects someone who is already in the campaign. If it does, a look-up
 * proves that this was the reason. If it doesn't, only a look-up beforehand shows whether someone is new.
 */
async function addOnce(call: ApiCall, person: string, looksUpFirst: boolean): Promise<Added> {
	const email = String(call.values.email);
	const earlier = sentRequest(person, endpoint);
	if (earlier?.isConfirmed === false) return await resolveOutcome(call, person, exists);

	const isLookedUp = looksUpFirst || email !== email.toLowerCase();
	const existing = isLookedUp ? participantIn(await lookUp(call)) : undefined;
	if (existing) return { participant: existing, isNew: false };
	// A look-up may not find someone yet who was added a moment ago.
	const isNew = earlier ? false : isLookedUp || undefined;

	const isRefusal = (response: ApiResponse) => saysAlreadyExists(response, email);
	const sent = await sendOnce(call, person, { isNew, isShown: exists, isRefusal });
	if (sent.participant) return sent;
	if (!isRefusal(sent.response)) return { participant: parseRow(call, sent.response) };
	const progress =
		'Before that, Referral Rocket refused to add the participant, who already exists.';
	// Another process may be adding the same person right now.
	const participant = await lookUpUntil({ ...call, progress }, exists);
	if (participant) return { participant, isNew: false };
	if (sent.response.status === alreadyExists.status) throw new UnknownOutcomeError();
	return { participant: parseRow(call, sent.response) };
}

/**
 * A participant keeps the first referrer, and the service may ignore a code.
 * @returns whether the call's referrer is the participant's; undefined if unknown, or if the call has none
 */
function isReferrerRecorded({ values }: ApiCall, { participant, isNew }: Added) {
	const { referredByCode: code, referredByEmail: email } = values;
	const { referredByCode: recordedCode, referrerEmail: recordedEmail } = participant;
	if ((code ?? email) === undefined || recordedCode === undefined) return undefined;
	if (!hasValue(recordedCode)) return false;
	if (code !== undefined) return String(recordedCode) === String(code);
	if (hasValue(recordedEmail)) {
		return String(recordedEmail).toLowerCase() === String(email).toLowerCase();
	}
	// Someone new can only have the call's referrer.
	return isNew || undefined;
}

const addParticipant: Handler = async (call) => {
	const { context, values } = call;
	// An expression without a value means Fail.
	const fails = context.getNodeParameter('options.ifExists', 'return') !== 'return';
	const looksUpFirst = fails || context.getNodeParameter('options.lookUpFirst', false) === true;
	const shape = outputShape(call);
	const added = await takeTurn(
		call,
		async (person) => await addOnce(call, person, looksUpFirst),
		({ participant }) => ({ participant, isNew: false }),
	);
	const { participant, isNew } = added;
	if (fails && isNew === false) throw createApiError(call, existsMessage(values));
	const referrerRecorded = isReferrerRecorded(call, added);
	return [
		{
			...shape(participant),
			...(isNew !== undefined && { isNew }),
			...(referrerRecorded !== undefined && { referrerRecorded }),
		},
	];
};

const nameField = (name: 'firstName' | 'lastName', example: string): INodeProperties => ({
	displayName: titleOf(name),
	name,
	type: 'string',
	placeholder: `e.g. ${example}`,
	default: '',
	description: 'Not documented for the API; Referral Rocket may ignore it',
	routing: sendAs(endpoint, name),
});

export const add: Operation = {
	option: {
		value: 'add',
		action: 'Add participant to campaign',
		description:
			'Add someone to a campaign by email, as a referral of another participant if you enter a referrer',
	},
	endpoint,
	handler: addParticipant,
	fields: [
		...campaignFields(endpoint),
		emailField(endpoint, 'The email address of the person to add, for example jo@example.com'),
		{
			displayName: 'Additional Fields',
			name: 'additionalFields',
			type: 'collection',
			placeholder: 'Add field',
			default: {},
			options: [
				{
					displayName: 'Custom Fields',
					name: 'customFields',
					type: 'fixedCollection',
					typeOptions: { multipleValues: true },
					placeholder: 'Add custom field',
					default: {},
					description:
						'Other fields to send. None are documented for the API; Referral Rocket may ignore them.',
					routing: sendAs(endpoint, 'customFields'),
					options: [
						{
							displayName: 'Field',
							name: 'field',
							values: [
								{
									displayName: 'Name',
									name: 'name',
									type: 'string',
									placeholder: 'e.g. company',
									default: '',
									description: 'The name of the field as Referral Rocket writes it',
								},
								{
									displayName: 'Value',
									name: 'value',
									type: 'string',
									placeholder: 'e.g. Acme',
									default: '',
									description: 'The value of the field',
								},
							],
						},
					],
				},
				nameField('firstName', 'Jo'),
				nameField('lastName', 'Doe'),
				{
					displayName: 'Referrer',
					name: 'referrer',
					type: 'string',
					placeholder: 'e.g. 7ZZp9eBG, sam@example.com or a share link',
					default: '',
					description:
						'The participant who referred this person, by referral code, email address or share link, for example 7ZZp9eBG or sam@example.com. Leave it empty for someone who was not referred.',
					routing: sendAs(endpoint, 'referredByCode'),
				},
			],
		},
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [
				{
					displayName: 'If Participant Exists',
					name: 'ifExists',
					type: 'options',
					default: 'return',
					description: 'What to do with a person who is already in the campaign',
					options: [
						{
							name: 'Return',
							value: 'return',
							description:
								'Return the existing participant unchanged; a referrer entered here is ignored',
						},
						{
							name: 'Fail',
							value: 'fail',
							description: 'Look the person up first, and fail if found',
						},
					],
				},
				{
					displayName: 'Report Whether New',
					name: 'lookUpFirst',
					type: 'boolean',
					default: false,
					description:
						'Whether to look each person up before adding, so that isNew in the output says whether someone is new to the campaign. Needs one extra request per item.',
				},
			],
		},
		...outputFields(endpoint),
	],
};
