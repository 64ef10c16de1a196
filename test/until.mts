import { setTimeout as wait } from 'node:timers/promises';

/** Waits until something holds, at most for these milliseconds. */
export async function until(holds: () => boolean | Promise<boolean>, patience: number) {
	for (const end = Date.now() + patience; Date.now() < end; await wait(100)) {
		if (await holds()) return;
	}
	throw new Error(`It did not come to hold in ${patience} ms.`);
}
