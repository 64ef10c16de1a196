import type { IDataObject } from 'n8n-workflow';
import { participantTotals, rewards } from '../../api/specification';
import { numberIn } from '../../helpers/numbers';
import type { Changes } from './events';

/*
 * A participant's numbers as a short text: "!,5,100" is a qualified participant with five referrals
 * and a reward of 100. Zeros are omitted, and so are balances that follow from the other numbers.
 * The snapshot of a participant with nothing is empty.
 */

type Values = Record<string, number | boolean>;

const qualified = 'rewardEventCompleted';
const balances = rewards.map(({ balance }) => balance);
/** The most referrals so far. A milestone counts once, even if their number falls and rises again. */
const mostReferrals = 'mostReferrals';
/** Those that are omitted most come last. */
const numbers = [
	...participantTotals.filter((name) => !balances.includes(name)),
	...balances,
	mostReferrals,
];

/** A balance that only redemptions have reduced, rounded to hundredths like the service's. Other numbers: 0. */
function expectedNumber(name: string, values: Values): number {
	if (name === mostReferrals) return Number(values.totalReferrals);
	const reward = rewards.find(({ balance }) => balance === name);
	if (!reward) return 0;
	const left = Number(values[reward.earned]) - Number(values[reward.redeemed]);
	return Math.round(left * 100) / 100;
}

/**
 * @param participant a row of the list
 * @param before the snapshot of the last poll: a number that can't be read now stays the same
 * @returns the current snapshot; empty for a participant with nothing
 */
export function snapshotOf(participant: IDataObject, before = ''): string {
	const values = valuesIn(before);
	for (const name of participantTotals) values[name] = numberIn(participant[name]) ?? values[name];
	values[mostReferrals] = Math.max(Number(values[mostReferrals]), Number(values.totalReferrals));
	const parts = numbers.map((name) =>
		values[name] === expectedNumber(name, values) ? '' : String(values[name]),
	);
	const isQualified = participant[qualified];
	if (typeof isQualified === 'boolean' ? isQualified : values[qualified]) parts.unshift('!');
	return parts.join().replace(/,+$/, '');
}

/** @param snapshot as snapshotOf returns it */
function valuesIn(snapshot: string): Values {
	const parts = snapshot.split(',');
	const isQualified = parts[0] === '!';
	if (isQualified) parts.shift();
	const values: Values = {};
	numbers.forEach((name, index) => {
		values[name] = parts[index] ? Number(parts[index]) : expectedNumber(name, values);
	});
	values[qualified] = isQualified;
	return values;
}

/** @returns the fields that differ between two snapshots */
export function changesBetween(before: string, after: string): Changes {
	const [old, now] = [valuesIn(before), valuesIn(after)];
	const changed = [...participantTotals, qualified].filter((name) => old[name] !== now[name]);
	return Object.fromEntries(changed.map((name) => [name, { from: old[name], to: now[name] }]));
}

/** @returns the milestones that a participant has reached for the first time */
export function milestonesBetween(before: string, after: string, milestones: number[]): number[] {
	if (milestones.length === 0) return [];
	const [old, now] = [before, after].map((snapshot) => Number(valuesIn(snapshot)[mostReferrals]));
	return milestones.filter((milestone) => old < milestone && milestone <= now);
}
