import { createApiError } from '../../api/errors';
import { parseRow } from '../../api/parseResponse';
import { request } from '../../api/request';
import { isNotFound, saysAlreadyExists, type ApiResponse } from '../../api/response';
import { endpoints } from '../../api/specification';
import { participantLookUp, type Handler } from '../../operations/handlers';
import type { Operation } from '../../operations/operation';
import { campaignFields, emailField, outputFields, sendAs, showFor } from '../../parameters/fields';
import { outputShape } from '../../parameters/simplify';

const endpoint = endpoints.addParticipant;
const show = showFor('participant', 'add');

const existsMessage = (email: unknown, campaign: unknown) => ({
	message: `Participant "${email}" is already in campaign "${campaign}".`,
	solution:
		"To go on with the participant as it is, set 'If Participant Exists' in 'Options' to Return.",
});

/**
 * Whether adding someone twice is refused is not documented. Where it is, the participant is looked up:
 * only that proves the refusal to be about a participant who already exists. Where it is not, only looking
 * up before tells.
 */
const addParticipant: Handler = async (call) => {
	const { context, values } = call;
	const { campaign, email } = values;
	const fails = context.getNodeParameter('options.ifExists', 'return') === 'fail';
	const looksUpFirst = fails || context.getNodeParameter('options.lookUpFirst', false) === true;
	const shape = outputShape(call);
	const lookUp = participantLookUp(call);

	const existing = (response: ApiResponse, status?: number) => {
		const participant = parseRow(lookUp, response);
		if (fails) throw createApiError(call, existsMessage(email, campaign), status);
		return [{ ...shape(participant), isNew: false }];
	};

	if (looksUpFirst) {
		const found = await request(lookUp);
		if (!isNotFound(found)) return existing(found);
	}
	const response = await request(call);
	if (!saysAlreadyExists(response, String(email))) {
		const added = shape(parseRow(call, response));
		return [looksUpFirst ? { ...added, isNew: true } : added];
	}
	lookUp.progress =
		'Before that, Referral Rocket refused to add the participant, who already exists.';
	const found = await request(lookUp);
	if (isNotFound(found)) return [parseRow(call, response)];
	return existing(found, response.status);
};

export const add: Operation = {
	option: {
		name: 'Add',
		value: 'add',
		action: 'Add participant to campaign',
		description:
			'Add someone to a campaign by email, as a referral of another participant if a referrer is given',
	},
	endpoint,
	handler: addParticipant,
	fields: [
		...campaignFields(show, endpoint),
		emailField(
			show,
			endpoint,
			'The email address of the person to add, for example jo@example.com',
		),
		{
			displayName: 'Additional Fields',
			name: 'additionalFields',
			type: 'collection',
			placeholder: 'Add field',
			default: {},
			displayOptions: show,
			options: [
				{
					displayName: 'Custom Fields',
					name: 'customFields',
					type: 'fixedCollection',
					typeOptions: { multipleValues: true },
					placeholder: 'Add custom field',
					default: {},
					description:
						'Other fields to send. Referral Rocket documents none; its browser SDK calls the first and last name fName and lName.',
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
									placeholder: 'e.g. fName',
									default: '',
									description: 'The name of the field as Referral Rocket writes it',
								},
								{
									displayName: 'Value',
									name: 'value',
									type: 'string',
									placeholder: 'e.g. Jo',
									default: '',
									description: 'What to send in this field',
								},
							],
						},
					],
				},
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
			displayOptions: show,
			options: [
				{
					displayName: 'If Participant Exists',
					name: 'ifExists',
					type: 'options',
					default: 'return',
					description: 'What to do with a person who is in the campaign already',
					options: [
						{
							name: 'Return',
							value: 'return',
							description:
								'Go on with the participant as it is; a referrer given here changes nothing',
						},
						{
							name: 'Fail',
							value: 'fail',
							description: 'Look the person up first, and stop with a message',
						},
					],
				},
				{
					displayName: 'Tell New From Existing',
					name: 'lookUpFirst',
					type: 'boolean',
					default: false,
					description:
						'Whether to look each person up before adding, so that isNew in the output says whether someone is new to the campaign. Takes one more request for each item.',
				},
			],
		},
		...outputFields(show, endpoint),
	],
};
