import { setTimeout as wait } from 'node:timers/promises';
import { startPostgres } from '../n8n/services.mts';
import type { N8n, Workflow } from '../n8n/n8n.mts';
import { UserError } from '../command-line/progress.mts';
import { httpRequest } from './lists.mts';
import { apiKey, withService } from './measure.mts';
import { watch, type Load } from './watch.mts';

/*
 * Compares the example "Participant sync to PostgreSQL" with the same workflow in which n8n's own HTTP Request
 * node reads the pages.
 */

interface Sync extends Load {
	/** Milliseconds from the start of the execution to its end. */
	elapsed: number;
	/** Peak memory above n8n's memory before the execution, in bytes. */
	memory: number;
}

/** Reads pages with HTTP Request and splits them into participants. */
function useHttpRequest(workflow: Workflow, url: string) {
	const replaced = workflow.nodes.find(({ name }) => name === 'List participants');
	Object.assign(replaced ?? {}, { ...httpRequest(url, 500), credentials: undefined });
	workflow.nodes.push({
		id: 'split',
		name: 'Split pages',
		type: 'n8n-nodes-base.splitOut',
		typeVersion: 1,
		position: [0, 400],
		parameters: { fieldToSplitOut: 'content', options: {} },
	});
	const { connections } = workflow;
	connections['Split pages'] = connections['List participants'];
	connections['List participants'] = {
		main: [[{ node: 'Split pages', type: 'main', index: 0 }]],
	};
}

/** @returns the cost of one sync with each node, by a newly started n8n with an empty table */
export async function compareSyncs(
	participants: number,
	withN8n: (work: (n8n: N8n) => Promise<Sync>) => Promise<Sync>,
) {
	const sync = async (isOurs: boolean) =>
		await withN8n(async (n8n) =>
			withService({ participants }, async (url) => {
				const credentials = await n8n.addCredential({ apiKey, url });
				const postgres = await n8n.post<{ id: string; name: string }>('/credentials', {
					name: 'PostgreSQL',
					type: 'postgres',
					data: { ...(await startPostgres()), password: 'none', ssl: 'disable' },
				});
				const id = await n8n.importWorkflow(
					'examples/participant-sync-to-postgres.json',
					credentials,
					(workflow) => {
						for (const node of workflow.nodes)
							if (node.type.endsWith('.postgres')) node.credentials = { postgres };
						if (!isOurs) useHttpRequest(workflow, url);
					},
				);
				// Until n8n has finished what it does after the start.
				await wait(5000);
				const before = await n8n.memory();
				const start = Date.now();
				const { execution, unresponsive, memory } = await watch(n8n, async () =>
					n8n.run(id, 'Run now'),
				);
				const elapsed = Date.now() - start;
				if (execution.status !== 'success') throw new UserError(String(execution.message));
				return { elapsed, unresponsive, memory: memory - before };
			}),
		);
	return { node: await sync(true), httpRequest: await sync(false) };
}
