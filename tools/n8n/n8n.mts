import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import axios, { type AxiosInstance } from 'axios';
import { parse } from 'flatted';
import getPort from 'get-port';
import { npm, type Runtime } from './cache.mts';
import {
	beforeExit,
	start,
	stop,
	waitUntilReady,
	type RunningProgram,
} from '../command-line/processes.mts';
import { waitUntil } from '../command-line/waitUntil.mts';

const run = promisify(execFile);

export const project = path.resolve(import.meta.dirname, '../..');

/** @returns the example workflows, as paths for importWorkflow */
export const exampleFiles = () =>
	readdirSync(path.join(project, 'examples'))
		.filter((file) => file.endsWith('.json'))
		.map((file) => `examples/${file}`);

/** The owner of every n8n started here. It is reachable only from this machine. */
export const owner = {
	email: 'owner@example.com',
	password: 'Referral-Rocket-1',
	firstName: 'Ona',
	lastName: 'Owner',
};

export interface NodeRun {
	/** In milliseconds. */
	executionTime: number;
	error?: { message: string; description?: string };
	data?: { main?: Array<Array<{ json: Record<string, unknown> }>> };
}

export interface Workflow {
	name: string;
	nodes: Array<{ name: string; type: string; credentials?: object; [setting: string]: unknown }>;
	connections: Record<
		string,
		{ main: Array<Array<{ node: string; type: string; index: number }>> }
	>;
}

interface ExecutionSummary {
	id: string;
	status: string;
	/** As an ISO date; null while it waits for a worker. */
	startedAt: string | null;
	/** The execution that this one retries. */
	retryOf?: string | null;
	/** The execution that retried this one successfully. */
	retrySuccessId?: string | null;
}

export interface Execution {
	id: string;
	status: string;
	/** By node name. */
	runData: Record<string, NodeRun[]>;
	/** The node it ended at, or waits at. */
	lastNode?: string;
	/** The message of the error that stopped it. */
	message?: string;
	/** Its description. */
	description?: string;
}

/** @returns the items at one of a node's outputs; none if it did not run */
export const itemsOf = ({ runData }: Execution, node: string, output = 0) =>
	runData[node]?.[0]?.data?.main?.[output] ?? [];

const isUnfinished = (status: string) => ['new', 'running', 'waiting'].includes(status);

/** Every temporary folder so far, oldest first. */
export const temporaryFolders: string[] = [];

/** Creates a temporary folder that is removed when this process exits. */
export async function temporaryFolder(): Promise<string> {
	const folder = await mkdtemp(path.join(tmpdir(), 'n8n-nodes-referral-rocket-'));
	temporaryFolders.push(folder);
	beforeExit(async () => await rm(folder, { recursive: true, force: true, maxRetries: 5 }));
	return folder;
}

/** @returns the name and version of the package */
export async function packageJson(): Promise<{ name: string; version: string }> {
	return JSON.parse(await readFile(path.join(project, 'package.json'), 'utf8'));
}

/**
 * Builds the package and packs it as for publishing.
 * @param folder where to put the tarball
 * @returns the path of the tarball
 */
export async function packPackage(folder: string): Promise<string> {
	await npm(project, {}, 'run', 'build');
	await npm(project, {}, 'pack', '--pack-destination', folder);
	const { name, version } = await packageJson();
	return path.join(folder, `${name}-${version}.tgz`);
}

/**
 * Installs the package in n8n's user folder with the command from the README.
 * @param tarball the packed package, or its name and version on npm
 * @param nodeBin the folder of the Node.js to use; by default, the one that runs this process
 * @returns the folder that contains the installed package
 */
