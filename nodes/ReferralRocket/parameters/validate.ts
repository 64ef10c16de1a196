import type { ParameterName } from '../api/specification';
import { maxPageSize } from '../api/specification';

export type Values = Partial<Record<ParameterName, string | number>>;

/** Bad input, in the builder's words. The transport adds the item it belongs to. */
export class InvalidInput extends Error {}

type Check = (value: unknown, label: string) => string | number;

/** Control and format characters, spaces but the usual one, and halves of characters. */
const invisible =
	/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|[^ \P{Zs}]/gu;

const codePoint = (character: string) =>
	`[U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`;

const text: Check = (value, label) => {
	if (typeof value !== 'string' && typeof value !== 'number') {
		throw new InvalidInput(`${label} must be text. Check the value or expression in this field.`);
	}
	if (typeof value === 'number' && !Number.isFinite(value)) {
		throw new InvalidInput(
			`${label} "${value}" can't be used. Check the value or expression in this field.`,
		);
	}
	const given = String(value).trim();
	const shown = given.replace(invisible, codePoint);
	if (shown === given) return given;
	throw new InvalidInput(
		`${label} "${shown}" contains an invisible character, shown here in square brackets. Delete it, or type the value again instead of pasting it.`,
	);
};

const email: Check = (value, label) => {
	const address = String(text(value, label));
	if (!/^[^\s@<>,;:]+@[^\s@<>,;:]+\.[^\s@<>,;:.]+$/.test(address) || address.includes('..')) {
		throw new InvalidInput(
			`${label} "${address}" is not an email address. Enter one address, like jo@example.com.`,
		);
	}
	return address;
};

const campaign: Check = (value, label) => {
	const given = String(text(value, label));
	if (!/[/?]/.test(given)) return given;
	const link = given.includes('://') ? given : `https://${given}`;
	const id = URL.canParse(link) ? new URL(link).searchParams.get('id')?.trim() : undefined;
	if (!id) {
		throw new InvalidInput(
			`The link "${given}" holds no campaign ID. Use a link with "id=" in it, like https://referralrocket.io/campaign?id=JCu82f30F1, or enter the ID itself.`,
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

const amount: Check = (value, label) => {
	const number = numberFrom(value);
	if (Number.isFinite(number) && number >= 0) return number;
	throw new InvalidInput(
		`${label} "${shown(value)}" can't be used. Enter a number of 0 or more, with a point for decimals.`,
	);
};

const wholeNumber =
	(max: number): Check =>
	(value, label) => {
		const number = numberFrom(value);
		if (Number.isInteger(number) && number >= 1 && number <= max) return number;
		const range = max === Number.MAX_SAFE_INTEGER ? 'of 1 or more' : `from 1 to ${max}`;
		throw new InvalidInput(
			`${label} "${shown(value)}" can't be used. Enter a whole number ${range}.`,
		);
	};

const checks: Record<ParameterName, { label: string; check: Check; required?: true }> = {
	campaign: { label: 'Campaign', check: campaign, required: true },
	email: { label: 'Email', check: email, required: true },
	code: { label: 'Code', check: text, required: true },
	referredByCode: { label: 'Referred By Code', check: text },
	referredByEmail: { label: 'Referred By Email', check: email },
	amount: { label: 'Amount', check: amount },
	page: { label: 'Page', check: wholeNumber(Number.MAX_SAFE_INTEGER) },
	pageSize: { label: 'Page Size', check: wholeNumber(maxPageSize) },
	sort: { label: 'Sort', check: text },
};

/** Blank is what an empty field or an expression without a value gives; 0 and false are values. */
const isBlank = (value: unknown) =>
	value === undefined || value === null || (typeof value === 'string' && value.trim() === '');

/**
 * Checks what a builder filled in, before anything is sent.
 * @param given the raw values of the operation's parameters
 * @param names the parameters that the operation takes
 * @returns the filled ones, trimmed; a campaign link becomes the campaign's ID
 * @throws InvalidInput for a missing or unusable value, and for a referrer given twice
 */
export function checkedValues(
	given: Partial<Record<ParameterName, unknown>>,
	names: ParameterName[],
): Values {
	const values: Values = {};
	for (const name of names) {
		const { label, check, required } = checks[name];
		const value = given[name];
		if (!isBlank(value)) {
			values[name] = check(value, label);
		} else if (required) {
			throw new InvalidInput(
				`${label} is empty. Fill it in, or check that its expression gives a value for every item.`,
			);
		}
	}
	if (values.referredByCode !== undefined && values.referredByEmail !== undefined) {
		throw new InvalidInput(
			'Referred By Code and Referred By Email are both filled in. Name the referrer by one of them.',
		);
	}
	return values;
}

/**
 * @param given a campaign's ID or a link to it
 * @returns the ID; undefined for a blank one
 * @throws InvalidInput for a link without an ID
 */
export function checkedCampaign(given: unknown): string | undefined {
	return isBlank(given) ? undefined : String(campaign(given, checks.campaign.label));
}

/**
 * @param limit what the builder entered as Limit
 * @returns the limit as a whole number of 1 or more
 * @throws InvalidInput for anything else: 0 would otherwise read the whole list
 */
export function checkedLimit(limit: unknown): number {
	return Number(wholeNumber(Number.MAX_SAFE_INTEGER)(limit, 'Limit'));
}
