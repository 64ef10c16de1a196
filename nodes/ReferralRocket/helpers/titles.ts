/**
 * @param name of a field, for example referralCode
 * @returns the name in title case, like n8n's labels, for example Referral Code
 */
export const titleOf = (name: string): string =>
	name
		.replace(/^./, (first) => first.toUpperCase())
		.replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
		.trim();