export async function installPackage(
	userFolder: string,
	tarball: string,
	nodeBin = path.dirname(process.execPath),
): Promise<string> {
	const { name } = await packageJson();
	const readme = await readFile(path.join(project, 'README.md'), 'utf8');
	const [, options] = new RegExp(`^npm install (.*) ${name}$`, 'm').exec(readme) ?? [];
	if (!options) throw new Error(`README.md has no line "npm install … ${name}".`);
	const args = options.split(' ').map((option) => option.replace('~', userFolder));
	const env = { PATH: `${nodeBin}${path.delimiter}${process.env.PATH}` };
	await npm(userFolder, env, 'install', ...args, tarball);
	return path.join(userFolder, '.n8n/nodes/node_modules');
}

/**
 * Changes the SQLite database of a running n8n, for states that can't be reached any other way.
 * @param sql one or more statements
 */
export async function changeDatabase(
	{ nodeBin }: Runtime,
	userFolder: string,
	sql: string,
): Promise<void> {
	const file = path.join(userFolder, '.n8n/database.sqlite');
	const script = `new (require('node:sqlite').DatabaseSync)(process.argv[1], { timeout: 5000 }).exec(process.argv[2])`;
	const changed = start(path.join(nodeBin, 'node'), ['-e', script, file, sql]);
	if ((await changed.ended) !== 0) throw new Error(changed.output());
}

/** @returns the settings of every n8n that is started for this project */
export async function settingsOf(
	{ version }: Runtime,
	userFolder: string,
	port: number,
): Promise<Record<string, string>> {
	return {
		N8N_USER_FOLDER: userFolder,
		// n8n never deletes the files that it stores for uploads.
		TMPDIR: userFolder,
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
		// n8n 3 loads packages that n8n has not verified only with this setting.
		N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
		// With the other engine of n8n 1.123.81, $('Any Node') returns nothing here, whatever the node.
		...(version.startsWith('1.') && { N8N_EXPRESSION_ENGINE: 'legacy' }),
	};
}

async function startN8n(
	runtime: Runtime,
	command: string[],
	userFolder: string,
	port: number,
	env: NodeJS.ProcessEnv,
	isReady: () => Promise<boolean>,
): Promise<RunningProgram> {
	const { nodeBin, n8n } = runtime;
	const program = start(path.join(nodeBin, 'node'), [n8n, ...command], {
		cwd: userFolder,
		log: path.join(userFolder, 'n8n.log'),
		env: {
			PATH: `${nodeBin}${path.delimiter}${process.env.PATH}`,
			...(await settingsOf(runtime, userFolder, port)),
			...env,
		},
	});
	await waitUntilReady('n8n', program, isReady);
	return program;
}

/**
 * Starts an n8n worker that runs up to five executions from the queue at a time, and waits until it is ready.
 * @param env settings of the queue and the database
 * @returns the worker; its log is n8n.log in its user folder
 */
export async function startWorker(
	runtime: Runtime,
	userFolder: string,
	env: NodeJS.ProcessEnv,
): Promise<RunningProgram> {
	const port = await getPort();
	const health = {
		QUEUE_HEALTH_CHECK_ACTIVE: 'true',
		QUEUE_HEALTH_CHECK_PORT: String(port),
		N8N_WORKER_SERVER_ADDRESS: '127.0.0.1',
	};
	const command = ['worker', '--concurrency=5'];
	return await startN8n(runtime, command, userFolder, port, { ...env, ...health }, async () => {
		await axios.get(`http://127.0.0.1:${port}/healthz/readiness`, { timeout: 2000 });
		return true;
	});
}

/**
 * Starts an n8n process that only receives webhooks, and waits until it is ready.
 * @param env settings of the queue and the database
 * @returns its URL
 */
export async function startWebhookProcess(
	runtime: Runtime,
	userFolder: string,
	env: NodeJS.ProcessEnv,
): Promise<string> {
	const port = await getPort();
	const url = `http://127.0.0.1:${port}`;
	await startN8n(runtime, ['webhook'], userFolder, port, env, async () => {
		await axios.get(`${url}/healthz/readiness`, { timeout: 2000 });
		return true;
	});
	return url;
}

