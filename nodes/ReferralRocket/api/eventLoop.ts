import { sleep } from 'n8n-workflow';

/** Takes a few milliseconds. */
const sliceSize = 1000;

/** Does some work for each, and lets n8n do other things in between. */
export async function forEachWithoutBlocking<One>(
	all: Iterable<One>,
	work: (one: One) => void,
): Promise<void> {
	let done = 0;
	for (const one of all) {
		work(one);
		if (++done % sliceSize === 0) await sleep(0);
	}
}
