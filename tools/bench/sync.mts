import { setTimeout as wait } from 'node:timers/promises';
import { postgresCredential, runSql, startPostgres } from '../n8n/services.mts';
import type { N8n, Workflow } from '../n8n/n8n.mts';
import { UserError } from '../command-line/progress.mts';
import { httpRequest } from './lists.mts';
import { apiKey, withService } from './measure.mts';
import { watch, type Load } from './watch.mts';

/*
 * Compares the example "Participant sync to PostgreSQL", as it runs every night, with the same workflow in which
 * n8n's own HTTP Request node reads the pages.
 */

interface Sync extends Load {
	/** Milliseconds from the start of the execution to its end. */
	elapsed: number;
	/** Peak memory above n8n's memory before the execution, in bytes. */
	memory: number;
}

/** Lets HTTP Request read the pages, and splits them into participants. */
function useHttpRequest({ nodes, connections }: Workflow, url: string) {
	const list = nodes.find(({ name }) => name === 'List participants');
	if (!list) throw new Error('The example has no node "List participants".');
	nodes.push({ ...list, ...httpRequest(url, 500), credentials: undefined, id: 'p', name: 'Pages' });
	Object.assign(list, {
		type: 'n8n-nodes-base.splitOut',
		parameters: { fieldToSplitOut: 'content', options: {} },
		credentials: undefined,
	});
	connections['Make table'].main[0][0].node = 'Pages';
	connections.Pages = { main: [[{ node: 'List participants', type: 'main', index: 0 }]] };
}

/** Publishes a workflow with a schedule, and waits until it has run once. */
async function runOnce(n8n: N8n, id: string) {
	// A successful run is not kept, so it is finished when it is gone.
	const runs = async () => (await n8n.executionSummaries(id)).length;
	await n8n.activate(id);
	while ((await runs()) === 0) await wait(20);
	const start = Date.now();
	await n8n.deactivate(id);
	while ((await runs()) > 0) {
		const failed = (await n8n.finishedExecutions(id))[0];
		if (failed) throw new UserError(`The sync failed: ${failed.message}`);
		await wait(200);
	}
	return Date.now() - start;
}

/** @returns the cost of one sync with each node, by a newly started n8n with an almost empty table */
export async function compareSyncs(
	participants: number,
	withN8n: (work: (n8n: N8n) => Promise<Sync>) => Promise<Sync>,
) {
	const sync = async (isOurs: boolean) =>
		await withN8n(async (n8n) =>
			withService({ participants }, async (url) => {
				const credentials = await n8n.addCredential({ apiKey, url });
				const server = await startPostgres();
				const postgres = await n8n.post<{ id: string; name: string }>('/credentials', {
					name: 'PostgreSQL',
					type: 'postgres',
					data: postgresCredential(server),
				});
				const importSync = async (change: (workflow: Workflow) => void) =>
					await n8n.importWorkflow(
						'examples/participant-sync-to-postgres.json',
						credentials,
						(workflow) => {
							for (const node of workflow.nodes)
								if (node.type.endsWith('.postgres')) node.credentials = { postgres };
							change(workflow);
						},
					);
				// With one participant, as n8n loads the code of a node when it runs for the first time.
				const first = await importSync(({ nodes }) => {
					const list = nodes.find(({ name }) => name === 'List participants');
					Object.assign(list?.parameters as object, { returnAll: false, limit: 1 });
				});
				const { status, message } = await n8n.run(first, 'Run now');
				if (status !== 'success') throw new UserError(`The first sync failed: ${message}`);
				const id = await importSync((workflow) => {
					const expression = '*/10 * * * * *';
					const rule = { interval: [{ field: 'cronExpression', expression }] };
					for (const node of workflow.nodes)
						if (node.name === 'Every night') node.parameters = { rule };
					if (!isOurs) useHttpRequest(workflow, url);
				});
				// n8n finishes what it does after its start.
				await wait(5000);
				const before = await n8n.memory();
				const { result, ...load } = await watch(n8n, async () => runOnce(n8n, id));
				const [{ count }] = await runSql<{ count: number }>(
					server,
					'SELECT count(*) FROM referral_rocket_participants',
				);
				if (count !== participants) throw new UserError(`${count} of ${participants} were copied.`);
				return { ...load, elapsed: result, memory: load.memory - before };
			}),
		);
	return { node: await sync(true), httpRequest: await sync(false) };
}
