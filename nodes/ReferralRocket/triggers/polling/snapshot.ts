import type { IDataObject } from 'n8n-workflow';
import { participantTotals, rewards } from '../../api/specification';
import type { Changes } from './events';

/*
 * What is remembered of a participant's numbers, as a short text: "!,5,100" is someone who is
 * qualified, with five referrals and a reward of 100. A zero is left out, and so is a balance that is what
 * the other numbers say. Someone with nothing is an empty text.
 */

type Values = Record<string, number | boolean>;

const qualified = 'rewardEventCompleted';
const balances = rewards.map(({ balance }) => balance);
/** The balances come last, as they are left out most. */
const numbers = [...participantTotals.filter((name) => !balances.includes(name)), ...balances];

/** However a number is written, and null for none, it is the same number. */
function numberOf(value: unknown): number {
	const number = Number(value ?? 0);
	return Number.isFinite(number) ? number : 0;
}

/** What is left of a reward if nothing else is taken from it. The service counts in hundredths. */
function expectedNumber(name: string, values: Values): number {
	const reward = rewards.find(({ balance }) => balance === name);
	if (!reward) return 0;
	return Number((Number(values[reward.earned]) - Number(values[reward.redeemed])).toFixed(2));
}

/** @returns what is remembered of a participant; an empty text for someone who has nothing */
export function snapshotOf(participant: IDataObject): string {
	const values: Values = {};
	for (const name of numbers) values[name] = numberOf(participant[name]);
	const parts = numbers.map((name) =>
		values[name] === expectedNumber(name, values) ? '' : String(values[name]),
	);
	if (participant[qualified] === true) parts.unshift('!');
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

/** @returns what differs between two snapshots */
export function changesBetween(before: string, after: string): Changes {
	const [old, now] = [valuesIn(before), valuesIn(after)];
	const changed = [...participantTotals, qualified].filter((name) => old[name] !== now[name]);
	return Object.fromEntries(changed.map((name) => [name, { from: old[name], to: now[name] }]));
}
