import type {
	IExecuteFunctions,
	IExecuteSingleFunctions,
	IGetNodeParameterOptions,
	INodeExecutionData,
} from 'n8n-workflow';
import { abortableSleep, onAbort } from '../helpers/abortable';
import { yieldToEventLoop } from '../helpers/eventLoop';
import { join, withMessage } from '../api/errors';
import { maxConcurrentRequests } from '../api/requestQueue';
import { isReadOnly } from '../api/specification';
import { errorItem, runItem, type ItemError, type ItemResult, type Operation } from './operation';
import type { RequestOptions } from './requestOptions';

/** An input item that has been started. */
interface StartedItem {
	/** Aborts its wait in the queue and between attempts. */
	waiting?: AbortController;
	/** Whether a request for it has reached the service, or may have. */
	wasSent: boolean;
	/** Whether it had to wait for another item, so one more was started in its place. */
	isReplaced?: boolean;
	result?: ItemResult;
}

/**
 * Runs an operation for all input items, in their order, with at most maxConcurrentRequests in progress. If
 * one fails and On Error is Stop, no further item is started, and later items that still wait are not sent.
 * @returns the output, in the order of the items
 * @throws NodeApiError or NodeOperationError of the first item that failed, which says which of the others were
 * sent; the reason of the execution's cancel signal
 */
export async function runItems(
	execution: IExecuteFunctions,
	operation: Operation,
): Promise<INodeExecutionData[]> {
	const count = execution.getInputData().length;
	const stopsAtError = !execution.continueOnFail();
	const { batching } = execution.getNodeParameter('requestOptions', 0, {}) as RequestOptions;
	const { batchSize = 0, batchInterval: intervalMs = 0 } = batching?.batch ?? {};
	const size = batchSize > 0 ? batchSize : 1;
	const contextOf = itemContexts(execution);
	const started: StartedItem[] = [];
	const shared = new Map<string, unknown>();
	const pauses = new AbortController();
	let batch = Promise.resolve();
	const sequences: Array<Promise<void>> = [];
	let next = 0;
	/** The first item that won't be started. */
	let end = count;

	const stopAt = (index: number) => {
		end = Math.min(end, index);
		pauses.abort();
		for (const { waiting } of started.slice(end)) waiting?.abort();
	};

	const run = async (index: number) => {
		const waiting = new AbortController();
		const item: StartedItem = { waiting, wasSent: false };
		started[index] = item;
		const context = contextOf(index);
		item.result = await runItem(operation, context, {
			shared,
			signal: waiting.signal,
			onSent: () => (item.wasSent = true),
			onWait: () => {
				// Yields first, as thousands of items may wait for the same person.
				if (!item.isReplaced) sequences.push(yieldToEventLoop().then(runSequentially));
				item.isReplaced = true;
			},
			onError: () => {
				if (stopsAtError && !waiting.signal.aborted) stopAt(index + 1);
			},
		});
		item.waiting = undefined;
		// Yields if no request did, so that thousands of items don't block the event loop.
		if (!item.wasSent) await yieldToEventLoop();
		return item;
	};

	const runSequentially = async () => {
		while (next < end) {
			const index = next++;
			if (intervalMs > 0 && index > 0 && index % size === 0) {
				batch = batch
					.then(async () => await abortableSleep(intervalMs, pauses.signal))
					.catch(() => undefined);
			}
			await batch;
			if (index < end && (await run(index)).isReplaced) return;
		}
	};

	const cancel = execution.getExecutionCancelSignal();
	const forgetCancel = onAbort(cancel, () => stopAt(0));
	try {
		const concurrency = Math.min(count, maxConcurrentRequests);
		for (let place = 0; place < concurrency; place++) sequences.push(runSequentially());
		for (const sequence of sequences) await sequence;
	} finally {
		forgetCancel();
	}
	cancel?.throwIfAborted();
	const output = started.flatMap(({ result }, index) => {
		if (!result) return [];
		if ('output' in result) return result.output;
		if (!stopsAtError) return [errorItem(result.error, index)];
		const sent = isReadOnly(operation.endpoint) ? '' : describeSent(index, started, count);
		throw createStopError(index, result.error, count, sent);
	});
	if (count > 1 && stopsAtError && !isReadOnly(operation.endpoint)) {
		execution.addExecutionHints({ message: severalHint, location: 'outputPane' });
	}
	return output;
}

/** @returns a function that creates an item's context; parameters without an expression are resolved once for all items */
function itemContexts(execution: IExecuteFunctions) {
	const { parameters } = execution.getNode();
	const withExpression = new Set(
		Object.keys(parameters).filter((name) => JSON.stringify(parameters[name] ?? '').includes('"=')),
	);
	const shared = new Map<string, unknown>();
	return (index: number): IExecuteSingleFunctions => {
		const getNodeParameter = (
			name: string,
			fallback?: unknown,
			options?: IGetNodeParameterOptions,
		): unknown => {
			if (shared.has(name)) return shared.get(name);
			const value = execution.getNodeParameter(name, index, fallback, options);
			if (!withExpression.has(name.split('.')[0])) shared.set(name, value);
			return value;
		};
		return Object.create(execution, {
			getItemIndex: { value: () => index },
			getNodeParameter: { value: getNodeParameter },
			getCredentials: {
				value: async (name: string) => await execution.getCredentials(name, index),
			},
		}) as IExecuteSingleFunctions;
	};
}

/** @returns item numbers from 1, for example: items 1 to 3, 5 were */
function itemsWere(indexes: number[]): string {
	const ranges: Array<[first: number, last: number]> = [];
	for (const index of indexes) {
		const range = ranges.at(-1);
		if (range?.[1] === index) range[1]++;
		else ranges.push([index + 1, index + 1]);
	}
	const list = ranges.map(([first, last]) => (first === last ? first : `${first} to ${last}`));
	return indexes.length === 1 ? `item ${list[0]} was` : `items ${list.join(', ')} were`;
}

/** @returns which items, apart from the one that failed, were sent and which were not */
function describeSent(failed: number, started: StartedItem[], count: number): string {
	const others = [...Array(count).keys()].filter((index) => index !== failed);
	const sent = others.filter((index) => started[index]?.wasSent);
	const unsent = others.filter((index) => !started[index]?.wasSent);
	if (unsent.length === 0) return `${itemsWere(sent)} sent`;
	if (sent.length === 0) return `${itemsWere(unsent)} not sent`;
	return `${itemsWere(sent)} sent; ${itemsWere(unsent)} not`;
}

/** @returns the error of an item, with the item's number and which of the others were sent */
function createStopError(index: number, error: ItemError, count: number, sent: string) {
	if (count === 1) return error;
	const item = `This was item ${index + 1} of ${count}`;
	error.description = join(error.description, continueHint);
	// n8n would append the index, counted from 0, to the description.
	delete error.context.itemIndex;
	return withMessage(error, `${error.message} ${item}${sent && `: ${sent}`}.`);
}

const severalHint =
	'If one item fails, none are returned. To get all: Settings → On Error → Continue (using error output).';

const continueHint =
	'To get a result for every item, choose Settings → On Error → Continue (using error output) of this node.';
