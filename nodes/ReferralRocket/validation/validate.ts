import { InvalidInputError } from '../api/errors';
import type { ParameterName, ParameterValues } from '../api/specification';
import { maxPageSize } from '../api/specification';
import { titleOf } from '../helpers/titles';
import type { CustomFields, Validator } from './validators';
import {
	amount,
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
	required?: true;
	/** As messages name the field, where that is not the parameter's own name. */
	label?: string;
}

/** What is not plain text, or must be filled in. */
const rules: Partial<Record<ParameterName, Rule>> = {
	campaign: { validate: campaign, required: true },
	email: { validate: email, required: true },
	code: { validate: code, required: true },
	referredByCode: { validate: referrer, label: "'Referrer'" },
	amount: { validate: amount },
	page: { validate: wholeNumber(Number.MAX_SAFE_INTEGER) },
	pageSize: { validate: wholeNumber(maxPageSize) },
	sort: { validate: sort },
};

/** @returns the label of the parameter's field, as messages name fields */
const labelOf = (name: ParameterName) => rules[name]?.label ?? `'${titleOf(name)}'`;

const createBlankError = (label: string) =>
	new InvalidInputError(
		`${label} is empty.`,
		'Fill it in, or check that its expression gives a value for every item.',
	);

/**
 * Validates what a user filled in, before anything is sent.
 * @param given the raw values of the operation's parameters
 * @param names the parameters of the endpoint
 * @param optional those of them that may be empty, although they are required elsewhere
 * @returns the filled ones, trimmed; a campaign link becomes the campaign's ID
 * @throws InvalidInputError for a missing or unusable value
 */
export function validateParameters(
	given: Partial<Record<ParameterName, unknown>>,
	names: ParameterName[],
	optional: ParameterName[] = [],
): ParameterValues {
	const values: ParameterValues = {};
	for (const name of names) {
		const { validate = text, required } = rules[name] ?? {};
		const value = given[name];
		if (name === 'customFields') {
			if (value) values[name] = customFields(value as CustomFields);
		} else if (!isBlank(value)) {
			values[name] = validate(value, labelOf(name));
		} else if (required && !optional.includes(name)) {
			throw createBlankError(labelOf(name));
		}
	}
	const { referredByCode, ...others } = values;
	// One field takes either.
	if (!String(referredByCode).includes('@')) return values;
	return { ...others, referredByEmail: referredByCode };
}

/**
 * @param given a campaign's ID or a link to it
 * @returns the ID; undefined for a blank one
 * @throws InvalidInputError for a link without an ID
 */
export function validateCampaign(given: unknown): string | undefined {
	return isBlank(given) ? undefined : String(campaign(given, labelOf('campaign')));
}

/**
 * @param value a referral code or a share link
 * @returns the code
 * @throws InvalidInputError for a blank one and for a link without a code
 */
export function validateReferralCode(value: unknown): string {
	const label = "'Referral Code'";
	if (isBlank(value)) throw createBlankError(label);
	return String(code(value, label));
}

/** @throws InvalidInputError for a blank email, if it is optional for the endpoint but needed now */
export function requireEmail({ email }: ParameterValues): void {
	if (email === undefined) throw createBlankError(labelOf('email'));
}

/**
 * @param limit what the user entered as Limit
 * @returns the limit as a whole number of 1 or more
 * @throws InvalidInputError for anything else: 0 would otherwise read the whole list
 */
export function validateLimit(limit: unknown): number {
	return Number(wholeNumber(Number.MAX_SAFE_INTEGER)(limit, "'Limit'"));
}
