/** The secret with which the service signs its events, in all parts. */
export const webhookSecret = 'whsec_3f1c90aa57';

/** The webhook path of the workflow "Referral event to message". */
export const eventWebhookPath = '/webhook/5f0a4f0e-3f0d-4a53-9a61-0c7a7c6a1b01/referral-rocket';

export interface WorkflowNode {
	name: string;
	type: string;
	[setting: string]: unknown;
}

/**
 * Creates a workflow from a sequence of nodes.
 * @param nodes each is connected to the next; missing settings have defaults
 * @returns the workflow, in the format that n8n saves
 */
export const chain = (name: string, nodes: WorkflowNode[]) => ({
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
