import type { Execution } from '../../../tools/n8n/n8n.mts';
import type { ExampleRun } from './exampleRun.mts';

/** A person or a payment that enters an example. */
export interface Entry {
	/** Unique. The example receives it in some field, so that its execution can be found. */
	id: string;
	email: string | null;
	/** The referrer's code, if the example accepts one. */
	code?: string;
}

/** What can happen to an entry. */
export type Outcome =
	/** Added, or qualified. */
	| 'done'
	/** In the campaign before, or qualified before. */
	| 'already'
	/** The second of two that enter at the same time. */
	| 'double'
	| 'noAddress'
	/** The service refuses the address for good. */
	| 'refused'
	/** Nobody has the referral code. */
	| 'unknownCode'
	/** The service is down; someone can repeat it. */
	| 'failed'
	/**
	 * Repeated, but what was sent before may have had an effect: n8n sends it again only after some minutes, or a
	 * restart. If missing, like 'failed'.
	 */
	| 'unknown'
	/** Done when repeated. */
	| 'repeated'
	| 'notReferred'
	/** Not in the campaign yet; looked up again later. */
	| 'waiting'
	| 'notInCampaign';

/** A published example that people or payments enter. */
export interface PublishedExample {
	/** Its ID in n8n. */
	workflow: string;
	/** Where each outcome can be seen: an end of the workflow, or a place in the other service. A missing one is like 'done'. */
	visible: Partial<Record<Outcome, string>>;
	/** Sends all of them at once. */
	enter(entries: Entry[]): Promise<void>;
	/** Reads what placeOf needs. */
	readPlaces?(): Promise<void>;
	/** Where the entry can be seen now, if not at an end of the workflow. */
	placeOf?(entry: Entry): string;
	/** The ID of the execution that the entry started, if its data does not contain the entry. */
	executionOf?(entry: Entry): string | undefined;
	/** Repeats entries that failed, if not by Retry. */
	repeat?(failed: Entry[]): Promise<void>;
	/** Ends all waits, if they are not in n8n's own database. */
	endWaits?(): Promise<void>;
}

/** Where the outcomes of a payment can be seen, in each payment example. */
const paymentOutcomes: PublishedExample['visible'] = {
	done: 'Outcome: qualified',
	already: 'Outcome: already qualified',
	notReferred: 'Outcome: not referred',
	refused: 'Outcome: rejected',
	notInCampaign: 'Outcome: not in the campaign',
	waiting: 'waits at An hour, then a day',
	failed: 'failed at Qualify buyer',
};

/** How people or payments enter an example. */
export interface Entrance {
	kind: 'person' | 'payment';
	/** Imports and publishes it. */
	open(run: ExampleRun): Promise<PublishedExample>;
}

/**
 * @param noAddress where a payment without an address can be seen
 * @param publish publishes the example; pay sends it one payment
 */
export const entranceOfPayments = (
	noAddress: string,
	publish: (
		run: ExampleRun,
	) => Promise<{ workflow: string; pay: (entry: Entry) => Promise<unknown> }>,
): Entrance => ({
	kind: 'payment',
	async open(run) {
		const { workflow, pay } = await publish(run);
		return {
			workflow,
			visible: { ...paymentOutcomes, noAddress },
			enter: async (entries) => void (await Promise.all(entries.map(pay))),
		};
	},
});

type Connections = Record<string, { main?: Array<Array<{ node: string }> | null> }>;

interface Shape {
	connections: Connections;
	nodes: Array<{ name: string; type: string; parameters: object }>;
}

/** @returns the name of a node's output, as the canvas shows it; undefined if it has only one */
function outputName(workflow: Shape, name: string, output: number): string | undefined {
	const { type, parameters } = workflow.nodes.find((node) => node.name === name) ?? {
		type: '',
		parameters: {},
	};
	if (type.endsWith('.if')) return ['true', 'false'][output];
	if (!type.endsWith('.switch')) return undefined;
	const { rules, options } = parameters as {
		rules: { values: Array<{ outputKey: string }> };
		options: { renameFallbackOutput?: string };
	};
	return rules.values[output]?.outputKey ?? options.renameFallbackOutput ?? 'fallback';
}

/**
 * @param workflow as n8n stores it
 * @returns where the items of an execution left the workflow, or where it waits or failed
 */
export function endsOf({ runData, status, lastNode }: Execution, workflow: Shape): string[] {
	if (status === 'waiting') return [`waits at ${lastNode}`];
	if (status === 'error') return [`failed at ${lastNode}`];
	if (status !== 'success') return [status];
	return Object.entries(runData).flatMap(([name, runs]) =>
		runs.flatMap(({ data }) =>
			(data?.main ?? []).flatMap((items, output) => {
				const next = workflow.connections[name]?.main?.[output] ?? [];
				const end = [name, outputName(workflow, name, output)].filter(Boolean).join(': ');
				return next.length > 0 ? [] : (items ?? []).map(() => end);
			}),
		),
	);
}
