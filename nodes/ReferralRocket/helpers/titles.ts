/**
 * @param name of a field, for example campaignId
 * @returns the name in title case, like n8n's labels, for example Campaign ID
 */
export const titleOf = (name: string): string =>
	name
		.replace(/^./, (first) => first.toUpperCase())
		.replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
		.replace(/\bId\b/, 'ID')
		.trim();
