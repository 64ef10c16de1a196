import { getBorderCharacters, table } from 'table';

/**
 * @param rows the first row is the header
 * @param widths column widths in characters, for a table of text: cells wrap and are left-aligned
 * @returns the table; without widths a table of figures, with all but the first column right-aligned
 */
export const asTable = (rows: unknown[][], widths?: number[]): string =>
	table(rows, {
		border: getBorderCharacters('norc'),
		columns: widths?.map((width) => ({ width, wrapWord: true })) ?? [{ alignment: 'left' }],
		columnDefault: { alignment: widths ? 'left' : 'right' },
		drawHorizontalLine: (line, count) => widths !== undefined || line < 2 || line === count,
	});
