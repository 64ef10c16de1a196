/** What the service signs its events with in all parts. */
export const webhookSecret = 'whsec_3f1c90aa57';

/** Where the workflow "Referral event to message" waits for events. */
export const eventHookPath = '/webhook/5f0a4f0e-3f0d-4a53-9a61-0c7a7c6a1b01/referral-rocket';

export interface NodeOfWorkflow {
	name: string;
	type: string;
	[setting: string]: unknown;
}

/**
 * @param nodes each leads to the next; what is not said about one is as n8n makes it
 * @returns the workflow, as n8n saves it
 */
export const chain = (name: string, nodes: NodeOfWorkflow[]) => ({
	name,
	settings: { executionOrder: 'v1' },
	nodes: nodes.map((node, index) => ({
		id: node.name,
		typeVersion: 1,
		position: [240 * index, 0],
		parameters: {},
		...node,
	})),
	connections: Object.fromEntries(
		nodes
			.slice(1)
			.map((next, index) => [
				nodes[index].name,
				{ main: [[{ node: next.name, type: 'main', index: 0 }]] },
			]),
	),
});
