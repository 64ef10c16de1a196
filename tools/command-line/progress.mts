/** Something the user can fix; shown as a sentence, without a stack trace. */
export class UserError extends Error {}

const terminal = process.stdout.isTTY;
let silent = false;

/** Stops printing progress, so that nothing follows a final message. */
export function silenceProgress(): void {
	silent = true;
}

/**
 * Runs one step and shows its title, elapsed time and outcome. A terminal shows a single line that is
 * updated; otherwise a line is printed every five seconds.
 * @param title what the step does, for example "Building the package"
 * @param work the step; it can show how far it got
 * @returns the result of `work`
 */
export async function step<Result>(
	title: string,
	work: (showDetail: (detail: string) => void) => Promise<Result>,
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
