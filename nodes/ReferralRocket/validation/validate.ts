import { InvalidInputError } from '../api/errors';
import type { ParameterName, ParameterValues } from '../api/specification';
import { maxPageSize } from '../api/specification';
import { titleOf } from '../helpers/titles';
import type { CustomFields, Validator } from './validators';
import {
	amount,
	anyText,
	campaign,
	code,
	customFields,
	email,
	isBlank,
	referrer,
	sort,
	text,
	wholeNumber,
} from './validators';

interface Rule {
	validate?: Validator;
	/** The field's name in messages, if it isn't the parameter's own. */
	label?: string;
}

/** The parameters that are not plain text. */
const rules: Partial<Record<ParameterName, Rule>> = {
	campaign: { validate: campaign },
	email: { validate: email },
	code: { validate: code },
	referredByCode: { validate: referrer, label: "'Referrer'" },
	firstName: { validate: anyText },
	lastName: { validate: anyText },
	amount: { validate: amount },
	page: { validate: wholeNumber('of 1 or more') },
	pageSize: { validate: wholeNumber(`from 1 to ${maxPageSize}`, maxPageSize) },
	sort: { validate: sort },
};

/** @returns the name of the parameter's field in messages, in single quotes */
const labelOf = (name: ParameterName) => rules[name]?.label ?? `'${titleOf(name)}'`;

const createBlankError = (label: string) =>
	new InvalidInputError(
		`${label} is empty.`,
		'Fill it in, or check that its expression returns a value for every item.',
	);

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
		const { validate = text } = rules[name] ?? {};
		const value = input[name];
		if (name === 'customFields') {
			if (value) values[name] = customFields(value as CustomFields);
		} else if (!isBlank(value)) {
			values[name] = validate(value, labelOf(name));
		} else if (name === 'campaign' || required.includes(name)) {
			throw createBlankError(labelOf(name));
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
	return isBlank(idOrLink) ? undefined : String(campaign(idOrLink, labelOf('campaign')));
}

/**
 * @param value a referral code or a share link
 * @returns the code
 * @throws InvalidInputError if blank, and for a link without a code
 */
export function validateReferralCode(value: unknown, label = "'Referral Code'"): string {
	if (isBlank(value)) throw createBlankError(label);
	return String(code(value, label));
}

/** @throws InvalidInputError for a blank email, if it is optional for the endpoint but needed now */
export function requireEmail({ email }: ParameterValues): void {
	if (email === undefined) throw createBlankError(labelOf('email'));
}

/**
 * @param value numbers of friends, separated by commas
 * @returns the numbers, the smallest first
 * @throws InvalidInputError for a blank value and anything but whole numbers of 1 or more
 */
export function validateMilestones(value: unknown): number[] {
	const label = "'Milestones'";
	if (isBlank(value)) throw createBlankError(label);
	const numbers = String(value)
		.split(/[\s,]+/)
		.filter(Boolean);
	const milestones = numbers.map((number) => validateCount(number, label));
	return [...new Set(milestones)].sort((a, b) => a - b);
}

/**
 * @param label the field's name in messages
 * @returns the value as a whole number of 1 or more
 * @throws InvalidInputError for anything else
 */
export const validateCount = (value: unknown, label: string): number =>
	Number(wholeNumber('of 1 or more')(value, label));

/**
 * @param limit the value of Limit
 * @returns the limit as a whole number of 1 or more
 * @throws InvalidInputError for anything else
 */
export const validateLimit = (limit: unknown): number =>
	Number(wholeNumber("of 1 or more, or turn on 'Return All'")(limit, "'Limit'"));
