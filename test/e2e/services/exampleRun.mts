import assert from 'node:assert/strict';
import type { IDataObject, INode, IPinData } from 'n8n-workflow';
import { itemsOf, type N8n, type Workflow } from '../../../tools/n8n/n8n.mts';
import { waitUntil } from '../../../tools/command-line/waitUntil.mts';
import type { MockServer } from '../../../tools/mock-server/service.mts';
import type { Participant } from '../../../tools/mock-server/campaign.mts';
import { deliver, eventAbout } from '../../../tools/mock-server/webhooks.mts';
import { webhookSecret } from '../workflow.mts';
import type { setUpEnvironment } from '../environment.mts';
import { simulateBrevo } from './brevo.mts';
import type { Cloud } from './cloud.mts';
import { simulateHubspot } from './hubspot.mts';
import { simulateOpenAi } from './openAi.mts';
import { simulatePipedrive } from './pipedrive.mts';
import { simulateSheets } from './sheets.mts';
import { simulateShop } from './shop.mts';
import { simulateSlack } from './slack.mts';
import { simulateStripe } from './stripe.mts';
import { simulateJotform, simulateTypeform } from './typeform.mts';

/** Adds every service to the cloud. */
export const simulateServices = (cloud: Cloud) => ({
	brevo: simulateBrevo(cloud),
	hubspot: simulateHubspot(cloud),
	jotform: simulateJotform(cloud),
	openAi: simulateOpenAi(cloud),
	pipedrive: simulatePipedrive(cloud),
	sheets: simulateSheets(cloud),
	shop: simulateShop(cloud),
	slack: simulateSlack(cloud),
	stripe: simulateStripe(cloud),
	typeform: simulateTypeform(cloud),
});

type Services = ReturnType<typeof simulateServices>;

type Environment = Awaited<ReturnType<typeof setUpEnvironment>>;

type Change = (nodes: Record<string, INode>) => void;

/** The credentials that a user chooses, by node type without "n8n-nodes-base.". */
type Credentials = Record<string, object>;

/** The environment of the examples: one n8n, the service, and credentials for everything. */
export class ExampleRun {
	readonly mockServer: MockServer;
	/** No two events have the same time, unless one is a repeat of the other. */
	private nextEventAt = Date.now();

	constructor(
		readonly environment: Environment,
		/** For the Referral Rocket nodes. */
		private readonly credentials: object,
		readonly services: Services,
	) {
		this.mockServer = environment.mockServer;
	}

	/** A new one after each restart. */
	get n8n(): N8n {
		return this.environment.n8n;
	}

	/** Creates a credential and returns it in the form that nodes refer to it. */
	async addCredential(type: string, data: object): Promise<object> {
		const { id, name } = await this.n8n.post<{ id: string; name: string }>('/credentials', {
			name: type,
			type,
			data,
		});
		return { [type]: { id, name } };
	}

	/**
	 * Imports an example, chooses credentials and fills in missing values, as a user does.
	 * @param change applied to its nodes, by name: settings that must be faster or different here
	 * @returns its ID
	 */
	async import(example: string, credentials: Credentials = {}, change?: Change): Promise<string> {
		const file = `examples/${example}.json`;
		return await this.n8n.importWorkflow(file, this.credentials, (workflow: Workflow) => {
			for (const node of workflow.nodes) {
				const type = node.type.replace('n8n-nodes-base.', '');
				node.credentials ??= credentials[type];
				const { parameters } = node as unknown as INode;
				if (type === 'slack') {
					assert.deepEqual(parameters.channelId, { __rl: true, mode: 'list', value: '' });
					parameters.channelId = { __rl: true, mode: 'name', value: '#referrals' };
				}
				if (type === 'emailSend') {
					assert.equal(parameters.fromEmail, '');
					parameters.fromEmail = 'hello@example.com';
				}
			}
			const named = workflow.nodes.map((node) => [node.name, node]);
			change?.(Object.fromEntries(named) as Record<string, INode>);
		});
	}

	/** Like import, but also publishes it. */
	async publish(example: string, credentials?: Credentials, change?: Change): Promise<string> {
		const id = await this.import(example, credentials, change);
		await this.n8n.activate(id);
		return id;
	}

	/**
	 * Runs a saved workflow from one of its triggers, with the pinned sample.
	 * @returns a function that returns the output of a node
	 * @throws if the execution fails
	 */
	async runFrom(workflow: string, trigger: string) {
		const execution = await this.n8n.run(workflow, trigger);
		assert.equal(execution.status, 'success', execution.message);
		return { rows: (node: string) => itemsOf(execution, node).map(({ json }) => json) };
	}

	async runNow(workflow: string) {
		return await this.runFrom(workflow, 'Run now');
	}

	/** @returns a function that returns the emails and amounts of Qualify requests since this call */
	qualifications() {
		const { requests } = this.mockServer;
		const before = requests.length;
		return () =>
			requests
				.slice(before)
				.filter(({ path }) => path === '/api/v1/qualifyParticipant')
				.map(({ body }) => [String(body?.email), Number(body?.amount)]);
	}

	/** Sends an event to the published workflow, as the service does. */
	async deliver(
		workflow: string,
		eventType: string,
		about: Participant,
		createdAt = this.nextEventAt++,
	): Promise<void> {
		const { nodes } = await this.n8n.get<Workflow>(`/workflows/${workflow}`);
		const trigger = nodes.find(({ type }) => type.endsWith('.referralRocketTrigger'));
		const url = `${this.n8n.url}/webhook/${trigger?.webhookId}/referral-rocket`;
		const event = eventAbout(eventType, about, createdAt);
		assert.equal(await deliver(url, event, webhookSecret), 200);
	}

	/** Waits until a workflow has had this many successful executions. */
	async settled(workflow: string, count: number): Promise<void> {
		await waitUntil(async () => {
			const statuses = (await this.n8n.executionSummaries(workflow)).map(({ status }) => status);
			assert.deepEqual(statuses, Array(count).fill('success'));
		}, 30);
	}

	/** @returns the sample pinned in a trigger. Deliveries are derived from it, so that they stay consistent. */
	async sampleOf(workflow: string, trigger: string): Promise<IDataObject> {
		const { pinData } = await this.n8n.get<{ pinData: IPinData }>(`/workflows/${workflow}`);
		return pinData[trigger][0].json;
	}

	/** Checks that the sample pinned in a trigger has exactly the fields of the real event. */
	async expectSample(workflow: string, trigger: string): Promise<void> {
		const sample = await this.sampleOf(workflow, trigger);
		const [item] = await this.outputOf(workflow, trigger);
		assert.deepEqual(Object.keys(sample).sort(), Object.keys(item).sort());
	}

	/** @returns the items at one of a node's outputs, from all finished executions of a workflow */
	async outputOf(workflow: string, node: string, output = 0) {
		const executions = await this.n8n.finishedExecutions(workflow);
		return executions.flatMap((execution) =>
			itemsOf(execution, node, output).map(({ json }) => json),
		);
	}
}
