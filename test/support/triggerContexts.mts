import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import axios from 'axios';
import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	INode,
	INodeExecutionData,
	INodeParameters,
	IWebhookData,
	NodeOperationError,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import { Workflow } from 'n8n-workflow';
import { HookContext, PollContext, WebhookContext } from 'n8n-core';
import { ReferralRocketPollingTrigger } from '../../nodes/ReferralRocket/ReferralRocketPollingTrigger.node.ts';
import { ReferralRocketTrigger } from '../../nodes/ReferralRocket/ReferralRocketTrigger.node.ts';
import { additionalDataFor, knownNodeTypes } from './engine.mts';

/*
 * Runs the triggers in n8n's own contexts, as an activated workflow does. Only the static data of the
 * workflow passes from one run to the next, as JSON.
 */

function workflowOf(
	type: string,
	parameters: INodeParameters,
	staticData: IDataObject,
	id = 'test',
) {
	const node: INode = {
		id: 'trigger',
		name: 'Trigger',
		type,
		typeVersion: 1,
		position: [0, 0],
		parameters,
		credentials: { referralRocketApi: { id, name: 'Referral Rocket' } },
	};
	const workflow = new Workflow({
		id,
		active: true,
		nodes: [node],
		connections: {},
		nodeTypes: knownNodeTypes,
		staticData,
	});
	return { workflow, node: workflow.getNode('Trigger') as INode };
}

/** An activated polling trigger in one n8n. */
export class ActivePollingTrigger {
	/** The static data in n8n's memory, from one poll to the next. */
	inMemory = '{}';
	/** The saved static data: n8n saves it after the first poll since its start, and when the workflow starts. */
	stored = '{}';
	private isStarting = true;
	/** Whether there are unsaved changes. */
	private hasChanged = false;
	/** Number of times n8n saved the static data. */
	writes = 0;
	/** Number of times the workflow was started: n8n does so for anything but null. */
	executions = 0;
	/** The n8n process. The node's own memory ends with it. */
	private process = randomUUID();

	constructor(
		private readonly credential: ICredentialDataDecryptedObject,
		private readonly parameters: INodeParameters,
	) {}

	/** Starts polls that overlap. As in one n8n, they share the static data. */
	pollConcurrently(count: number): Array<Promise<IDataObject[]>> {
		const shared = JSON.parse(this.inMemory) as IDataObject;
		return Array.from({ length: count }, async () => await this.poll('trigger', shared));
	}

	/** Restarts n8n with the saved static data. */
	restart(): void {
		this.inMemory = this.stored;
		this.isStarting = true;
		this.hasChanged = false;
		this.process = randomUUID();
	}

	/** A poll by n8n 2's optional scheduler, which starts from the saved static data every time. */
	async pollFromStored(): Promise<IDataObject[]> {
		this.inMemory = this.stored;
		this.hasChanged = false;
		return await this.poll();
	}

	/** Changes parameters of the node and publishes the workflow again, in the same n8n. */
	publish(parameters: INodeParameters): void {
		Object.assign(this.parameters, parameters);
		this.inMemory = this.stored;
		this.isStarting = true;
		this.hasChanged = false;
	}

	async poll(
		mode: WorkflowExecuteMode = 'trigger',
		staticData = JSON.parse(this.inMemory) as IDataObject,
	): Promise<IDataObject[]> {
		const type = 'referralRocketPollingTrigger';
		const { workflow, node } = workflowOf(type, this.parameters, staticData, this.process);
		const additionalData = additionalDataFor(this.credential, workflow);
		const context = new PollContext(workflow, node, additionalData, mode, 'activate');
		const output = await new ReferralRocketPollingTrigger().poll.call(context);
		this.inMemory = JSON.stringify(staticData);
		// n8n itself detects whether the static data has changed.
		this.hasChanged ||= workflow.staticData.__dataChanged === true;
		if ((output !== null || this.isStarting) && this.hasChanged) {
			this.stored = this.inMemory;
			this.writes++;
			this.hasChanged = false;
		}
		this.isStarting = false;
		if (output !== null) this.executions++;
		return (output?.[0] ?? []).map(({ json }) => json);
	}
}

/** An activated webhook trigger behind an HTTP server. */
export class ActiveWebhookTrigger {
	stored = '{}';
	/** The items of every execution that was started. */
	executions: INodeExecutionData[][] = [];
	/** Responses with 500. n8n saves a failed execution for each. */
	failures = 0;
	/** Number of times n8n saved the static data. */
	writes = 0;
	/** Whether n8n is saving. */
	isWriting = false;
	/** Number of deliveries for which n8n has begun to start the workflow. */
	starting = 0;
	/** Deliveries that the node has not returned yet. */
	inside = 0;
	/** The last error of the node. */
	lastError: NodeOperationError | undefined;
	/** Requests to which both the node and n8n responded. */
	doubleResponses = 0;
	/** Whether n8n can start the workflow; if it can't, it responds with 500. */
	canStart = true;
	/** What n8n waits for before it starts the workflow. */
	beforeStart: Promise<void> | undefined;
	/** What n8n waits for before the static data is saved. */
	beforeSaved: (() => Promise<unknown>) | undefined;
	/** n8n 1 saves the static data before it starts the workflow, n8n 2 afterwards. */
	n8n: 1 | 2 = 2;
	private readonly id = randomUUID();
	private readonly server = createServer(
		(request, response) => void this.receive(request, response),
	);

