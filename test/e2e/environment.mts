import getPort from 'get-port';
import type { Runtime } from '../../tools/n8n/cache.mts';
import { installPackage, N8n, temporaryFolder } from '../../tools/n8n/n8n.mts';
import { step } from '../../tools/command-line/progress.mts';
import { startMockServer } from '../../tools/mock-server/service.mts';

/**
 * Starts what every part needs: an n8n with the package installed and its owner logged in, and a mock
 * server for the service. Both are stopped when the part ends, passed or failed: await using environment = …
 * @param tarball the packed package, or its name and version on npm
 * @param settings number of participants in the campaign, and additional environment variables for n8n
 */
export async function setUpEnvironment(
	runtime: Runtime,
	tarball: string,
	{ participants = 60, env = {} as NodeJS.ProcessEnv } = {},
) {
	const folder = await temporaryFolder();
	await installPackage(folder, tarball);
	const port = await getPort();
	const startN8n = async () =>
		await step(`Starting n8n ${runtime.version}`, async () =>
			N8n.start(runtime, folder, port, env),
		);
	const n8n = await startN8n();
	await n8n.setUpOwner();
	const mockServer = await startMockServer({ participants });
	return {
		folder,
		n8n,
		mockServer,
		/** Restarts n8n. Afterwards, `n8n` of the environment is the new one. */
		async restart(whileStopped: () => Promise<void>) {
			await this.n8n.stop();
			await whileStopped();
			this.n8n = await startN8n();
			await this.n8n.logIn();
		},
		async [Symbol.asyncDispose]() {
			await this.n8n.stop();
			await mockServer.close();
		},
	};
}
