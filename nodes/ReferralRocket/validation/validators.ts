import { InvalidInputError } from '../api/errors';
import { campaignHost, campaignLink, endpoints, linkParameters } from '../api/specification';

/*
 * Validators of single fields. Each accepts the raw value and the label of the field, in single quotes,
 * and throws InvalidInputError.
 */

export type Validator<Value extends string | number = string | number> = (
	value: unknown,
	label: string,
) => Value;

/** @returns whether a field is empty, or its expression has no value; 0 and false are values */
export const isBlank = (value: unknown) =>
	value === undefined ||
	value === null ||
	(typeof value === 'string' && value.trim() === '') ||
	// An empty group of fields.
	JSON.stringify(value) === '{}';

const createBlankError = (label: string) =>
	new InvalidInputError(
		`${label} is empty.`,
		'Fill it in, or check that its expression returns a value for every item.',
	);

const createUnusableError = (label: string, value: unknown, solution: string) => {
	const shown = typeof value === 'object' ? JSON.stringify(value) : String(value);
	return new InvalidInputError(`${label} "${shown}" can't be used.`, solution);
};

/** Control and format characters, spaces other than the usual one, and halves of characters. */
const invisible =
	/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|[^ \P{Zs}]/gu;

const codePoint = (character: string) =>
	`[U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`;

/** Any text, even with invisible characters: names in some scripts need them. */
export const anyText: Validator<string> = (value, label) => {
	if (isBlank(value)) throw createBlankError(label);
	if (typeof value !== 'string' && typeof value !== 'number') {
		throw new InvalidInputError(
			`${label} must be text.`,
			'Check the value or expression in this field.',
		);
	}
	if (typeof value === 'number' && !Number.isFinite(value)) {
		throw createUnusableError(label, value, 'Check the value or expression in this field.');
	}
	return String(value).trim();
};

export const text: Validator<string> = (value, label) => {
	const trimmed = anyText(value, label);
	const visible = trimmed.replace(invisible, codePoint);
	if (visible === trimmed) return trimmed;
	throw new InvalidInputError(
		`${label} "${visible}" contains an invisible character, shown here in square brackets.`,
		'Delete it, or type the value again instead of pasting it.',
	);
};

/**
 * Rejects anything that can't be a single address, like a list or a link. The service decides about the
 * rest: some Japanese mobile addresses have dots that no standard allows.
 */
const addressPattern = /^[^\s@<>,;:[\]]+@([^\s@<>,;:[\].]+\.)+[^\s@<>,;:[\].]+$/;

export const email: Validator<string> = (value, label) => {
	const address = text(value, label);
	if (!addressPattern.test(address)) {
		throw new InvalidInputError(
			`${label} "${address}" is not an email address.`,
			'Enter one address, like jo@example.com.',
		);
	}
	return address;
};

/** @returns a validator that accepts a campaign ID or a referral code, also as part of a link */
const valueOrLink =
	(looksLikeLink: RegExp, what: string, parameter: string, example: string): Validator<string> =>
	(value, label) => {
		const entered = text(value, label);
		if (!looksLikeLink.test(entered)) return entered;
		const link = entered.includes('://') ? entered : `https://${entered}`;
		const { hostname, searchParams } = URL.canParse(link) ? new URL(link) : {};
		// A campaign can have its share links on a site of its own.
		const isFromOtherSite =
			parameter === linkParameters.campaign &&
			hostname?.includes('.') &&
			!campaignHost.test(hostname) &&
			!searchParams?.has(linkParameters.code);
		const found = searchParams?.get(parameter)?.trim();
		if (found && !isFromOtherSite) return found;
		throw new InvalidInputError(
			isFromOtherSite
				? `The link "${entered}" is from another site.`
				: `The link "${entered}" contains no ${what}.`,
			`In ${label}, use a link with "${parameter}=" in it, like ${example}, or enter the ${what} itself.`,
		);
	};

export const campaign = valueOrLink(
	/[/?]/,
	'campaign ID',
	linkParameters.campaign,
	`${campaignLink}JCu82f30F1`,
);

