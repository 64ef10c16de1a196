import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import axios, { type AxiosInstance } from 'axios';
import { parse } from 'flatted';
import getPort, { portNumbers } from 'get-port';
import { npm, type Runtime } from './cache.mts';
import { beforeExit, start, stop, type Started } from './processes.mts';
import { Advice } from './progress.mts';

export const project = path.resolve(import.meta.dirname, '..');

/** The owner of every n8n that is started here; it is reachable from this machine only. */
export const owner = {
	email: 'owner@example.com',
	password: 'Referral-Rocket-1',
	firstName: 'Ona',
	lastName: 'Owner',
};

export interface NodeRun {
	/** Milliseconds. */
	executionTime: number;
	error?: { message: string };
	data?: { main?: Array<Array<{ json: Record<string, unknown> }>> };
}

export interface Execution {
	status: string;
	/** By name of the node. */
	runData: Record<string, NodeRun[]>;
	/** What stopped it. */
	message?: string;
}

const isUnfinished = (status: string) => ['new', 'running', 'waiting'].includes(status);

/** A temporary folder that is gone when this process ends. */
export async function temporaryFolder(): Promise<string> {
	const folder = await mkdtemp(path.join(tmpdir(), 'n8n-nodes-referral-rocket-'));
	beforeExit(async () => await rm(folder, { recursive: true, force: true, maxRetries: 5 }));
	return folder;
}

/**
 * @param wanted the port that is asked for; undefined for any, n8n's own if it is free
 * @throws Advice when that port is not free
 */
export async function freePort(wanted: string | undefined): Promise<number> {
	if (wanted === undefined) return await getPort({ port: portNumbers(5678, 5778) });
	const port = Number(wanted);
	if (!Number.isInteger(port) || port < 1 || port > 65535) {
		throw new Advice(`"${wanted}" is not a port. Give a number from 1 to 65535 with --port.`);
	}
	if ((await getPort({ port })) === port) return port;
	throw new Advice(
		`Port ${port} is in use. Stop the program that uses it, or name another with --port.`,
	);
}

/**
 * Builds the package and packs it as npm publishes it.
 * @param folder where the tarball goes
 * @returns the tarball
 */
export async function packPackage(folder: string): Promise<string> {
	await npm(project, {}, 'run', 'build');
	await npm(project, {}, 'pack', '--pack-destination', folder);
	const { name, version } = JSON.parse(await readFile(path.join(project, 'package.json'), 'utf8'));
	return path.join(folder, `${name}-${version}.tgz`);
}

/** Installs a packed package into n8n's user folder, the way n8n installs community packages. */
export async function installPackage(userFolder: string, tarball: string): Promise<void> {
	const folder = path.join(userFolder, '.n8n/nodes');
	await mkdir(folder, { recursive: true });
	await writeFile(
		path.join(folder, 'package.json'),
		JSON.stringify({ name: 'installed-nodes', private: true, dependencies: {} }),
	);
	await npm(folder, {}, 'install', '--legacy-peer-deps', tarball);
}

/** A running n8n with its database in its user folder, and its REST API as the editor uses it. */
export class N8n {
	private readonly api: AxiosInstance;

	private constructor(
		readonly url: string,
		private readonly version: string,
		private readonly started: Started,
	) {
		// n8n ties a login to the browser's ID.
		this.api = axios.create({ baseURL: `${url}/rest`, headers: { 'browser-id': 'runtime' } });
		this.api.interceptors.response.use(undefined, (error: unknown) => {
			if (!axios.isAxiosError(error)) throw error;
			const body = JSON.stringify(error.response?.data ?? error.message).slice(0, 500);
			throw new Error(`n8n answered ${error.config?.method} ${error.config?.url} with ${body}`);
		});
	}

	/**
	 * Starts n8n and waits until it is ready.
	 * @param port the editor's port, a free one
	 * @throws Advice when n8n does not start
	 */
	static async start(
		{ version, nodeBin, n8n }: Runtime,
		userFolder: string,
		port: number,
	): Promise<N8n> {
		const started = start(path.join(nodeBin, 'node'), [n8n, 'start'], {
			cwd: userFolder,
			log: path.join(userFolder, 'n8n.log'),
			env: {
				PATH: `${nodeBin}${path.delimiter}${process.env.PATH}`,
				N8N_USER_FOLDER: userFolder,
				N8N_PORT: String(port),
				N8N_LISTEN_ADDRESS: '127.0.0.1',
				N8N_RUNNERS_BROKER_PORT: String(await getPort()),
				N8N_ENCRYPTION_KEY: 'only-for-this-machine',
				N8N_SECURE_COOKIE: 'false',
				N8N_DIAGNOSTICS_ENABLED: 'false',
				N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
				N8N_TEMPLATES_ENABLED: 'false',
				N8N_PERSONALIZATION_ENABLED: 'false',
				N8N_VERIFIED_PACKAGES_ENABLED: 'false',
				N8N_HIRING_BANNER_ENABLED: 'false',
				// With the other engine of n8n 1.123.81, $('Any Node') gives nothing here, for any node.
				...(version.startsWith('1.') && { N8N_EXPRESSION_ENGINE: 'legacy' }),
			},
		});
		const running = new N8n(`http://127.0.0.1:${port}`, version, started);
		let hasEnded = false;
		void started.ended.then(() => (hasEnded = true));
		for (let tries = 0; tries < 600 && !hasEnded; tries++) {
			const isUp = async (page: string, holds = '') => {
				const { data } = await axios.get(running.url + page, {
					timeout: 2000,
					responseType: 'text',
				});
				return String(data).includes(holds);
			};
			// n8n 1.x is ready before it can be asked for anything.
			const isReady = await isUp('/healthz/readiness')
				.then(async () => await isUp('/', 'id="app"'))
				.catch(() => false);
			if (isReady) return running;
			await wait(200);
		}
		await stop(started);
		throw new Advice(`n8n did not start. The last that it said:\n${started.output().slice(-3000)}`);
	}

