import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { asTable } from '../command-line/table.mts';
import { checks, visitTo, type Check, type Finding, type Session } from './checks.mts';
import { NotSeen, type Service } from './service.mts';
import type { Trial } from './trial.mts';

export interface Row {
	assumed: string;
	seen: string;
	verdict: 'holds' | 'differs' | 'not seen';
	/** The line of code that relies on it, in nodes/ReferralRocket, as api/specification.ts:12. */
	line: string;
}

const longest = 400;

/**
 * Goes through all checks, one after the other.
 * @param say is told how far it got
 */
export async function rowsOf(
	service: Service,
	trial: Trial,
	say: (progress: string) => void,
): Promise<Row[]> {
	const session = visitTo(service, trial);
	const rows: Row[] = [];
	for (const [index, { assumed, code, inspect }] of checks.entries()) {
		say(`${index + 1} of ${checks.length}`);
		const { seen, holds } = await findingOf(inspect, session);
		rows.push({
			assumed,
			seen: printable(seen),
			verdict: holds === undefined ? 'not seen' : holds ? 'holds' : 'differs',
			line: await lineOf(code),
		});
	}
	return rows;
}

async function findingOf(inspect: Check['inspect'], session: Session): Promise<Finding> {
	try {
		return await inspect(session);
	} catch (reason) {
		if (reason instanceof NotSeen) return { seen: reason.message };
		throw reason;
	}
}

/** A service may send what would upset a terminal, or a whole page of it. */
function printable(seen: string): string {
	const plain = seen.replaceAll(/[\s\p{Cc}]+/gu, ' ');
	return plain.length > longest ? `${plain.slice(0, longest)} …` : plain;
}

/** @returns where a symbol is declared in the code now */
export async function lineOf([file, symbol]: Check['code']): Promise<string> {
	const code = path.resolve(import.meta.dirname, '../../nodes/ReferralRocket', file);
	const lines = (await readFile(code, 'utf8')).split('\n');
	const declaration = new RegExp(`\\b(const|function) ${symbol}\\b|^\t${symbol}: \\{`);
	return `${file}:${lines.findIndex((line) => declaration.test(line)) + 1}`;
}

const widths = [36, 36, 8, 27];

/** @returns what a person reads; 120 characters wide */
export function report(rows: Row[]): string {
	const cells = rows.map(({ assumed, seen, verdict, line }) => [assumed, seen, verdict, line]);
	const count = (verdict: string) => rows.filter((row) => row.verdict === verdict).length;
	return `${asTable([['assumed', 'seen', 'verdict', 'line of code'], ...cells], widths)}
holds:    ${count('holds')}, where the code does what is right for what was seen
differs:  ${count('differs')}, where the line of code in nodes/ReferralRocket is to be changed, and docs/api.md
not seen: ${count('not seen')}, for the reason that stands there`;
}
