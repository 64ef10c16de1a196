import { tryToParseDateTime, type IDataObject } from 'n8n-workflow';
import type { ApiCall } from '../api/apiCall';
import { createApiError, InvalidInputError } from '../api/errors';
import { numberIn } from '../helpers/numbers';
import { titleOf } from '../helpers/titles';
import * as validators from '../validation/validators';

/** @returns Unix milliseconds; undefined for anything but a time */
const timeIn = ({ createdOn }: IDataObject) =>
	new Date(createdOn as string | number).getTime() || undefined;

/** @returns undefined if the row lacks the value */
type Test = (row: IDataObject) => boolean | undefined;

/**
 * @param call of an item; its node may have Filters
 * @returns a filter for its rows
 * @throws InvalidInputError for a filter with an unusable value
 */
export function filterOf(call: ApiCall) {
	const { context, values } = call;
	const filters = context.getNodeParameter('filters', {}) as IDataObject;
	const tests: Array<[label: string, test: Test]> = [];
	const add = (name: string, createTest: (value: unknown, label: string) => Test) => {
		const label = `'${titleOf(name)}'`;
		if (!validators.isBlank(filters[name])) tests.push([label, createTest(filters[name], label)]);
	};
	const timeOf = (value: unknown, label: string) => {
		try {
			return tryToParseDateTime(value, context.getTimezone()).toMillis();
		} catch {
			// Not a time.
		}
		throw new InvalidInputError(`${label} "${value}" is not a time.`, 'Choose a date and time.');
	};
	const testTime =
		(passes: (time: number) => boolean): Test =>
		(row) => {
			const time = timeIn(row);
			return time === undefined ? undefined : passes(time);
		};
	let after = -Infinity;
	add('joinedAfter', (value, label) => {
		after = timeOf(value, label);
		return testTime((time) => time >= after);
	});
	add('joinedBefore', (value, label) => {
		const before = timeOf(value, label);
		return testTime((time) => time < before);
	});
	add('minimumReferrals', (value, label) => {
		const minimum = validators.count(value, label);
		return ({ totalReferrals }) => {
			const total = numberIn(totalReferrals);
			return total === undefined ? undefined : total >= minimum;
		};
	});
	add('qualified', (value, label) => {
		const isQualified = validators.yesOrNo(value, label) === 'yes';
		return ({ rewardEventCompleted }) => {
			if (typeof rewardEventCompleted !== 'boolean') return undefined;
			return rewardEventCompleted === isQualified;
		};
	});
	add('referredBy', (value, label) => {
		const code = validators.code(value, label);
		// Someone without a code was not referred with this one.
		return ({ referredByCode }) => String(referredByCode) === code;
	});

	let earliest = Infinity;
	let isNewestFirst = values.sort === 'createdOn,desc' && after > -Infinity;
	return {
		isEmpty: tests.length === 0,
		/** @throws NodeApiError if the row lacks a value that a filter needs, as it can't simply be left out */
		passes: (row: IDataObject) =>
			tests.every(([label, test]) => {
				const result = test(row);
				if (result !== undefined) return result;
				throw createApiError(call, {
					message: `Participant "${row.email}" has no value that the filter ${label} can use, so no participants are returned.`,
					solution: `Remove ${label} from 'Filters', and add an If node after this one instead.`,
				});
			}),
		/** @returns whether no row after these can pass */
		isPast: (rows: IDataObject[]) => {
			if (!isNewestFirst) return false;
			// The service may ignore the order.
			for (const time of rows.map(timeIn)) {
				isNewestFirst &&= time !== undefined && time <= earliest;
				earliest = time ?? earliest;
			}
			return isNewestFirst && earliest < after;
		},
	};
}
