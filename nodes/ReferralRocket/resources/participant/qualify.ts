import type { IDataObject } from 'n8n-workflow';
import { abortable } from '../../api/abortable';
import { cancelSignalOf, type ApiCall } from '../../api/apiCall';
import { accountOf } from '../../api/authentication';
import { createApiError } from '../../api/errors';
import { parseRow } from '../../api/parseResponse';
import { participantKey } from '../../api/participant';
import { request } from '../../api/request';
import { credentialName, endpoints } from '../../api/specification';
import { participantLookUp, returnObject, type Handler } from '../../operations/handlers';
import type { Operation } from '../../operations/operation';
import { campaignFields, emailField, outputFields, sendAs, showFor } from '../../parameters/fields';
import { outputShape } from '../../parameters/simplify';

const endpoint = endpoints.qualifyParticipant;
const show = showFor('participant', 'qualify');

interface Qualified {
	participant: IDataObject;
	/** Whether it was done now, not earlier. */
	isNew: boolean;
}

/** What this n8n process is about to qualify, by account, campaign and email. */
const underWay = new Map<string, Promise<Qualified>>();

/** A shop may tell of one payment several times in the same moment, when looking up can not tell yet. */
async function qualifyOnce(call: ApiCall): Promise<Qualified> {
	const { connection, context, values } = call;
	const account = accountOf(connection.baseURL, await context.getCredentials(credentialName));
	const key = JSON.stringify([account, values.campaign, participantKey({ email: values.email })]);
	const signal = call.signal ?? cancelSignalOf(context);
	for (let other = underWay.get(key); other; other = underWay.get(key)) {
		const qualified = await abortable(
			signal,
			other.catch(() => undefined),
		);
		if (qualified) return { ...qualified, isNew: false };
	}
	const own = lookUpAndQualify(call);
	underWay.set(key, own);
	return await own.finally(() => underWay.delete(key));
}

async function lookUpAndQualify(call: ApiCall): Promise<Qualified> {
	const lookUp = participantLookUp(call);
	const participant = parseRow(lookUp, await request(lookUp));
	const { rewardEventCompleted: isQualified } = participant;
	if (isQualified === true) return { participant, isNew: false };
	if (isQualified === false) {
		return { participant: parseRow(call, await request(call)), isNew: true };
	}
	throw createApiError(call, {
		message: `Referral Rocket does not say whether participant "${call.values.email}" is qualified already.`,
		solution:
			"Look in Referral Rocket. To qualify the participant without a look, set 'If Qualified Already' in 'Options' to Qualify Again.",
	});
}

const qualifyParticipant: Handler = async (call) => {
	const { context } = call;
	if (context.getNodeParameter('options.ifQualified', 'qualify') !== 'return') {
		return await returnObject(call);
	}
	const shape = outputShape(call);
	const { participant, isNew } = await qualifyOnce(call);
	return [{ ...shape(participant), isNew }];
};

export const qualify: Operation = {
	option: {
		name: 'Qualify',
		value: 'qualify',
		action: 'Qualify participant',
		description:
			'Mark that a referred participant did what earns the reward, for example paid. The referrer becomes eligible for a reward.',
	},
	endpoint,
	handler: qualifyParticipant,
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
					// A number field would drop the comma of 49,90.
					type: 'string',
					placeholder: 'e.g. 49.90',
					default: '',
					description:
						"What the participant paid, in the campaign's currency, not in cents. Use a point for decimals and no other sign.",
					routing: sendAs(endpoint, 'amount'),
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
					displayName: 'If Qualified Already',
					name: 'ifQualified',
					type: 'options',
					default: 'qualify',
					description: 'What to do with a participant who is qualified already',
					options: [
						{
							name: 'Qualify Again',
							value: 'qualify',
							description: 'Send it without a look; the reward may count twice',
						},
						{
							name: 'Return',
							value: 'return',
							description:
								'Look the participant up first and qualify nobody twice; isNew in the output says whether this was the first time',
						},
					],
				},
			],
		},
		...outputFields(show, endpoint),
	],
};
