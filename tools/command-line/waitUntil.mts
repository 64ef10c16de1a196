import { setTimeout as wait } from 'node:timers/promises';

/** Does a check again and again until it holds, at most for these seconds. */
export async function waitUntil(check: () => Promise<void>, seconds: number): Promise<void> {
	const end = Date.now() + seconds * 1000;
	for (;;) {
		try {
			return await check();
		} catch (error) {
			if (Date.now() > end) throw error;
			await wait(200);
		}
	}
}
