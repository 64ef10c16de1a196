import { runMain } from '../command-line/processes.mts';
import { installRuntime, n8nVersion, n8nVersion1 } from './cache.mts';

/*
 * Installs both versions of n8n in the cache ahead of time.
 */

await runMain(async () => {
	await Promise.all([n8nVersion, n8nVersion1].map(installRuntime));
	return 0;
});
