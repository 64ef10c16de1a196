import { setTimeout as wait } from 'node:timers/promises';

/** Repeats a check until it passes. After this many seconds, throws what the check threw last. */
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