	constructor(
		readonly credential: ICredentialDataDecryptedObject,
		private readonly parameters: INodeParameters,
		private readonly mode: WorkflowExecuteMode = 'webhook',
	) {}

	/** Publishes the workflow, or presses Execute step in a test. @returns whether the node agreed */
	async activate(): Promise<boolean> {
		const { checkExists, create } = this.methods;
		return (await checkExists.call(this.context)) || (await create.call(this.context));
	}

	async deactivate(): Promise<boolean> {
		return await this.methods.delete.call(this.context);
	}

	private readonly methods = new ReferralRocketTrigger().webhookMethods.default;

	private get context() {
		const { workflow, node } = workflowOf('referralRocketTrigger', this.parameters, {}, this.id);
		const additionalData = additionalDataFor(this.credential, workflow);
		const mode = this.mode === 'manual' ? 'manual' : 'trigger';
		return new HookContext(workflow, node, additionalData, mode, 'activate');
	}

	async open(): Promise<void> {
		await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
	}

	async close(): Promise<void> {
		await new Promise((done) => this.server.close(done));
	}

	/**
	 * Posts a body.
	 * @param hangUp aborts when the sender should stop waiting
	 * @returns the response
	 */
	async post(
		body: string | Buffer,
		headers: Record<string, string | string[]> = {},
		hangUp?: AbortSignal,
	) {
		const { port } = this.server.address() as AddressInfo;
		const { status, data } = await axios.post(`http://127.0.0.1:${port}/`, body, {
			headers: { 'content-type': 'application/json', ...headers },
			transformRequest: (sent: unknown) => sent,
			validateStatus: () => true,
			signal: hangUp,
		});
		return { status, data: data as { message?: string } };
	}

	private async receive(incoming: IncomingMessage, outgoing: ServerResponse) {
		const staticData = JSON.parse(this.stored) as IDataObject;
		const { workflow, node } = workflowOf(
			'referralRocketTrigger',
			this.parameters,
			staticData,
			this.id,
		);
		const response = Object.assign(outgoing, {
			status(code: number) {
				outgoing.statusCode = code;
				return response;
			},
			json(answer: unknown) {
				outgoing.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
				return response;
			},
		});
		const request = Object.assign(incoming, {
			rawBody: undefined as Buffer | undefined,
			body: {},
			async readRawBody() {
				if (incoming.readableEnded && !request.rawBody) throw new Error('Stream is not readable');
				request.rawBody ??= await buffer(incoming);
			},
		});
		// n8n parses forms before it calls the node.
		if (/^multipart/.test(String(incoming.headers['content-type']))) await buffer(incoming);
		const additionalData = Object.assign(additionalDataFor(this.credential, workflow), {
			httpRequest: request,
			httpResponse: response,
		});
		const webhookData = { webhookDescription: {} } as IWebhookData;
		const context = new WebhookContext(
			workflow,
			node,
			additionalData as never,
			this.mode,
			webhookData,
			[],
			null,
		);
		try {
			this.inside++;
			const result = await new ReferralRocketTrigger().webhook
				.call(context)
				.finally(() => this.inside--);
			if (result.noWebhookResponse) return;
			const isAnswered = outgoing.headersSent;
			const start = async () => {
				this.starting++;
				await this.beforeStart;
				if (!this.canStart) throw new Error('Workflow not started');
				this.executions.push(...(result.workflowData ?? []));
				// n8n starts another workflow object with the saved static data, which then has no changes.
				staticData.__dataChanged = false;
			};
			/** Like n8n, reads the response, and then checks whether there is something to store. */
			const readResponse = async () => {
				// n8n reads the property twice.
				const webhookResponse = result.webhookResponse && result.webhookResponse;
				if (staticData.__dataChanged) {
					const changed = JSON.stringify(staticData);
					this.isWriting = true;
					await this.beforeSaved?.();
					this.isWriting = false;
					this.stored = changed;
					this.writes++;
				}
				return webhookResponse as unknown;
			};
			const earlyResponse = this.n8n === 1 ? await readResponse() : undefined;
			if (result.workflowData) await start();
			const webhookResponse = this.n8n === 2 ? await readResponse() : earlyResponse;
			if (isAnswered) this.doubleResponses++;
			else response.status(200).json(webhookResponse);
		} catch (error) {
			this.failures++;
			this.lastError = error as NodeOperationError;
			response.status(500).json({ message: (error as Error).message });
		}
	}
}