/** On a busy machine, n8n may not reach its database for a while. Until it does, it handles no request. */
async function whenDatabaseIsReady<Result>(send: () => Promise<Result>): Promise<Result> {
	for (let attempts = 1; ; attempts++) {
		try {
			return await send();
		} catch (error) {
			if (attempts === 60 || !/Database is not ready/.test((error as Error).message)) throw error;
			await wait(1000);
		}
	}
}

/** A running n8n, controlled through the editor's REST API. */
export class N8n {
	private readonly api: AxiosInstance;

	private constructor(
		readonly url: string,
		/** Of one that a person starts, known after the login. */
		public version: string,
		/** Absent if a person starts and stops it. */
		private readonly program?: RunningProgram,
	) {
		this.api = axios.create({
			baseURL: `${url}/rest`,
			// n8n ties a login to the browser's ID.
			headers: { 'browser-id': 'runtime' },
			// n8n may reset a connection that is reused: if something has blocked it, it closes idle ones late.
			httpAgent: new Agent({ keepAlive: false }),
		});
		this.api.interceptors.response.use(undefined, (error: unknown) => {
			if (!axios.isAxiosError(error)) throw error;
			const body = JSON.stringify(error.response?.data ?? error.message).slice(0, 500);
			throw new Error(`n8n responded to ${error.config?.method} ${error.config?.url} with ${body}`);
		});
	}

	/**
	 * Starts n8n and waits until it is ready.
	 * @param port a free port for the editor
	 * @param env additional settings
	 * @throws UserError if n8n does not start
	 */
	static async start(
		runtime: Runtime,
		userFolder: string,
		port: number,
		env: NodeJS.ProcessEnv = {},
	): Promise<N8n> {
		const url = `http://127.0.0.1:${port}`;
		const isReady = async () => await N8n.isReady(url);
		const program = await startN8n(runtime, ['start'], userFolder, port, env, isReady);
		return new N8n(url, runtime.version, program);
	}

	/** Waits for an n8n that a person starts. */
	static async connect(url: string): Promise<N8n> {
		await waitUntil(async () => assert.ok(await N8n.isReady(url)), 3600);
		return new N8n(url, '');
	}

	private static async isReady(url: string): Promise<boolean> {
		await axios.get(`${url}/healthz/readiness`, { timeout: 2000 });
		// n8n 1.x reports that it is ready before it accepts requests.
		const { data } = await axios.get<string>(url, { timeout: 2000, responseType: 'text' });
		return data.includes('id="app"');
	}

	get isStartedHere(): boolean {
		return this.program !== undefined;
	}

	/** Stops it, or waits until the person who started it does. */
	async stop(): Promise<void> {
		if (this.program) await stop(this.program);
		else await waitUntil(async () => await assert.rejects(axios.get(this.url)), 3600);
	}

