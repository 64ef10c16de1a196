import type { IDataObject } from 'n8n-workflow';
import { checkedLimit } from './checks';
import { defaultPageSize } from './service';
import { simplified } from './simplify';
import type { Produce, ServiceCall } from './transport';
import { exchange, isObject, read, refused, unusable } from './transport';

interface Page {
	rows: IDataObject[];
	/** What the service says of the end: only a Page or Slice object does. */
	last?: boolean;
	total?: number;
}

/**
 * The Produce of operations that answer with participants. Reads page after page, exactly: new
 * participants that come in at the front push others onto later pages, never out of the list.
 * @throws NodeApiError when the list can't be read to its end: part of it is never given as the whole
 */
export const participants: Produce = async (call) => {
	const { context } = call;
	const limit = context.getNodeParameter('returnAll', false)
		? Infinity
		: checkedLimit(context.getNodeParameter('limit', 50));
	return (await readList(call, limit)).map(simplified(context));
};

async function readList(call: ServiceCall, limit: number): Promise<IDataObject[]> {
	const pageSize = Math.min(Number(call.values.pageSize ?? defaultPageSize), limit);
	const rowsByKey = new Map<string, IDataObject>();
	let listed = 0;
	let pagesWithoutNews = 0;
	let totalAtStart = 0;
	for (let page = 0; rowsByKey.size < limit; page++) {
		const { rows, last, total = 0 } = await readPage(call, page, pageSize);
		if (page === 0) totalAtStart = total;
		const known = rowsByKey.size;
		for (const row of rows) {
			const key = keyOf(row);
			if (!rowsByKey.has(key)) rowsByKey.set(key, row);
		}
		const hasNews = rowsByKey.size > known;
		if (hasNews) listed += rows.length;
		if (rows.length === 0 || last) {
			const found = Math.max(listed, rowsByKey.size);
			if (found < totalAtStart) throw await incomplete(call, found, totalAtStart);
			break;
		}
		// Once is how a service looks that counts its pages from 1; more often than that, and it may
		// give the first page for ever. A page far behind the end tells: it must be empty.
		pagesWithoutNews = hasNews ? 0 : pagesWithoutNews + 1;
		if (
			pagesWithoutNews === 2 &&
			(await readPage(call, page + 100_000, pageSize)).rows.length > 0
		) {
			throw await incomplete(call, rowsByKey.size);
		}
	}
	return [...rowsByKey.values()].slice(0, limit);
}

async function readPage(call: ServiceCall, page: number, pageSize: number): Promise<Page> {
	const pageCall = { ...call, values: { ...call.values, page, pageSize } };
	const answer = await exchange(pageCall);
	const body = (await read(pageCall, answer)) ?? [];
	const rows = isObject(body) ? body.content : body;
	if (!Array.isArray(rows) || !rows.every(isObject)) throw await unusable(pageCall, answer);
	if (!isObject(body)) return { rows };
	return {
		rows,
		last: body.last === true,
		total: typeof body.totalElements === 'number' ? body.totalElements : undefined,
	};
}

/** A participant is one email in one campaign, and the referral code is unique as well. */
function keyOf(row: IDataObject): string {
	const { email, referralCode } = row;
	return email === undefined && referralCode === undefined
		? JSON.stringify(row)
		: `${String(email)} ${String(referralCode)}`;
}

async function incomplete(call: ServiceCall, found: number, total?: number) {
	const { campaign } = call.values;
	return await refused(call, {
		message: `Referral Rocket gave only part of the participants of campaign "${campaign}", so none are passed on. Set Options → Page Size to 100 and run this again.`,
		description:
			total === undefined
				? `Every page was the same ${found} participants.`
				: `The list ended after ${found} of ${total} participants.`,
	});
}
