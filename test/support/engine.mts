import type {
	ICredentialDataDecryptedObject,
	IExecuteFunctions,
	IHttpRequestOptions,
	INode,
	INodeExecutionData,
	INodeParameters,
	INodeType,
	INodeTypes,
	IRun,
	IWorkflowExecuteAdditionalData,
	OnError,
} from 'n8n-workflow';
import { createRunExecutionData, ICredentialsHelper, Workflow } from 'n8n-workflow';
import type { ExecuteContext } from 'n8n-core';
import {
	DirectoryLoader,
	ExecutionLifecycleHooks,
	RoutingNode,
	SupplyDataContext,
	WorkflowExecute,
} from 'n8n-core';
import { ReferralRocketApi } from '../../credentials/ReferralRocketApi.credentials.ts';
import { ReferralRocket } from '../../nodes/ReferralRocket/ReferralRocket.node.ts';
import { ReferralRocketPollingTrigger } from '../../nodes/ReferralRocket/ReferralRocketPollingTrigger.node.ts';
import { ReferralRocketTrigger } from '../../nodes/ReferralRocket/ReferralRocketTrigger.node.ts';

/*
 * Runs the node on n8n's own engine: in a workflow of a start node, the Referral Rocket node and, after
 * each of its outputs, a node that passes items through.
 */

declare global {
	/** The version of n8n whose engine runs, from jest.config.cjs; undefined outside Jest, for n8n 2. */
	var n8nMajor: 1 | 2;
}

const passThrough: INodeType = {
	description: {
		displayName: 'Pass Through',
		name: 'passThrough',
		group: ['transform'],
		version: 1,
		description: 'Passes its items through',
		defaults: { name: 'Pass Through' },
		inputs: ['main'],
		outputs: ['main'],
		properties: [],
	},
	async execute() {
		return [this.getInputData()];
	},
};

/**
 * Prepares a declarative node as n8n does: adds Request Options, and RoutingNode as execute. A workflow
 * runs its custom operations instead; a tool runs execute.
 */
function prepareDeclarativeNode(nodeType: INodeType): INodeType {
	DirectoryLoader.applyDeclarativeNodeOptionParameters(nodeType);
	nodeType.execute = async function () {
		const data = await new RoutingNode(this as unknown as ExecuteContext, nodeType).runNode();
		return data ?? [];
	};
	return nodeType;
}

const nodeTypes: Record<string, INodeType> = {
	passThrough,
	referralRocket: prepareDeclarativeNode(new ReferralRocket()),
	referralRocketTrigger: new ReferralRocketTrigger(),
	referralRocketPollingTrigger: new ReferralRocketPollingTrigger(),
};

export const knownNodeTypes: INodeTypes = {
	getByName: (type) => nodeTypes[type],
	getByNameAndVersion: (type) => nodeTypes[type],
	getKnownTypes: () => ({}),
};

let decrypted = 0;

/** @returns how often a credential has been decrypted so far */
export const decryptionCount = () => decrypted;

/** `apiKey` may be a function of the item, which stands for an expression. */
class Credentials extends ICredentialsHelper {
	constructor(private readonly data: ICredentialDataDecryptedObject) {
		super();
	}
	getParentTypes() {
		return [];
	}
	isCredentialUsableByNode() {
		return true;
	}
	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		_type: string,
		request: IHttpRequestOptions,
	) {
		return await new ReferralRocketApi().authenticate(credentials, request);
	}
	async preAuthentication() {
		return undefined;
	}
	async runPreAuthentication() {
		return undefined;
	}
	async getDecrypted(...parameters: Parameters<ICredentialsHelper['getDecrypted']>) {
		decrypted++;
		const item = parameters[6]?.itemIndex ?? 0;
		const { apiKey } = this.data as { apiKey: unknown };
		return { ...this.data, ...(typeof apiKey === 'function' && { apiKey: apiKey(item) }) };
	}
	async getCredentials(): Promise<never> {
		throw new Error('not used by the engine');
	}
	async updateCredentials() {}
	async updateCredentialsOauthTokenData() {}
	getCredentialsProperties() {
		return new ReferralRocketApi().properties;
	}
}

export interface RunOptions {
	credential: ICredentialDataDecryptedObject;
	parameters: INodeParameters;
	/** The input items; by default, one empty item. */
	items?: INodeExecutionData[];
	onError?: OnError;
	/** Settings of the node other than its parameters, such as executeOnce. */
	settings?: Partial<INode>;
	/** Runs the node as a tool of an agent or an MCP server, with the first item. */
	asTool?: boolean;
}

export interface RunResult {
	/** The items of the node's first output. */
	items: INodeExecutionData[];
	rows: INodeExecutionData['json'][];
	/** The items of its error output, which exists only with onError continueErrorOutput. */
	errorItems: INodeExecutionData[];
	/** The error that stopped the execution. */
	error?: Error & { description?: string; httpCode?: string };
	/** Everything n8n would store about the execution, as JSON. */
	readonly stored: string;
	run: IRun;
}

/**
 * Runs the Referral Rocket node once on the engine.
 * @returns what a user sees
 */
