/** Something that a person can fix; shown as a sentence, without a stack. */
export class UserError extends Error {}

const terminal = process.stdout.isTTY;
let silent = false;

/** Ends all showing of progress, so that nothing is printed behind a last word. */
export function silence(): void {
	silent = true;
}

/**
 * Runs one step and shows that it runs, for how long, and how it ended. In a terminal one line is
 * kept up to date; elsewhere a line is printed every five seconds.
 * @param title what the step does, as "Building the package"
 * @param work the step; it can say where it is
 * @returns what the work returns
 */
export async function step<Result>(
	title: string,
	work: (say: (detail: string) => void) => Promise<Result>,
): Promise<Result> {
	const start = Date.now();
	let detail = '';
	const print = (mark: string, end: string) => {
		if (silent) return;
		const seconds = ((Date.now() - start) / 1000).toFixed(1);
		const line = `${mark} ${title}${detail && ` (${detail})`} … ${seconds} s`;
		process.stdout.write(`${terminal ? '\r\x1b[K' : ''}${line}${end}`);
	};
	print(' ', terminal ? '' : '\n');
	const timer = setInterval(print, terminal ? 200 : 5000, ' ', terminal ? '' : '\n');
	try {
		const result = await work((text) => {
			detail = text;
		});
		print('✓', '\n');
		return result;
	} catch (error) {
		print('✗', '\n');
		throw error;
	} finally {
		clearInterval(timer);
	}
}
