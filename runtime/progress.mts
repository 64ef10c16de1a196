/** Something that a person can mend; shown as a sentence, without a stack. */
export class Advice extends Error {}

const terminal = process.stdout.isTTY;
const seconds = (since: number) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

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
	const line = () => `${title}${detail ? ` (${detail})` : ''} … ${seconds(start)}`;
	const show = () =>
		terminal ? process.stdout.write(`\r\x1b[K  ${line()}`) : console.log(`  ${line()}`);
	if (!terminal) console.log(`  ${title} …`);
	const timer = setInterval(show, terminal ? 200 : 5000);
	const end = (mark: string) => {
		clearInterval(timer);
		console.log(
			`${terminal ? '\r\x1b[K' : ''}${mark} ${title}${detail ? ` (${detail})` : ''}, ${seconds(start)}`,
		);
	};
	try {
		const result = await work((text) => {
			detail = text;
		});
		end('✓');
		return result;
	} catch (error) {
		end('✗');
		throw error;
	}
}
