/**
 * @param name of a field, for example campaignId
 * @returns the name in title case, like n8n's labels, for example Campaign ID
 */
export const titleOf = (name: string): string =>
	name
		.replace(/^./, (first) => first.toUpperCase())
		.replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
		.replace(/\bId\b/, 'ID');

/** @returns the name as it appears within a sentence, for example campaign ID */
export const phraseOf = (name: string): string =>
	titleOf(name).replace(/[A-Z](?=[a-z])/g, (letter) => letter.toLowerCase());
