import type { IDataObject } from 'n8n-workflow';
import type { ApiCall } from '../../api/apiCall';
import { readCampaign } from '../../api/campaign';
import { statusMessage } from '../../api/errorMessages';
import { createApiError, type ErrorMessage } from '../../api/errors';
import { parseRow, redacted, request } from '../../api/request';
import {
	isNotFound,
	isRefusal,
	isSuccess,
	saysNotReferred,
	serviceMessage,
	type ApiResponse,
} from '../../api/response';
import { endpoints } from '../../api/specification';
import type { Handler } from '../../operations/handlers';
import type { Operation } from '../../operations/operation';
import { campaignFields, emailField, outputFields, sendAs } from '../../fields/sharedFields';
import { outputShape } from '../../fields/simplify';
import { lookUp, lookUpUntil, participantIn } from './lookUp';
import { resolveOutcome, sendOnce, sentRequest, takeTurn } from './turns';

const endpoint = endpoints.qualifyParticipant;

/** A final outcome for a person. If the request may succeed later, an error is thrown instead. */
type Result =
	{ outcome: 'qualified' | 'alreadyQualified'; participant: IDataObject } | NotQualified;

interface NotQualified {
	outcome: 'notReferred' | 'notInCampaign' | 'rejected';
	participant?: IDataObject;
	/** The service's own words, if it said anything. */
	reason: string;
	message: ErrorMessage;
	response: ApiResponse;
}

const isQualified = ({ rewardEventCompleted }: IDataObject) => rewardEventCompleted === true;

async function qualifyOnce(call: ApiCall, person: string): Promise<Result> {
	const earlier = sentRequest(person, endpoint);
	if (earlier?.isConfirmed === false) {
		const { participant, isNew } = await resolveOutcome(call, person, isQualified);
		return { outcome: isNew ? 'qualified' : 'alreadyQualified', participant };
	}

	let found = await lookUp(call);
	if (isRefusal(found.response)) return await refusedResult(found.call, found.response);
	// A look-up may not find someone yet who was added a moment ago.
	if (isNotFound(found.response) && sentRequest(person, endpoints.addParticipant)) {
		const isShown = await lookUpUntil(call, () => true);
		if (!isShown) throw createApiError(call, notFoundYetMessage(call));
		found = await lookUp(call);
	}
	const participant = participantIn(found);
	if (!participant) return await notInCampaign(call, found.response);
	if (earlier || isQualified(participant)) return { outcome: 'alreadyQualified', participant };
	if (participant.rewardEventCompleted !== false) throw createApiError(call, unclearMessage(call));

	const email = String(found.call.values.email);
	const sent = await sendOnce({ ...call, values: { ...call.values, email } }, person, {
		isNew: true,
		isShown: isQualified,
		isRefusal: (rejection) => saysNotReferred(rejection, email),
	});
	if (sent.participant) return { outcome: 'qualified', participant: sent.participant };
	const refused = await refusedResult(call, sent.response, participant);
	if (refused.outcome === 'notReferred') return refused;
	// Another n8n process may have been faster.
	const now = participantIn(await lookUp(call));
	return now && isQualified(now) ? { outcome: 'alreadyQualified', participant: now } : refused;
}

/** Qualifies without a look-up first: a participant may earn the reward more than once. */
async function qualifyAgain(call: ApiCall): Promise<Result> {
	const response = await request(call);
	if (isSuccess(response)) {
		return { outcome: 'qualified', participant: parseRow(call, response) };
	}
	if (!isNotFound(response)) return await refusedResult(call, response);
	const { call: found, response: lookedUp } = await lookUp(call);
	if (isNotFound(lookedUp)) return await notInCampaign(call, response);
	const { email } = found.values;
	if (email === call.values.email) return await refusedResult(call, response);
	return await qualifyAgain({ ...call, values: { ...call.values, email } });
}

/**
 * @param response with a status outside 200 to 299
 * @param participant as looked up before
 * @returns the final outcome for the person
 * @throws NodeApiError for a response that leaves open whether the request would succeed later
 */
async function refusedResult(
	call: ApiCall,
	response: ApiResponse,
	participant?: IDataObject,
): Promise<NotQualified> {
	const message = statusMessage(call, redacted(response));
	const reason = serviceMessage(redacted(response)) || String(message.details);
	if (saysNotReferred(response, String(call.values.email))) {
		const text = notReferredMessage(call, reason);
		return { outcome: 'notReferred', participant, reason, message: text, response };
	}
	if (!isRefusal(response)) throw createApiError(call, message, response);
	if (!participant) await confirmCampaign(call);
	return { outcome: 'rejected', participant, reason, message, response };
}