export const code = valueOrLink(
	/^\w+:\/\/|^[\w-]+(\.[\w-]+)+\//,
	'referral code',
	linkParameters.code,
	`${campaignLink}JCu82f30F1&${linkParameters.code}=8Mnu09TD`,
);

/** A share link may contain an email address, too. */
const shareLink = new RegExp(`^\\s*\\w+://|${linkParameters.code}=`);

export const referrer: Validator = (value, label) =>
	String(value).includes('@') && !shareLink.test(String(value))
		? email(value, label)
		: code(value, label);

/** Accepts the fields of Sort; returns a field and a direction, separated by a comma. */
export const sort: Validator = (value) => {
	const { sorting = {} } = value as { sorting?: Record<string, unknown> };
	const { field = 'createdOn', fieldName = '', direction = 'desc' } = sorting;
	const name = field === 'other' ? fieldName : field;
	if (!isBlank(name)) return `${text(name, "'Field Name'")},${direction}`;
	throw new InvalidInputError("'Field Name' of 'Sort' is empty.", 'Enter the field to sort by.');
};

/** @returns the number, also from text with digits and at most one decimal point; otherwise NaN */
function numberFrom(value: unknown): number {
	if (typeof value === 'number') return value;
	return typeof value === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : NaN;
}

export const amount: Validator = (value, label) => {
	const number = numberFrom(value);
	// 15 digits are exact, so 0.1 + 0.2 is 0.3. The API documents the amount as text.
	const decimal = number < 1e15 ? String(Number(number.toPrecision(15))) : '';
	if (/^\d+(\.\d+)?$/.test(decimal)) return decimal;
	throw createUnusableError(
		label,
		value,
		'Enter digits, with a point before decimals and nothing else, like 49.90 or 1250.',
	);
};

export const wholeNumber =
	(range: string, max = Number.MAX_SAFE_INTEGER): Validator<number> =>
	(value, label) => {
		const number = numberFrom(value);
		if (Number.isInteger(number) && number >= 1 && number <= max) return number;
		throw createUnusableError(label, value, `Enter a whole number ${range}.`);
	};

/** Accepts the values of the options Yes and No. */
export const yesOrNo: Validator<string> = (value, label) => {
	if (value === 'yes' || value === 'no') return value;
	const solution = 'Choose Yes or No; an expression must return yes or no.';
	throw createUnusableError(label, value, solution);
};

export const count = wholeNumber('of 1 or more');
export const limit = wholeNumber("of 1 or more, or turn on 'Return All'");

/** Accepts numbers of friends, separated by commas; returns them once each, the smallest first. */
export function milestones(value: unknown, label: string): number[] {
	if (isBlank(value)) throw createBlankError(label);
	const numbers = String(value)
		.split(/[\s,]+/)
		.filter(Boolean);
	return [...new Set(numbers.map((number) => count(number, label)))].sort((a, b) => a - b);
}

/** @returns the custom fields by name */
export function customFields(value: unknown): Record<string, unknown> {
	const { field: fields = [] } = value as { field?: Array<Record<'name' | 'value', unknown>> };
	const nodeFields = Object.values(endpoints.addParticipant.parameters);
	const values = new Map<string, unknown>();
	for (const field of fields) {
		if (isBlank(field.name)) {
			throw new InvalidInputError(
				"'Name' of a custom field is empty.",
				"Enter the field's name as Referral Rocket writes it.",
			);
		}
		const name = text(field.name, "'Name'");
		if (nodeFields.includes(name)) {
			throw new InvalidInputError(
				`The custom field "${name}" has its own field in this node.`,
				'Use that field instead.',
			);
		}
		// n8n's HTTP client drops fields with these names.
		if (['__proto__', 'constructor', 'prototype'].includes(name)) {
			throw new InvalidInputError(
				`n8n can't send a custom field with the name "${name}".`,
				'Use another name.',
			);
		}
		if (values.has(name)) {
			throw new InvalidInputError(
				`There are two custom fields with the name "${name}".`,
				'Delete one of them.',
			);
		}
		values.set(name, field.value);
	}
	return Object.fromEntries(values);
}
