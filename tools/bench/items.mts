import { setTimeout as wait } from 'node:timers/promises';
import axios from 'axios';
import { chain } from '../../test/e2e/workflow.mts';
import { itemsOf, type N8n } from '../n8n/n8n.mts';
import { UserError } from '../command-line/progress.mts';
import { apiKey, campaign, items, median, often, withService } from './service.mts';

/*
 * Many items through Get and Add, each against n8n's own HTTP Request node with the same credential,
 * in the same n8n.
 */

interface Run {
	/** Milliseconds that the node took. */
	elapsed: number;
	/** The longest time in which n8n responded to no health check, in milliseconds. */
	unresponsive: number;
	/** Bytes of memory that n8n's process held at its peak. */
	memory: number;
}

export interface ItemFigures {
	node: Run;
	httpRequest: Run;
}

const ours = (operation: string, credentials: object) => ({
	type: 'n8n-nodes-referral-rocket.referralRocket',
	typeVersion: 1,
	credentials,
	parameters: {
		resource: 'participant',
		operation,
		campaignId: { __rl: true, mode: 'id', value: campaign },
		email: '={{ $json.email }}',
		output: 'raw',
	},
});

const pairs = {
	parameters: [
		{ name: 'id', value: campaign },
		{ name: 'email', value: '={{ $json.email }}' },
	],
};

const httpRequest = (operation: string, url: string, credentials: object) => ({
	type: 'n8n-nodes-base.httpRequest',
	typeVersion: 4.2,
	credentials,
	parameters: {
		authentication: 'predefinedCredentialType',
		nodeCredentialType: 'referralRocketApi',
		...(operation === 'get'
			? { url: `${url}/api/v1/getParticipant`, sendQuery: true, queryParameters: pairs }
			: {
					url: `${url}/api/v1/addParticipant`,
					method: 'POST',
					sendBody: true,
					bodyParameters: pairs,
				}),
		options: {},
	},
});

/** @returns what both nodes need for the operation, each as the median of several runs in turn */
export async function compareItems(n8n: N8n, operation: 'get' | 'add'): Promise<ItemFigures> {
	// Add has a mock server that knows nobody yet, for every run a new one.
	const runWith = async (isOurs: boolean, count: number) =>
		await withService({ participants: operation === 'get' ? items : 0 }, async (url) => {
			const credentials = await n8n.addCredential({ apiKey, url });
			const node = isOurs ? ours(operation, credentials) : httpRequest(operation, url, credentials);
			return await runItems(n8n, node, count);
		});
	const runs = { node: [] as Run[], httpRequest: [] as Run[] };
	// The first run of each compiles its code.
	for (const isOurs of [true, false]) await runWith(isOurs, 20);
	for (let turn = 0; turn < often(3); turn++) {
		runs.node.push(await runWith(true, items));
		runs.httpRequest.push(await runWith(false, items));
	}
	return { node: middle(runs.node), httpRequest: middle(runs.httpRequest) };
}

const middle = (runs: Run[]): Run => ({
	elapsed: median(runs.map(({ elapsed }) => elapsed)),
	unresponsive: median(runs.map(({ unresponsive }) => unresponsive)),
	memory: median(runs.map(({ memory }) => memory)),
});

async function runItems(n8n: N8n, node: object, count: number): Promise<Run> {
	const jsCode = `return Array.from({ length: ${count} }, (_, item) => ({ json: { email: 'participant' + item + '@example.com' } }))`;
	const id = await n8n.saveWorkflow(
		chain('Items', [
			{ name: 'Run', type: 'n8n-nodes-base.manualTrigger' },
			{ name: 'Items', type: 'n8n-nodes-base.code', typeVersion: 2, parameters: { jsCode } },
			{ name: 'Node', ...node } as { name: string; type: string },
		]),
	);
	let isOver = false;
	const unresponsive = longestUnresponsiveTime(n8n, () => isOver);
	const memory = peakMemory(n8n, () => isOver);
	const execution = await n8n.run(id, 'Run').finally(() => (isOver = true));
	const out = itemsOf(execution, 'Node').length;
	if (out !== count) throw new UserError(`${out} of ${count} items came out: ${execution.message}`);
	return {
		elapsed: execution.runData.Node[0].executionTime,
		unresponsive: await unresponsive,
		memory: await memory,
	};
}

async function longestUnresponsiveTime(n8n: N8n, isOver: () => boolean): Promise<number> {
	let longest = 0;
	while (!isOver()) {
		const start = performance.now();
		await axios.get(`${n8n.url}/healthz`);
		longest = Math.max(longest, performance.now() - start);
		await wait(10);
	}
	return longest;
}

async function peakMemory(n8n: N8n, isOver: () => boolean): Promise<number> {
	let peak = 0;
	while (!isOver()) {
		peak = Math.max(peak, await n8n.memory());
		await wait(200);
	}
	return peak;
}
