import { sleep } from 'n8n-workflow';

/** Lets n8n do other work in between. */
export const yieldToEventLoop = async () => await sleep(0);

/** Elements between two yields; they take a few milliseconds. */
const sliceSize = 1000;

/** Runs `work` for each element, and yields to the event loop after every thousand. */
export async function forEachWithoutBlocking<Element>(
	elements: Iterable<Element>,
	work: (element: Element) => void,
): Promise<void> {
	let done = 0;
	for (const element of elements) {
		work(element);
		if (++done % sliceSize === 0) await yieldToEventLoop();
	}
}
