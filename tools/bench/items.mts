import { chain } from '../../test/e2e/workflow.mts';
import { itemsOf, type N8n } from '../n8n/n8n.mts';
import { UserError } from '../command-line/progress.mts';
import { apiKey, campaign, items, median, repetitions, withService } from './measure.mts';
import { watch, type Load } from './watch.mts';

/*
 * Compares Get and Add, over many items, with n8n's own HTTP Request node in the same n8n and with the
 * same credential.
 */

interface Run extends Load {
	/** Execution time of the node in milliseconds. */
	elapsed: number;
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
	const { result: execution, ...load } = await watch(n8n, async () => n8n.run(id, 'Run'));
	const returned = itemsOf(execution, 'Node').length;
	if (returned !== count)
		throw new UserError(`${returned} of ${count} items were returned: ${execution.message}`);
	return { ...load, elapsed: execution.runData.Node[0].executionTime };
}