export async function runNode(options: RunOptions): Promise<RunResult> {
	return await (options.asTool ? runTool(options) : startNode(options).result);
}

/** Runs the node as n8n runs a tool: with `execute`, in a separate context with a single item. */
async function runTool({
	credential,
	parameters,
	items: [item] = [{ json: {} }],
	onError,
}: RunOptions): Promise<RunResult> {
	const node: INode = {
		id: 'tool',
		name: 'Referral Rocket',
		type: 'referralRocket',
		typeVersion: 1,
		position: [0, 0],
		parameters,
		onError,
		credentials: { referralRocketApi: { id: '1', name: 'Referral Rocket' } },
	};
	const workflow = new Workflow({
		id: 'test',
		active: false,
		nodes: [node],
		connections: {},
		nodeTypes: knownNodeTypes,
	});
	const context = new SupplyDataContext(
		workflow,
		workflow.getNode(node.name) as INode,
		additionalDataFor(credential, workflow),
		'manual',
		createRunExecutionData(),
		0,
		[item],
		{},
		'ai_tool',
		{ data: {}, node, source: null },
		[],
	);
	context.addInputData('ai_tool', [[item]]);
	const result: Pick<RunResult, 'items' | 'error'> = { items: [] };
	try {
		const { execute } = nodeTypes.referralRocket;
		const output = await execute?.call(context as unknown as IExecuteFunctions);
		result.items = (output as INodeExecutionData[][])[0];
	} catch (error) {
		result.error = error as Error;
	}
	const { message, ...more } = result.error ?? {};
	return {
		...result,
		rows: result.items.map(({ json }) => json),
		errorItems: [],
		stored: JSON.stringify([result.items, { message, ...more }]),
		run: undefined as never,
	};
}

/** The additional data n8n passes to every execution, with the only credential. */
export const additionalDataFor = (credential: ICredentialDataDecryptedObject, workflow: Workflow) =>
	({
		credentialsHelper: new Credentials(credential),
		hooks: new ExecutionLifecycleHooks('manual', '1', workflow as never),
		currentNodeExecutionIndex: 0,
		variables: {},
		restApiUrl: 'http://localhost/rest',
		instanceBaseUrl: 'http://localhost/',
		webhookBaseUrl: 'http://localhost/webhook',
		webhookWaitingBaseUrl: 'http://localhost/webhook-waiting',
		formWaitingBaseUrl: 'http://localhost/form-waiting',
	}) as unknown as IWorkflowExecuteAdditionalData;

/** @returns the result of a running node, a function that stops it like the Stop button, and the abort signal */
export function startNode({
	credential,
	parameters,
	items = [{ json: {} }],
	onError,
	settings,
}: RunOptions): { result: Promise<RunResult>; cancel: () => void; signal: AbortSignal } {
	const node = (name: string, type: string) => ({
		id: name,
		name,
		type,
		typeVersion: 1,
		position: [0, 0] as [number, number],
		parameters: {},
	});
	const to = (name: string) => [{ node: name, type: 'main' as const, index: 0 }];
	const workflow = new Workflow({
		id: 'test',
		active: false,
		nodes: [
			node('Start', 'passThrough'),
			{
				...node('Referral Rocket', 'referralRocket'),
				...settings,
				parameters,
				onError,
				credentials: { referralRocketApi: { id: '1', name: 'Referral Rocket' } },
			},
			node('Next', 'passThrough'),
			node('Failed', 'passThrough'),
		],
		connections: {
			Start: { main: [to('Referral Rocket')] },
			'Referral Rocket': { main: [to('Next'), to('Failed')] },
		},
		nodeTypes: knownNodeTypes,
		settings: { executionOrder: 'v1' },
	});
	const additionalData = additionalDataFor(credential, workflow);
	const engine = new WorkflowExecute(additionalData, 'manual');
	const execution = run(engine, {
		workflow,
		startNode: workflow.getNode('Start') ?? undefined,
		pinData: { Start: items },
	});
	const { signal } = (engine as unknown as { abortController: AbortController }).abortController;
	return { result: toRunResult(execution), cancel: () => execution.cancel(), signal };
}

type Run = WorkflowExecute['run'];

/** Starts a workflow. In n8n 1, the options are separate arguments. */
const run = (engine: WorkflowExecute, options: Parameters<Run>[0]): ReturnType<Run> =>
	globalThis.n8nMajor === 1
		? (engine.run as unknown as (...options: unknown[]) => ReturnType<Run>).call(
				engine,
				options.workflow,
				options.startNode,
				options.destinationNode,
				options.pinData,
			)
		: engine.run(options);

async function toRunResult(execution: PromiseLike<IRun>): Promise<RunResult> {
	const run = await execution;
	const { runData, error } = run.data.resultData;
	const [output = [], errorOutput = []] = runData['Referral Rocket']?.[0]?.data?.main ?? [];
	return {
		items: output ?? [],
		rows: (output ?? []).map(({ json }) => json),
		errorItems: errorOutput ?? [],
		error: error as RunResult['error'],
		get stored() {
			return JSON.stringify(run.data);
		},
		run,
	};
}
