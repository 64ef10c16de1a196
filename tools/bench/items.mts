import { setTimeout as wait } from 'node:timers/promises';
import axios from 'axios';
import { chain } from '../../test/e2e/workflow.mts';
import { itemsOf, type N8n } from '../n8n/n8n.mts';
import { UserError } from '../command-line/progress.mts';
import { apiKey, campaign, items, median, repetitions, withService } from './measure.mts';

/*
 * Compares Get and Add, over many items, with n8n's own HTTP Request node in the same n8n and with the
 * same credential.
 */

interface Run {
	/** Execution time of the node in milliseconds. */
	elapsed: number;
	/** The longest time n8n took to respond to a health check, in milliseconds. */
	unresponsive: number;
	/** Peak memory of n8n's process in bytes. */
	memory: number;
}

export interface ItemFigures {
	node: Run;
	httpRequest: Run;
}

const referralRocket = (operation: string, credentials: object) => ({
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

const campaignAndEmail = {
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
			? { url: `${url}/api/v1/getParticipant`, sendQuery: true, queryParameters: campaignAndEmail }
			: {
					url: `${url}/api/v1/addParticipant`,
					method: 'POST',
					sendBody: true,
					bodyParameters: campaignAndEmail,
				}),
		options: {},
	},
});

/** @returns the median figures of both nodes, which take turns for several runs */
export async function compareItems(n8n: N8n, operation: 'get' | 'add'): Promise<ItemFigures> {
	// Add needs an empty campaign, so every run gets a new mock server.
	const runWith = async (isOurs: boolean, count: number) =>
		await withService({ participants: operation === 'get' ? items : 0 }, async (url) => {
			const credentials = await n8n.addCredential({ apiKey, url });
			const node = isOurs
				? referralRocket(operation, credentials)
				: httpRequest(operation, url, credentials);
			return await runItems(n8n, node, count);
		});
	const runs = { node: [] as Run[], httpRequest: [] as Run[] };
	// Warm up: the first run of each node compiles its code.
	for (const isOurs of [true, false]) await runWith(isOurs, 20);
	for (let round = 0; round < repetitions(3); round++) {
		runs.node.push(await runWith(true, items));
		runs.httpRequest.push(await runWith(false, items));
	}
	return { node: medianRun(runs.node), httpRequest: medianRun(runs.httpRequest) };
}

const medianRun = (runs: Run[]): Run => ({
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
	let isFinished = false;
	const unresponsive = longestUnresponsiveTime(n8n, () => isFinished);
	const memory = peakMemory(n8n, () => isFinished);
	const execution = await n8n.run(id, 'Run').finally(() => (isFinished = true));
	const returned = itemsOf(execution, 'Node').length;
	if (returned !== count)
		throw new UserError(`${returned} of ${count} items were returned: ${execution.message}`);
	return {
		elapsed: execution.runData.Node[0].executionTime,
		unresponsive: await unresponsive,
		memory: await memory,
	};
}

async function longestUnresponsiveTime(n8n: N8n, isFinished: () => boolean): Promise<number> {
	let longest = 0;
	while (!isFinished()) {
		const start = performance.now();
		await axios.get(`${n8n.url}/healthz`);
		longest = Math.max(longest, performance.now() - start);
		await wait(10);
	}
	return longest;
}

async function peakMemory(n8n: N8n, isFinished: () => boolean): Promise<number> {
	let peak = 0;
	while (!isFinished()) {
		peak = Math.max(peak, await n8n.memory());
		await wait(200);
	}
	return peak;
}