	/** @returns the memory of its process in bytes */
	async memory(): Promise<number> {
		const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(this.program?.child.pid)]);
		return Number(stdout) * 1024;
	}

	/** Creates the owner, as the first visitor of a new n8n does, and logs in. */
	async setUpOwner(): Promise<void> {
		const { headers } = await this.api.post('/owner/setup', owner);
		await this.keepLogin(headers);
	}

	/** Logs in as the owner, who was created before this n8n was restarted. */
	async logIn(): Promise<void> {
		const { email, password } = owner;
		const { headers } = await this.api.post('/login', { emailOrLdapLoginId: email, password });
		await this.keepLogin(headers);
	}

	private async keepLogin(headers: { 'set-cookie'?: string[] }) {
		this.api.defaults.headers.cookie = String(headers['set-cookie']).split(';')[0];
		this.version ||= (await this.get<{ versionCli: string }>('/settings')).versionCli;
	}

	async post<Body>(path: string, body: unknown): Promise<Body> {
		const send = async () => await this.api.post<{ data: Body }>(path, body);
		return (await whenDatabaseIsReady(send)).data.data;
	}

	async get<Body>(path: string, params?: object): Promise<Body> {
		const send = async () => await this.api.get<{ data: Body }>(path, { params });
		return (await whenDatabaseIsReady(send)).data.data;
	}

	/** @returns the type and version of every available node */
	async nodeTypes(): Promise<Set<string>> {
		const { data } = await this.api.get<Array<{ name: string; version: number | number[] }>>(
			'/types/nodes.json',
			{ baseURL: this.url },
		);
		return new Set(
			data.flatMap(({ name, version }) => [version].flat().map((each) => `${name} ${each}`)),
		);
	}

	/** Creates a Referral Rocket credential and returns it in the form that nodes refer to it. */
	async addCredential(
		service: { apiKey: string; url: string },
		webhookSecret = '',
		campaigns = '',
	) {
		const { id, name } = await this.post<{ id: string; name: string }>('/credentials', {
			name: 'Referral Rocket',
			type: 'referralRocketApi',
			data: {
				apiKey: service.apiKey,
				authentication: 'bearer',
				baseUrl: service.url,
				webhookSecret,
				campaigns,
			},
		});
		return { referralRocketApi: { id, name } };
	}

	/**
	 * Imports a workflow and sets the credential of its Referral Rocket nodes, and the campaign if none is chosen.
	 * @param file its path in the project
	 * @param change applied to the workflow before it is saved
	 * @returns its ID in this n8n
	 */
	async importWorkflow(
		file: string,
		credentials: object,
		change?: (workflow: Workflow) => void,
	): Promise<string> {
		const workflow = JSON.parse(await readFile(path.join(project, file), 'utf8')) as Workflow;
		for (const node of workflow.nodes) {
			if (!node.type.startsWith('n8n-nodes-referral-rocket.')) continue;
			node.credentials = credentials;
			const { campaignId } = node.parameters as { campaignId?: { value: string } };
			// The examples leave the choice to the user.
			if (campaignId?.value === '') campaignId.value = 'JCu82f30F1';
		}
		change?.(workflow);
		return await this.saveWorkflow(workflow);
	}

	/** Saves a workflow without publishing it. @returns its ID */
	async saveWorkflow(workflow: object): Promise<string> {
		return (await this.post<{ id: string }>('/workflows', { active: false, ...workflow })).id;
	}

	/**
	 * Publishes a saved workflow and waits until its triggers are active.
	 * @throws an error with n8n's response if publishing fails
	 */
	async activate(workflowId: string): Promise<void> {
		if (this.version.startsWith('1.')) {
			await this.api.patch(`/workflows/${workflowId}`, { active: true });
			return;
		}
		const { versionId } = await this.get<{ versionId: string }>(`/workflows/${workflowId}`);
		await this.post(`/workflows/${workflowId}/activate`, { versionId });
		for (let attempts = 0; attempts < 100; attempts++) {
			const publication = await this.get<{ status: string }>(
				`/workflows/${workflowId}/publication-status`,
			);
			if (publication.status === 'published') return;
			if (/fail/.test(publication.status)) throw new Error(JSON.stringify(publication));
			await wait(200);
		}
		throw new Error(`Workflow ${workflowId} did not become active.`);
	}

	/** Changes a saved workflow and publishes it, as in the editor. */
	async changeAndPublish(
		workflowId: string,
		change: (nodes: Workflow['nodes']) => void,
	): Promise<void> {
		const { name, nodes, connections, settings, versionId } = await this.get<
			Workflow & { settings: object; versionId: string }
		>(`/workflows/${workflowId}`);
		change(nodes);
		const changed = { name, nodes, connections, settings, versionId };
		await this.api.patch(`/workflows/${workflowId}`, changed);
		await this.activate(workflowId);
	}

	/** Unpublishes a workflow: its triggers stop. */
	async deactivate(workflowId: string): Promise<void> {
		if (this.version.startsWith('1.')) {
			await this.api.patch(`/workflows/${workflowId}`, { active: false });
		} else await this.post(`/workflows/${workflowId}/deactivate`, {});
	}

	/**
	 * n8n sorts its pages by start time but bounds them by ID. As workers do not start executions in ID
	 * order, those pages repeat some executions and omit others.
	 * @returns every execution of a workflow so far, latest start first
	 */
	async executionSummaries(workflowId: string): Promise<ExecutionSummary[]> {
		const all = new Map<string, ExecutionSummary>();
		let startedBefore: string | undefined;
		for (;;) {
			const known = all.size;
			const { results } = await this.get<{ results: ExecutionSummary[] }>('/executions', {
				filter: JSON.stringify({ workflowId, startedBefore }),
				limit: 100,
			});
			for (const outcome of results) all.set(outcome.id, outcome);
			if (all.size === known) return [...all.values()];
			startedBefore = results.at(-1)?.startedAt ?? startedBefore;
		}
	}

	/**
	 * @param skip how many of the oldest to omit
	 * @returns the finished executions of a workflow, oldest first
	 */
	async finishedExecutions(workflowId: string, skip = 0): Promise<Execution[]> {
		const all = await this.executionSummaries(workflowId);
		const finished = all.filter(({ status }) => !isUnfinished(status)).reverse();
		return await Promise.all(finished.slice(skip).map(async ({ id }) => await this.execution(id)));
	}

	/** @returns an execution; one that has not ended has no data, unless it waits */
	async execution(id: string): Promise<Execution> {
		const { status, data } = await this.get<{ status: string; data: string }>(`/executions/${id}`);
		// The status is available before the data, and before what each node did.
		const stored = ['new', 'running'].includes(status) ? undefined : parse(data)?.resultData;
		const { runData = {}, lastNodeExecuted: lastNode, error } = stored ?? {};
		const isStored = stored && (status !== 'success' || Object.keys(runData).length > 0);
		if (!isStored) return { id, status: 'running', runData: {} };
		const { message, description } = error ?? {};
		return { id, status, runData, lastNode, message, description };
	}

	/** Runs a saved workflow from one of its triggers, like the button in the editor, and waits until it ends. */
	async run(workflowId: string, trigger: string): Promise<Execution> {
		const executionId = await this.startRun(workflowId, trigger);
		for (;;) {
			const execution = await this.execution(executionId);
			if (!isUnfinished(execution.status)) return execution;
			await wait(100);
		}
	}

	/** Like `run`, but does not wait until it ends. @returns the ID of the execution */
	async startRun(workflowId: string, trigger: string): Promise<string> {
		const { executionId } = await this.post<{ executionId: string }>(
			`/workflows/${workflowId}/run`,
			{
				triggerToStartFrom: { name: trigger },
				// n8n 1.x runs the workflow in the request, n8n 2.x the saved one.
				...(this.version.startsWith('1.') && {
					workflowData: await this.get(`/workflows/${workflowId}`),
				}),
			},
		);
		return executionId;
	}

	/**
	 * @param query how many rows to skip and take (at most 250), and how to sort them
	 * @returns these rows of the only data table, and its total number of rows
	 */
	async rows<Row>(query: object): Promise<{ count: number; data: Row[] }> {
		const { projectId, id } = await this.dataTable();
		return await this.get(`/projects/${projectId}/data-tables/${id}/rows`, query);
	}

	/** @returns the URL of the only data table in the editor */
	async dataTableUrl(): Promise<string> {
		const { projectId, id } = await this.dataTable();
		return `${this.url}/projects/${projectId}/datatables/${id}`;
	}

	private async dataTable(): Promise<{ projectId: string; id: string }> {
		const { id: projectId } = await this.get<{ id: string }>('/projects/personal');
		const { data } = await this.get<{ data: Array<{ id: string }> }>(
			`/projects/${projectId}/data-tables`,
		);
		return { projectId, id: data[0].id };
	}
}