/** @throws NodeApiError if the campaign can't be read: then nothing is known about the person */
const confirmCampaign = async (call: ApiCall) => await readCampaign({ ...call, onSent: undefined });

async function notInCampaign(call: ApiCall, response: ApiResponse): Promise<NotQualified> {
	await confirmCampaign(call);
	const { campaign, email } = call.values;
	const message = {
		message: `Participant "${email}" is not in campaign "${campaign}".`,
		solution: 'Check the email address, or add the participant first.',
	};
	const words = serviceMessage(redacted(response));
	return { outcome: 'notInCampaign', reason: words || message.message, message, response };
}

const notFoundYetMessage = ({ values }: ApiCall): ErrorMessage => ({
	message: `Participant "${values.email}" was added to campaign "${values.campaign}" a moment ago, but can't be found yet.`,
	solution: 'Run this again in a few minutes.',
});

const notReferredMessage = ({ values }: ApiCall, reason: string): ErrorMessage => ({
	message: `Nobody referred participant "${values.email}", so there is nothing to qualify.`,
	solution: "To continue with such participants, set 'If Participant Can't Qualify' to Return.",
	details: `Referral Rocket gave this reason: "${reason}".`,
});

const unclearMessage = ({ values }: ApiCall): ErrorMessage => ({
	message: `Referral Rocket does not say whether participant "${values.email}" is already qualified.`,
	solution:
		"Look in Referral Rocket. To qualify the participant without this check, set 'If Already Qualified' to Qualify Again.",
});

/** @returns the result for an item that waited meanwhile; a rejection may depend on the item's own amount */
function resultForOthers(result: Result): Result | undefined {
	if (result.outcome === 'rejected') return undefined;
	return result.outcome === 'qualified' ? { ...result, outcome: 'alreadyQualified' } : result;
}

const qualifyParticipant: Handler = async (call) => {
	const { context, values } = call;
	const { campaign, email } = values;
	const sendsAlways = context.getNodeParameter('ifAlreadyQualified', 'return') === 'qualify';
	// An expression without a value means Fail.
	const fails = context.getNodeParameter('ifNotQualified', 'fail') !== 'return';
	const shape = outputShape(call);
	const result = sendsAlways
		? await qualifyAgain(call)
		: await takeTurn(call, async (person) => await qualifyOnce(call, person), resultForOthers);
	const { outcome, participant } = result;
	const fields = participant ? shape(participant) : { email, campaignId: campaign };
	if (!('reason' in result)) return [{ ...fields, outcome }];
	if (fails) throw createApiError(call, result.message, result.response);
	return [{ ...fields, outcome, reason: result.reason }];
};

export const qualify: Operation = {
	option: {
		value: 'qualify',
		action: 'Qualify participant',
		description:
			'Mark that a referred participant did what earns the reward, for example paid. The referrer becomes eligible for a reward.',
	},
	endpoint,
	handler: qualifyParticipant,
	fields: [
		...campaignFields(endpoint),
		emailField(
			endpoint,
			'The email address of the participant to qualify, for example jo@example.com. Only a participant who was referred can qualify.',
		),
		{
			displayName: 'If Already Qualified',
			name: 'ifAlreadyQualified',
			type: 'options',
			default: 'return',
			description: 'What to do with a participant who is already qualified',
			options: [
				{
					name: 'Qualify Again',
					value: 'qualify',
					description: 'Send the request every time, without checking. The reward may count twice.',
				},
				{
					name: 'Return',
					value: 'return',
					description: 'Look the participant up first and qualify nobody twice',
				},
			],
		},
		{
			displayName: "If Participant Can't Qualify",
			name: 'ifNotQualified',
			type: 'options',
			default: 'fail',
			description:
				'What to do with a person who is not in the campaign, was not referred, or is rejected by Referral Rocket',
			options: [
				{
					name: 'Fail',
					value: 'fail',
					description: 'Stop with a message, or use the error output',
				},
				{
					name: 'Return',
					value: 'return',
					description: 'Return the person with the outcome and the reason',
				},
			],
		},
		{
			displayName: 'Additional Fields',
			name: 'additionalFields',
			type: 'collection',
			placeholder: 'Add field',
			default: {},
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
		...outputFields(endpoint),
	],
};
