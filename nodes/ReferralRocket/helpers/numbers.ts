/** "1,050.00", "$75" or "-20 USD". Not "1,050" or "1.050": each can mean two amounts. */
const formatted =
	/^(-?[\p{L}\p{Sc}\s]*-?)(\d{1,3}(?:,\d{3})+(?=\.)|\d+)(\.\d{1,2}|\.\d{4,})?[\p{L}\p{Sc}\s]*$/u;

/**
 * @param value a number, or a text that contains one
 * @returns the number; undefined if the value is absent, empty or unreadable, which does not mean 0
 */
export function numberIn(value: unknown): number | undefined {
	if (typeof value === 'number') return value;
	const parts = typeof value === 'string' ? formatted.exec(value.trim()) : null;
	if (!parts) return undefined;
	const [, sign, whole, fraction = ''] = parts;
	return Number(whole.replaceAll(',', '') + fraction) * (sign.includes('-') ? -1 : 1);
}
