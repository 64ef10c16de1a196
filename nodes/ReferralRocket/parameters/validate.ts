import { InvalidInputError } from '../api/errors';
import type { ParameterName, ParameterValues } from '../api/specification';
import { maxPageSize } from '../api/specification';

type Validator = (value: unknown, label: string) => string | number;

/** Control and format characters, spaces but the usual one, and halves of characters. */
const invisible =
	/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|[^ \P{Zs}]/gu;

const codePoint = (character: string) =>
	`[U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`;

const text: Validator = (value, label) => {
	if (typeof value !== 'string' && typeof value !== 'number') {
		throw new InvalidInputError(
			`${label} must be text. Check the value or expression in this field.`,
		);
	}
	if (typeof value === 'number' && !Number.isFinite(value)) {
		throw new InvalidInputError(
			`${label} "${value}" can't be used. Check the value or expression in this field.`,
		);
	}
	const given = String(value).trim();
	const shown = given.replace(invisible, codePoint);
	if (shown === given) return given;
	throw new InvalidInputError(
		`${label} "${shown}" contains an invisible character, shown here in square brackets. Delete it, or type the value again instead of pasting it.`,
	);
};

const email: Validator = (value, label) => {
	const address = String(text(value, label));
	if (!/^[^\s@<>,;:]+@[^\s@<>,;:]+\.[^\s@<>,;:.]+$/.test(address) || address.includes('..')) {
		throw new InvalidInputError(
			`${label} "${address}" is not an email address. Enter one address, like jo@example.com.`,
		);
	}
	return address;
};

const campaign: Validator = (value, label) => {
	const given = String(text(value, label));
	if (!/[/?]/.test(given)) return given;
	const link = given.includes('://') ? given : `https://${given}`;
	const id = URL.canParse(link) ? new URL(link).searchParams.get('id')?.trim() : undefined;
	if (!id) {
		throw new InvalidInputError(
			`The link "${given}" contains no campaign ID. Use a link with "id=" in it, like https://referralrocket.io/campaign?id=JCu82f30F1, or enter the ID itself.`,
		);
	}
	return id;
};

/** @returns a number, or a text that is nothing but digits and a point, as a number; else NaN */
function numberFrom(value: unknown): number {
	if (typeof value === 'number') return value;
	return typeof value === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : NaN;
}

const shown = (value: unknown) =>
	typeof value === 'object' ? JSON.stringify(value) : String(value);

const amount: Validator = (value, label) => {
	const number = numberFrom(value);
	if (Number.isFinite(number) && number >= 0) return number;
	throw new InvalidInputError(
		`${label} "${shown(value)}" can't be used. Enter a number of 0 or more, with a point for decimals.`,
	);
};

const wholeNumber =
	(max: number): Validator =>
	(value, label) => {
		const number = numberFrom(value);
		if (Number.isInteger(number) && number >= 1 && number <= max) return number;
		const range = max === Number.MAX_SAFE_INTEGER ? 'of 1 or more' : `from 1 to ${max}`;
		throw new InvalidInputError(
			`${label} "${shown(value)}" can't be used. Enter a whole number ${range}.`,
		);
	};

/** What is not plain text, or must be filled in. */
const rules: Partial<Record<ParameterName, { validate?: Validator; required?: true }>> = {
	campaign: { validate: campaign, required: true },
	email: { validate: email, required: true },
	code: { required: true },
	referredByEmail: { validate: email },
	amount: { validate: amount },
	page: { validate: wholeNumber(Number.MAX_SAFE_INTEGER) },
	pageSize: { validate: wholeNumber(maxPageSize) },
};

/** @returns the label of the parameter's field, as messages name fields */
const labelOf = (name: string) =>
	`'${name
		.replace(/^./, (first) => first.toUpperCase())
		.replace(/(?=[A-Z])/g, ' ')
		.trim()}'`;

/** Blank is what an empty field or an expression without a value gives; 0 and false are values. */
const isBlank = (value: unknown) =>
	value === undefined || value === null || (typeof value === 'string' && value.trim() === '');

/**
 * Validates what a user filled in, before anything is sent.
 * @param given the raw values of the operation's parameters
 * @param names the parameters that the operation takes
 * @returns the filled ones, trimmed; a campaign link becomes the campaign's ID
 * @throws InvalidInputError for a missing or unusable value, and for a referrer given twice
 */
export function validateParameters(
	given: Partial<Record<ParameterName, unknown>>,
	names: ParameterName[],
): ParameterValues {
	const values: ParameterValues = {};
	for (const name of names) {
		const { validate = text, required } = rules[name] ?? {};
		const value = given[name];
		if (!isBlank(value)) {
			values[name] = validate(value, labelOf(name));
		} else if (required) {
			throw new InvalidInputError(
				`${labelOf(name)} is empty. Fill it in, or check that its expression gives a value for every item.`,
			);
		}
	}
	if (values.referredByCode !== undefined && values.referredByEmail !== undefined) {
		throw new InvalidInputError(
			"'Referred By Code' and 'Referred By Email' are both filled in. Name the referrer by one of them.",
		);
	}
	return values;
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
 * @param limit what the user entered as Limit
 * @returns the limit as a whole number of 1 or more
 * @throws InvalidInputError for anything else: 0 would otherwise read the whole list
 */
export function validateLimit(limit: unknown): number {
	return Number(wholeNumber(Number.MAX_SAFE_INTEGER)(limit, labelOf('limit')));
}
