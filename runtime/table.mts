import { getBorderCharacters, table } from 'table';

/**
 * @param rows the first of them is the head
 * @returns a table with its first column to the left and all others to the right
 */
export const asTable = (rows: unknown[][]): string =>
	table(rows, {
		border: getBorderCharacters('norc'),
		columns: [{ alignment: 'left' }],
		columnDefault: { alignment: 'right' },
		drawHorizontalLine: (line, count) => line < 2 || line === count,
	});
