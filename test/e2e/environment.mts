import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import getPort from 'get-port';
import type { Runtime } from '../../tools/n8n/cache.mts';
import { beforeExit } from '../../tools/command-line/processes.mts';
import { installPackage, N8n, settingsOf, temporaryFolder } from '../../tools/n8n/n8n.mts';
import { step } from '../../tools/command-line/progress.mts';
import { startMockServer } from '../../tools/mock-server/service.mts';

/** The settings for an n8n that a person starts, always in the same file, so that the same command starts it again. */
const settingsFile = path.join(tmpdir(), 'n8n-nodes-referral-rocket.env');

/** Asks a person to start n8n with these settings, and waits until it is ready. */
async function waitForN8n(
	runtime: Runtime,
	url: string,
	folder: string,
	env: NodeJS.ProcessEnv,
): Promise<N8n> {
	const settings = { ...(await settingsOf(runtime, folder, Number(new URL(url).port))), ...env };
	const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
	await writeFile(settingsFile, lines.join(''));
	beforeExit(async () => await rm(settingsFile, { force: true }));
	return await step(`Start n8n with the settings in ${settingsFile}`, async () => N8n.connect(url));
}

const stopN8n = async (n8n: N8n) =>
	n8n.isStartedHere ? await n8n.stop() : await step('Stop n8n', async () => n8n.stop());

/**
 * Starts what every part needs: an n8n with the package installed and its owner logged in, and a mock
 * server for the service. Both are stopped when the part ends, passed or failed: await using environment = …
 * @param tarball the packed package, or its name and version on npm; undefined to install nothing
 * @param settings number of participants in the campaign, and additional environment variables for n8n
 */
export async function setUpEnvironment(
	runtime: Runtime,
	tarball: string | undefined,
	{ participants = 60, env = {} as NodeJS.ProcessEnv } = {},
) {
	const folder = await temporaryFolder();
	if (tarball) await installPackage(folder, tarball);
	const port = await getPort();
	const startN8n = async () =>
		runtime.url
			? await waitForN8n(runtime, runtime.url, folder, env)
			: await step(`Starting n8n ${runtime.version}`, async () =>
					N8n.start(runtime, folder, port, env),
				);
	const n8n = await startN8n();
	await n8n.setUpOwner();
	runtime.version = n8n.version;
	const mockServer = await startMockServer({ participants });
	return {
		folder,
		n8n,
		mockServer,
		/** Restarts n8n. Afterwards, `n8n` of the environment is the new one. */
		async restart(whileStopped: () => Promise<void>) {
			await stopN8n(this.n8n);
			await whileStopped();
			this.n8n = await startN8n();
			await this.n8n.logIn();
		},
		async [Symbol.asyncDispose]() {
			await stopN8n(this.n8n);
			await mockServer.close();
		},
	};
}
