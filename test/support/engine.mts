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
 * Runs the node on n8n's own engine: a workflow of a start, the Referral Rocket node and, behind each
 * of its outputs, a node that only passes items on.
 */

declare global {
	/** Which n8n the engine is of, as jest.config.cjs has it. */
	var n8nMajor: 1 | 2;
}

const passOn: INodeType = {
	description: {
		displayName: 'Pass On',
		name: 'passOn',
		group: ['transform'],
		version: 1,
		description: 'Passes its items on',
		defaults: { name: 'Pass On' },
		inputs: ['main'],
		outputs: ['main'],
		properties: [],
	},
	async execute() {
		return [this.getInputData()];
	},
};

/**
 * A declarative node as n8n itself prepares it: with Request Options, and with RoutingNode as execute.
 * A workflow runs its custom operations instead; a tool runs execute.
 */
function prepared(nodeType: INodeType): INodeType {
	DirectoryLoader.applyDeclarativeNodeOptionParameters(nodeType);
	nodeType.execute = async function () {
		const data = await new RoutingNode(this as unknown as ExecuteContext, nodeType).runNode();
		return data ?? [];
	};
	return nodeType;
}

const nodeTypes: Record<string, INodeType> = {
	passOn,
	referralRocket: prepared(new ReferralRocket()),
	referralRocketTrigger: new ReferralRocketTrigger(),
	referralRocketPollingTrigger: new ReferralRocketPollingTrigger(),
};

export const knownNodeTypes: INodeTypes = {
	getByName: (type) => nodeTypes[type],
	getByNameAndVersion: (type) => nodeTypes[type],
	getKnownTypes: () => ({}),
};

let decrypted = 0;

/** @returns how many times a credential has been decrypted so far */
export const timesDecrypted = () => decrypted;

/** A key that is a function of the item stands for one that an expression gives. */
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
	async getDecrypted(...given: Parameters<ICredentialsHelper['getDecrypted']>) {
		decrypted++;
		const item = given[6]?.itemIndex ?? 0;
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
	/** The items that come in; one empty item unless given. */
	items?: INodeExecutionData[];
	onError?: OnError;
	/** Settings of the node beside its parameters, such as executeOnce. */
	settings?: Partial<INode>;
	/** Run as a tool of an agent or an MCP server, with the first item. */
	asTool?: boolean;
}

export interface RunResult {
	/** What came out of the node's first output. */
	items: INodeExecutionData[];
	rows: INodeExecutionData['json'][];
	/** What came out of its second output, which only onError continueErrorOutput gives it. */
	errorItems: INodeExecutionData[];
	/** What stopped the execution. */
	error?: Error & { description?: string; httpCode?: string };
	/** All that n8n would store of the execution. */
	readonly stored: string;
	run: IRun;
}

/**
 * Runs the Referral Rocket node once on the engine.
 * @returns what a user sees of it
 */
export async function runNode(options: RunOptions): Promise<RunResult> {
	return await (options.asTool ? runTool(options) : startNode(options).result);
}

/** Runs the node as n8n runs a tool: in a context of its own, which knows one item, by its execute. */
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

/** What n8n hands to every execution, with the one credential there is. */
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

/** @returns a running node, a way to stop it as the Stop button does, and the signal that this aborts */
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
			node('Start', 'passOn'),
			{
				...node('Referral Rocket', 'referralRocket'),
				...settings,
				parameters,
				onError,
				credentials: { referralRocketApi: { id: '1', name: 'Referral Rocket' } },
			},
			node('Next', 'passOn'),
			node('Refused', 'passOn'),
		],
		connections: {
			Start: { main: [to('Referral Rocket')] },
			'Referral Rocket': { main: [to('Next'), to('Refused')] },
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
	return { result: resultOf(execution), cancel: () => execution.cancel(), signal };
}

type Run = WorkflowExecute['run'];

/** Starts a workflow: n8n 1 does not put what it is started with into an object. */
const run = (engine: WorkflowExecute, options: Parameters<Run>[0]): ReturnType<Run> =>
	n8nMajor === 1
		? (engine.run as unknown as (...options: unknown[]) => ReturnType<Run>).call(
				engine,
				options.workflow,
				options.startNode,
				options.destinationNode,
				options.pinData,
			)
		: engine.run(options);

async function resultOf(execution: PromiseLike<IRun>): Promise<RunResult> {
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
