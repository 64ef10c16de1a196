import { createApiError } from '../../api/errors';
import { parseObject } from '../../api/parseResponse';
import { request } from '../../api/request';
import { isNotFound, saysAlreadyExists } from '../../api/response';
import { endpoints } from '../../api/specification';
import type { Handler } from '../../operations/handlers';
import type { Operation } from '../../operations/operation';
import { campaignField, emailField, sendAs, showFor } from '../../parameters/fields';

const endpoint = endpoints.addParticipant;
const show = showFor('participant', 'add');

/**
 * Whether adding someone twice is refused is not documented. Where it is, the participant is looked up:
 * only that proves the refusal to be about a participant who already exists.
 */
const addParticipant: Handler = async (call) => {
	const response = await request(call);
	const { campaign, email } = call.values;
	if (!saysAlreadyExists(response, String(email))) return [parseObject(call, response)];
	const lookUp = {
		...call,
		endpoint: endpoints.getParticipant,
		values: { campaign, email },
		progress: 'Before that, Referral Rocket refused to add the participant, who already exists.',
	};
	const found = await request(lookUp);
	if (isNotFound(found)) return [parseObject(call, response)];
	const participant = parseObject(lookUp, found);
	if (call.context.getNodeParameter('options.ifExists', 'return') === 'return') {
		return [participant];
	}
	throw createApiError(
		call,
		{
			message: `Participant "${email}" is already in campaign "${campaign}".`,
			solution:
				"To go on with the participant as it is, set 'If Participant Exists' in 'Options' to Return.",
		},
		response.status,
	);
};

export const add: Operation = {
	option: {
		name: 'Add',
		value: 'add',
		action: 'Add a participant',
		description:
			'Add someone to a campaign by email, as a referral of another participant if a referrer is given',
	},
	endpoint,
	handler: addParticipant,
	fields: [
		campaignField(show, endpoint),
		emailField(show, endpoint, 'The email address of the person to add'),
		{
			displayName: 'Additional Fields',
			name: 'additionalFields',
			type: 'collection',
			placeholder: 'Add field',
			default: {},
			displayOptions: show,
			options: [
				{
					displayName: 'Referred By Code',
					name: 'referredByCode',
					type: 'string',
					placeholder: 'e.g. 7ZZp9eBG',
					default: '',
					description:
						"The referral code of the participant who referred this person. Leave the referrer's email empty then.",
					routing: sendAs(endpoint, 'referredByCode'),
				},
				{
					displayName: 'Referred By Email',
					name: 'referredByEmail',
					type: 'string',
					placeholder: 'e.g. sam@example.com',
					default: '',
					description:
						"The email address of the participant who referred this person. Leave the referrer's code empty then.",
					routing: sendAs(endpoint, 'referredByEmail'),
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
					description:
						'What to do when Referral Rocket says that the person is in the campaign already',
					options: [
						{
							name: 'Return',
							value: 'return',
							description:
								'Go on with the participant as it is; a referrer given here changes nothing',
						},
						{ name: 'Fail', value: 'fail', description: 'Stop with a message' },
					],
				},
			],
		},
	],
};
