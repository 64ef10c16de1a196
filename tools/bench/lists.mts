import { chain } from '../../test/e2e/workflow.mts';
import { itemsOf, type Execution, type N8n } from '../n8n/n8n.mts';
import { UserError } from '../command-line/progress.mts';
import { apiKey, campaign, median, repetitions, withService, type Shape } from './measure.mts';

/*
 * Compares List with n8n's own HTTP Request node with pagination, in the same n8n.
 */

/** Reads every page of the list, each as one item. */
export const httpRequest = (url: string, size: number) => ({
	type: 'n8n-nodes-base.httpRequest',
	typeVersion: 4.2,
	parameters: {
		url: `${url}/api/v1/getAllParticipants`,
		sendQuery: true,
		queryParameters: {
			parameters: [
				{ name: 'id', value: campaign },
				{ name: 'size', value: String(size) },
			],
		},
		sendHeaders: true,
		headerParameters: { parameters: [{ name: 'Authorization', value: `Bearer ${apiKey}` }] },
		options: {
			pagination: {
				pagination: {
					paginationMode: 'updateAParameterInEachRequest',
					parameters: {
						parameters: [{ type: 'qs', name: 'page', value: '={{ $pageCount }}' }],
					},
					paginationCompleteWhen: 'other',
					// A page says if it is the last one; the last bare array is shorter than the others.
					completeExpression: `={{ $response.body.last ?? $response.body.length < ${size} }}`,
				},
			},
		},
	},
});

const list = (credentials: object) => ({
	type: 'n8n-nodes-referral-rocket.referralRocket',
	typeVersion: 1,
	credentials,
	parameters: {
		resource: 'participant',
		operation: 'list',
		campaignId: { __rl: true, mode: 'id', value: campaign },
		returnAll: true,
		output: 'raw',
	},
});

async function timeInN8n(n8n: N8n, node: object, rounds: number, expected: number) {
	const id = await n8n.saveWorkflow(
		chain('Bench', [
			{ name: 'Run', type: 'n8n-nodes-base.manualTrigger' },
			{ name: 'Read', ...node } as { name: string; type: string },
		]),
	);
	const times: number[] = [];
	for (let round = 0; round < rounds; round++) {
		const execution = await n8n.run(id, 'Run');
		const count = countParticipants(execution);
		if (count !== expected) {
			throw new UserError(
				`${count} of ${expected} participants were returned: ${execution.message}`,
			);
		}
		times.push(execution.runData.Read[0].executionTime);
	}
	return median(times);
}

/** For pages, the HTTP Request node returns one item per page, which contains its participants. */
const countParticipants = (execution: Execution): number =>
	itemsOf(execution, 'Read').reduce(
		(sum, { json }) => sum + ((json.content as unknown[])?.length ?? 1),
		0,
	);

/** @returns how many milliseconds each node takes */
export async function compareLists(
	n8n: N8n,
	participants: number,
	shape: Shape,
	showDetail: (detail: string) => void,
) {
	return await withService({ participants, delay: 50, shape }, async (url) => {
		const credentials = await n8n.addCredential({ apiKey, url });
		showDetail('List');
		const node = await timeInN8n(n8n, list(credentials), repetitions(7), participants);
		showDetail('HTTP Request, 500 per page');
		const by500 = await timeInN8n(n8n, httpRequest(url, 500), repetitions(5), participants);
		showDetail('HTTP Request, 20 per page');
		const by20 = await timeInN8n(n8n, httpRequest(url, 20), 1, participants);
		showDetail('');
		return { node, by500, by20 };
	});
}
