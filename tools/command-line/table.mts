import { getBorderCharacters, table } from 'table';

/**
 * @param rows the first of them is the head
 * @param widths of the columns in characters, for a table of text, which is wrapped and to the left
 * @returns a table; of figures without widths, with its first column to the left and all others to the right
 */
export const asTable = (rows: unknown[][], widths?: number[]): string =>
	table(rows, {
		border: getBorderCharacters('norc'),
		columns: widths?.map((width) => ({ width, wrapWord: true })) ?? [{ alignment: 'left' }],
		columnDefault: { alignment: widths ? 'left' : 'right' },
		drawHorizontalLine: (line, count) => widths !== undefined || line < 2 || line === count,
	});
