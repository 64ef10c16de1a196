/**
 * @param name of a field, for example referralCode
 * @returns it as n8n writes labels, for example Referral Code
 */
export const titleOf = (name: string): string =>
	name
		.replace(/^./, (first) => first.toUpperCase())
		.replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
		.trim();
