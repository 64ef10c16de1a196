import { campaignFields, emailField, outputFields, sendAs, showFor } from '../../parameters/fields';
import { returnObject } from '../../operations/handlers';
import type { Operation } from '../../operations/operation';
import { endpoints } from '../../api/specification';

const endpoint = endpoints.qualifyParticipant;
const show = showFor('participant', 'qualify');

export const qualify: Operation = {
	option: {
		name: 'Qualify',
		value: 'qualify',
		action: 'Qualify a participant',
		description:
			'Mark that a referred participant did what earns the reward, for example paid. The referrer becomes eligible for a reward.',
	},
	endpoint,
	handler: returnObject,
	fields: [
		...campaignFields(show, endpoint),
		emailField(
			show,
			endpoint,
			'The email address of the participant to qualify, for example jo@example.com. Only a participant who was referred can qualify.',
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
					displayName: 'Amount',
					name: 'amount',
					type: 'number',
					typeOptions: { minValue: 0, numberPrecision: 2 },
					default: 0,
					description:
						"What the participant paid, in the campaign's currency, for example 49.90, not in cents",
					routing: sendAs(endpoint, 'amount'),
				},
			],
		},
		...outputFields(show),
	],
};
