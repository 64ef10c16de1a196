import { getBorderCharacters, table } from 'table';
import { bringRuntime, n8nVersion } from '../runtime/cache.mts';
import { packPackage, temporaryFolder } from '../runtime/n8n.mts';
import { mainOf } from '../runtime/processes.mts';
import { Advice, step } from '../runtime/progress.mts';
import { triggers } from './triggers.mts';

/*
 * Proves the packed package in a real n8n, part by part: npm run e2e, or npm run e2e -- triggers.
 */

const parts = { triggers };

async function endToEnd(): Promise<number> {
	const wanted = process.argv.slice(2);
	const unknown = wanted.filter((name) => !(name in parts));
	if (unknown.length > 0) {
		throw new Advice(
			`There is no part "${unknown[0]}". The parts: ${Object.keys(parts).join(', ')}.`,
		);
	}
	const runtime = await bringRuntime();
	const folder = await temporaryFolder();
	const tarball = await step('Building and packing the package', async () => packPackage(folder));
	const rows: string[][] = [['part', 'where', 'seconds', '']];
	let held = true;
	for (const [name, part] of Object.entries(parts)) {
		if (wanted.length > 0 && !wanted.includes(name)) continue;
		const start = Date.now();
		const outcome = await part(runtime, tarball).then(
			() => 'held',
			(error: Error) => {
				console.error(error.stack);
				held = false;
				return 'not held';
			},
		);
		rows.push([name, `n8n ${n8nVersion}`, ((Date.now() - start) / 1000).toFixed(0), outcome]);
	}
	console.log(
		`\n${table(rows, {
			border: getBorderCharacters('norc'),
			drawHorizontalLine: (line, count) => line < 2 || line === count,
		})}`,
	);
	return held ? 0 : 1;
}

await mainOf(endToEnd, (error) =>
	error instanceof Advice ? error.message : ((error as Error).stack ?? String(error)),
);
