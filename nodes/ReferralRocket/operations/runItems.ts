import type {
	IExecuteFunctions,
	IExecuteSingleFunctions,
	IGetNodeParameterOptions,
	INodeExecutionData,
} from 'n8n-workflow';
import { sleep } from 'n8n-workflow';
import { abortableSleep, onAbort } from '../api/abortable';
import { validateBaseUrl } from '../api/baseUrl';
import { join, withMessage } from '../api/errors';
import { maxConcurrentRequests } from '../api/requestQueue';
import { isReadOnly } from '../api/specification';
import {
	errorItem,
	routedValuesOf,
	runItem,
	type ItemError,
	type ItemResult,
	type Operation,
} from './operation';
import { batchesOf, type RequestOptions } from './requestOptions';

/** An input item that has been started. */
interface StartedItem {
	/** Ends its waiting in the queue and between attempts. */
	waiting?: AbortController;
	/** Whether a request for it has reached the service, or may have. */
	wasSent: boolean;
	/** Whether it waits, or has waited, for another item and another one was started in its place. */
	isReplaced?: boolean;
	result?: ItemResult;
}

/**
 * Runs an operation for all input items: started in their order, and no more of them at once than
 * requests may be under way. When one does not work and the node is not to continue, no further one is
 * started, and those behind it that still wait are not sent.
 * @returns what comes out, in the order of the items
 * @throws NodeApiError or NodeOperationError of the first item that did not work, which says what
 * became of the others; the reason of the execution's cancel signal
 */
export async function runItems(
	execution: IExecuteFunctions,
	operation: Operation,
): Promise<INodeExecutionData[]> {
	const count = execution.getInputData().length;
	const stopsAtError = !execution.continueOnFail();
	const { size, intervalMs } = batchesOf(
		execution.getNodeParameter('requestOptions', 0, {}) as RequestOptions,
	);
	const baseUrlOf = memoize(validateBaseUrl);
	const contextOf = itemContexts(execution);
	const started: StartedItem[] = [];
	const shared = new Map<string, unknown>();
	const pauses = new AbortController();
	let batch = Promise.resolve();
	const sequences: Array<Promise<void>> = [];
	let next = 0;
	/** The first item that is not to be started. */
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
			routedValues: () => routedValuesOf(operation.fields, context),
			baseUrlOf,
			shared,
			signal: waiting.signal,
			onSent: () => (item.wasSent = true),
			onWait: () => {
				// Only after n8n has had its turn: thousands of items may wait for the same person.
				if (!item.isReplaced) sequences.push(sleep(0).then(runSequentially));
				item.isReplaced = true;
			},
			onError: () => {
				if (stopsAtError && !waiting.signal.aborted) stopAt(index + 1);
			},
		});
		item.waiting = undefined;
		// Where no request gives n8n a turn, thousands of items would keep it from everything else.
		if (!item.wasSent) await sleep(0);
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
		throw createStopError(index, result.error, {
			count,
			facts: isReadOnly(operation.endpoint) ? [] : sentFacts(index, started, count),
		});
	});
	const message = hintFor(execution, operation, output.length);
	if (message) execution.addExecutionHints({ message, location: 'outputPane' });
	return output;
}

/** @returns what to tell beside the output, so that the next run goes well; undefined for nothing */
function hintFor(execution: IExecuteFunctions, operation: Operation, outputCount: number) {
	const { alwaysOutputData } = execution.getNode();
	if (outputCount === 0 && !alwaysOutputData) return emptyHint;
	const isSeveral = execution.getInputData().length > 1;
	const stopsAtError = !execution.continueOnFail();
	return isSeveral && stopsAtError && !isReadOnly(operation.endpoint) ? severalHint : undefined;
}

/**
 * @returns what makes an item's context: the credential is decrypted once for the item; parameters
 * without an expression, which all items share, are resolved once for all
 */
function itemContexts(execution: IExecuteFunctions) {
	const { parameters } = execution.getNode();
	const hasExpression = memoize((name: string) =>
		JSON.stringify(parameters[name.split('.')[0]] ?? '').includes('"='),
	);
	const shared = new Map<string, unknown>();
	return (index: number): IExecuteSingleFunctions => {
		const getNodeParameter = (
			name: string,
			fallback?: unknown,
			options?: IGetNodeParameterOptions,
		): unknown => {
			const resolve = () => execution.getNodeParameter(name, index, fallback, options);
			if (hasExpression(name)) return resolve();
			if (!shared.has(name)) shared.set(name, resolve());
			return shared.get(name);
		};
		const getCredentials = memoize(
			async (name: string) => await execution.getCredentials(name, index),
		);
		return Object.create(execution, {
			getItemIndex: { value: () => index },
			getNodeParameter: { value: getNodeParameter },
			getCredentials: { value: getCredentials },
		}) as IExecuteSingleFunctions;
	};
}

/** @returns the function, which is called once for each argument and then gives the same again */
function memoize<Argument, Result>(work: (argument: Argument) => Result) {
	const results = new Map<Argument, Result>();
	return (argument: Argument): Result => {
		if (!results.has(argument)) results.set(argument, work(argument));
		return results.get(argument) as Result;
	};
}

/** @returns of an operation that changes something, what became of the items beside the one that stopped it */
function sentFacts(index: number, started: StartedItem[], count: number): string[] {
	const sent = started.flatMap(({ wasSent }, other) => (wasSent && other !== index ? [other] : []));
	const before = sent.filter((other) => other < index).length;
	const behind = sent.filter((other) => other > index).map((other) => String(other + 1));
	return [
		...(index > 0 ? [`${before} ${before === 1 ? 'item' : 'items'} before it had been sent`] : []),
		...(behind.length === 1 ? [`item ${behind[0]} was under way and had been sent too`] : []),
		...(behind.length > 1 && behind.length < maxConcurrentRequests
			? [`items ${behind.join(', ')} were under way and had been sent too`]
			: []),
		// The item took so long that many others came and went meanwhile.
		...(behind.length >= maxConcurrentRequests
			? [`${behind.length} later ones, up to item ${behind.at(-1)}, had been sent meanwhile`]
			: []),
		...(index + 1 + behind.length < count ? ['none of the later ones was sent'] : []),
	];
}

/** @returns the error of an item, with which one it was and what became of the others */
function createStopError(
	index: number,
	error: ItemError,
	{ count, facts }: { count: number; facts: string[] },
) {
	if (count === 1) return error;
	const item = `This was item ${index + 1} of ${count}`;
	const where = facts.length > 0 ? `${item}: ${facts.join('; ')}.` : `${item}.`;
	error.description = join(error.description, continueHint);
	// n8n would add it to the description, counted from 0.
	delete error.context.itemIndex;
	return withMessage(error, `${error.message} ${where}`);
}

const emptyHint =
	'Nothing was found, so the nodes after this one do not run. To run them anyway, turn on Settings → Always Output Data of this node.';

const severalHint =
	'If one of several items does not work, this node stops and returns none of them. To get the outcome of each item, choose Settings → On Error → Continue (using error output) of this node.';

const continueHint =
	'With Settings → On Error → Continue (using error output) of this node, the outcome of each item comes out.';
