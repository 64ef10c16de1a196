import { maxPageSize, type ParameterName, type ParameterValues } from '../api/specification';
import { titleOf } from '../helpers/titles';
import type { Validator } from './validators';
import {
	amount,
	anyText,
	campaign,
	code,
	count,
	customFields,
	email,
	isBlank,
	referrer,
	sort,
	text,
	wholeNumber,
} from './validators';

/** The parameters that are not plain text. A label replaces the parameter's own name in messages. */
const rules: Partial<Record<ParameterName, { validate: Validator; label?: string }>> = {
	campaign: { validate: campaign },
	email: { validate: email },
	code: { validate: code },
	referredByCode: { validate: referrer, label: "'Referrer'" },
	firstName: { validate: anyText },
	lastName: { validate: anyText },
	amount: { validate: amount },
	page: { validate: count },
	pageSize: { validate: wholeNumber(`from 1 to ${maxPageSize}`, maxPageSize) },
	sort: { validate: sort },
};

/** @returns the name of the parameter's field in messages, in single quotes */
const labelOf = (name: ParameterName) => rules[name]?.label ?? `'${titleOf(name)}'`;

/**
 * Validates what a user filled in, before anything is sent.
 * @param input the raw values of the operation's parameters
 * @param names the parameters of the endpoint
 * @param required the parameters that must not be empty, besides the campaign
 * @returns the values that aren't empty, trimmed; a link is replaced by the ID or code in it
 * @throws InvalidInputError for a missing or unusable value
 */
export function validateParameters(
	input: Partial<Record<ParameterName, unknown>>,
	names: ParameterName[],
	required: ParameterName[] = [],
): ParameterValues {
	const values: ParameterValues = {};
	for (const name of names) {
		const value = input[name];
		if (name === 'customFields') {
			if (value) values[name] = customFields(value);
		} else if (!isBlank(value) || name === 'campaign' || required.includes(name)) {
			const { validate = text } = rules[name] ?? {};
			values[name] = validate(value, labelOf(name));
		}
	}
	const { referredByCode, ...others } = values;
	// The same field accepts a code and an email address.
	if (!String(referredByCode).includes('@')) return values;
	return { ...others, referredByEmail: referredByCode };
}

/**
 * @param idOrLink of a campaign
 * @returns the ID; undefined if blank
 * @throws InvalidInputError for a link without an ID
 */
export function validateCampaign(idOrLink: unknown): string | undefined {
	return isBlank(idOrLink) ? undefined : campaign(idOrLink, labelOf('campaign'));
}
