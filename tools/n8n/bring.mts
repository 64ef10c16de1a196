import { mainOf } from '../command-line/processes.mts';
import { bringRuntime, n8nVersion, n8nVersion1 } from './cache.mts';

/*
 * Installs both versions of n8n in the cache, so that whatever needs them later need not wait.
 */

await mainOf(async () => {
	await Promise.all([n8nVersion, n8nVersion1].map(bringRuntime));
	return 0;
});
