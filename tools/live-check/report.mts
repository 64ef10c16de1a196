import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { asTable } from '../command-line/table.mts';
import { checks, startSession, type Check, type Finding, type Session } from './checks.mts';
import { Unclear, type Service } from './service.mts';
import type { Trial } from './trial.mts';

export interface Row {
	assumption: string;
	observed: string;
	verdict: 'matches' | 'differs' | 'unclear';
	/** The line of code that relies on it, in nodes/ReferralRocket, for example api/specification.ts:12. */
	location: string;
}

const maxLength = 400;

/**
 * Runs checks in sequence.
 * @param showProgress called with the progress so far
 * @param chosen all checks unless a test needs only some
 */
export async function runChecks(
	service: Service,
	trial: Trial,
	showProgress: (progress: string) => void,
	chosen = checks,
): Promise<Row[]> {
	const session = startSession(service, trial);
	const rows: Row[] = [];
	for (const [index, { assumption, code, inspect }] of chosen.entries()) {
		showProgress(`${index + 1} of ${chosen.length}`);
		const { observed, matches } = await inspectOrUnclear(inspect, session);
		rows.push({
			assumption,
			observed: printable(observed),
			verdict: matches === undefined ? 'unclear' : matches ? 'matches' : 'differs',
			location: await locate(code),
		});
	}
	return rows;
}

async function inspectOrUnclear(inspect: Check['inspect'], session: Session): Promise<Finding> {
	try {
		return await inspect(session);
	} catch (reason) {
		if (reason instanceof Unclear) return { observed: reason.message };
		throw reason;
	}
}

/** A service may send control characters, or a very long text. */
function printable(seen: string): string {
	const plain = seen.replaceAll(/[\s\p{Cc}]+/gu, ' ');
	return plain.length > maxLength ? `${plain.slice(0, maxLength)} …` : plain;
}

/** @returns the file and line where a symbol is declared */
export async function locate([file, symbol]: Check['code']): Promise<string> {
	const code = path.resolve(import.meta.dirname, '../../nodes/ReferralRocket', file);
	const lines = (await readFile(code, 'utf8')).split('\n');
	const declaration = new RegExp(`\\b(const|function) ${symbol}\\b|^\t${symbol}: \\{`);
	return `${file}:${lines.findIndex((line) => declaration.test(line)) + 1}`;
}

const widths = [36, 36, 8, 27];

/** @returns the report to print, 120 characters wide */
export function formatReport(rows: Row[]): string {
	const cells = rows.map(({ assumption, observed, verdict, location }) => [
		assumption,
		observed,
		verdict,
		location,
	]);
	const count = (verdict: string) => rows.filter((row) => row.verdict === verdict).length;
	return `${asTable([['assumption', 'observation', 'verdict', 'code'], ...cells], widths)}
matches: ${count('matches')}, the code handles what was observed
differs: ${count('differs')}, change this line of code in nodes/ReferralRocket, and docs/api.md
unclear: ${count('unclear')}, for the reason shown`;
}
