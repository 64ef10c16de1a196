import type { IDataObject } from 'n8n-workflow';

/** The end of a list at which participants join. */
export type End = 'front' | 'back';

/** Sorts those first who joined first. Texts as ISO 8601 writes times sort as such. */
export function byJoining(a: IDataObject, b: IDataObject): number {
	const [first, second] = [String(a.createdOn), String(b.createdOn)];
	if (first === second) return 0;
	return first < second ? -1 : 1;
}

/** @returns where a list has its newest participants, if it is in the order in which they joined */
export function newestAt(rows: IDataObject[]): End | undefined {
	const orders = new Set<number>();
	for (let index = 1; index < rows.length; index++) {
		orders.add(byJoining(rows[index - 1], rows[index]));
	}
	if (orders.has(1) === orders.has(-1)) return undefined;
	return orders.has(1) ? 'front' : 'back';
}