	async stop(): Promise<void> {
		await stop(this.started);
	}

	/** Makes the owner, as the first visitor of a new n8n does, and logs in. */
	async setUpOwner(): Promise<void> {
		const { headers } = await this.api.post('/owner/setup', owner);
		this.keepLogin(headers);
	}

	/** Logs in as the owner that an earlier start of this n8n has made. */
	async logIn(): Promise<void> {
		const { email, password } = owner;
		const { headers } = await this.api.post('/login', { emailOrLdapLoginId: email, password });
		this.keepLogin(headers);
	}

	private keepLogin(headers: { 'set-cookie'?: string[] }) {
		this.api.defaults.headers.cookie = String(headers['set-cookie']).split(';')[0];
	}

	async post<Answer>(path: string, body: unknown): Promise<Answer> {
		return (await this.api.post<{ data: Answer }>(path, body)).data.data;
	}

	async get<Answer>(path: string, params?: Record<string, unknown>): Promise<Answer> {
		return (await this.api.get<{ data: Answer }>(path, { params })).data.data;
	}

	/** Makes a Referral Rocket credential and returns it as nodes refer to it. */
	async addCredential(service: { apiKey: string; url: string }, webhookSecret = '') {
		const { id, name } = await this.post<{ id: string; name: string }>('/credentials', {
			name: 'Referral Rocket',
			type: 'referralRocketApi',
			data: {
				apiKey: service.apiKey,
				authentication: 'bearer',
				baseUrl: service.url,
				webhookSecret,
			},
		});
		return { referralRocketApi: { id, name } };
	}

	/**
	 * Imports a workflow of examples/ and gives its Referral Rocket nodes a credential.
	 * @returns its ID in this n8n
	 */
	async importExample(name: string, credentials: object): Promise<string> {
		const file = path.join(project, 'examples', `${name}.json`);
		const workflow = JSON.parse(await readFile(file, 'utf8')) as {
			nodes: Array<{ type: string; credentials?: object }>;
		};
		for (const node of workflow.nodes) {
			if (node.type.startsWith('n8n-nodes-referral-rocket.')) node.credentials = credentials;
		}
		return await this.saveWorkflow(workflow);
	}

	/** @returns the ID of the workflow, saved but not published */
	async saveWorkflow(workflow: object): Promise<string> {
		return (await this.post<{ id: string }>('/workflows', { active: false, ...workflow })).id;
	}

	/**
	 * Publishes a saved workflow and waits until its triggers run.
	 * @throws with what n8n says when they don't
	 */
	async activate(workflowId: string): Promise<void> {
		const { versionId } = await this.get<{ versionId: string }>(`/workflows/${workflowId}`);
		await this.post(`/workflows/${workflowId}/activate`, { versionId });
		for (let tries = 0; tries < 100; tries++) {
			const publication = await this.get<{ status: string }>(
				`/workflows/${workflowId}/publication-status`,
			);
			if (publication.status === 'published') return;
			if (/fail/.test(publication.status)) throw new Error(JSON.stringify(publication));
			await wait(200);
		}
		throw new Error(`Workflow ${workflowId} did not become active.`);
	}

	/** @returns the finished executions of a workflow, the oldest first */
	async executionsOf(workflowId: string): Promise<Execution[]> {
		const { results } = await this.get<{ results: Array<{ id: string; status: string }> }>(
			'/executions',
			{ filter: JSON.stringify({ workflowId }) },
		);
		const finished = results.filter(({ status }) => !isUnfinished(status));
		return await Promise.all(finished.map(async ({ id }) => await this.execution(id)).reverse());
	}

	private async execution(id: string): Promise<Execution> {
		const { status, data } = await this.get<{ status: string; data: string }>(`/executions/${id}`);
		// The status is there before the data.
		const stored = isUnfinished(status) ? undefined : parse(data);
		if (!stored) return { status: 'running', runData: {} };
		const { runData, error } = stored.resultData;
		return { status, runData, message: error?.message };
	}

	/** Runs a saved workflow from one of its triggers, as the button in the editor does. */
	async run(workflowId: string, trigger: string): Promise<Execution> {
		const { executionId } = await this.post<{ executionId: string }>(
			`/workflows/${workflowId}/run`,
			{
				triggerToStartFrom: { name: trigger },
				// n8n 1.x runs what it is sent, n8n 2.x what it has saved.
				...(this.version.startsWith('1.') && {
					workflowData: await this.get(`/workflows/${workflowId}`),
				}),
			},
		);
		for (;;) {
			const execution = await this.execution(executionId);
			if (!isUnfinished(execution.status)) return execution;
			await wait(100);
		}
	}
}
