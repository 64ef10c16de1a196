import assert from 'node:assert/strict';
import type { Runtime } from '../../tools/n8n/cache.mts';
import { changeDatabase, exampleFiles, type Execution, type N8n } from '../../tools/n8n/n8n.mts';
import { step } from '../../tools/command-line/progress.mts';
import { waitUntil } from '../../tools/command-line/waitUntil.mts';
import { paymentEntrance } from './payments.mts';
import {
	endsOf,
	type PublishedExample,
	type Entrance,
	type Entry,
	type Outcome,
} from './services/entrance.mts';
import type { ExampleRun } from './services/exampleRun.mts';
import { csvEntrance, signUpEntrance } from './services/form.mts';
import { hubspotDealEntrance, hubspotEntrance } from './services/hubspot.mts';
import { outboxEntrance } from './services/outbox.mts';
import { pipedriveDealEntrance, pipedriveEntrance } from './services/pipedrive.mts';
import { secondCampaignEntrance } from './services/secondCampaign.mts';
import { shopEntrance } from './services/shop.mts';
import { stripeEntrance } from './services/stripe.mts';
import { typeformEntrance } from './services/typeform.mts';

/** Every example: how people or payments enter it, or why nobody does. */
const entrances: Record<string, Entrance | string> = {
	'ai-agent': 'answers in the chat',
	'campaign-ended-to-slack': 'is about the campaign',
	'csv-import': csvEntrance,
	'event-once': 'has its own test in queue mode: once, or counted',
	'five-friends-to-email': 'has its own test: one email to each, or listed in Not sent',
	'friend-joined-to-referrer-email': 'has its own test: one email, or a named end',
	'hubspot-contact-to-participant': hubspotEntrance,
	'hubspot-deal-to-qualification': hubspotDealEntrance,
	'join-second-campaign': secondCampaignEntrance,
	'mcp-tools': 'answers the assistant',
	'new-participants-to-message': 'has one node, which is its only end',
	'one-persons-data': 'reads about one person; every campaign is named in the file',
	'participant-sync': 'copies the list; a run fails or copies everyone',
	'participant-sync-to-google-sheets': 'copies the list; a run fails or copies everyone',
	'participant-sync-to-postgres': 'copies the list; a run fails or copies everyone',
	'payment-outbox': outboxEntrance,
	'payment-to-qualification': paymentEntrance,
	'pipedrive-deal-to-qualification': pipedriveDealEntrance,
	'pipedrive-person-to-participant': pipedriveEntrance,
	'referral-event-to-message': 'has one node, which is its only end',
	'referral-page': 'shows a table to visitors; a run fails or copies everyone',
	'reward-earned-to-coupon': 'has its own test: one coupon and one email, or a named end',
	'reward-earned-to-slack': 'has one node, which is its only end',
	'share-link-to-brevo': 'has its own test: saved in Brevo, or listed in Not saved',
	'sign-up-form': signUpEntrance,
	'stripe-payment-to-qualification': stripeEntrance,
	'typeform-to-participant': typeformEntrance,
	'weekly-leader-board': 'copies the list; a run fails or posts',
	'woocommerce-order-to-qualification': shopEntrance,
};

/** Someone's status in the campaign before they enter. */
type State = 'absent' | 'alone' | 'referred' | 'qualified';

/** For people or payments: the state before, and the outcomes after each phase. The last one applies to later phases. */
interface Case {
	before?: State;
	outcomes: Outcome[][];
}

interface Input {
	/** The email, if not a unique one. */
	email?: '' | null;
	/** Enters in capital letters. */
	isCapital?: true;
	/** The referrer that is passed; nobody has the code "unknown". */
	code?: 'known' | 'unknown';
	/** The status of every response about the email: in the first phase if 500, always if 400. */
	fault?: 400 | 500;
	/** How many enter at once. */
	copies?: number;
	/** The phase in which it enters again. */
	again?: 1 | 2;
	/** Joins the campaign through a referrer while n8n is stopped. */
	joins?: true;
	/** Absent before. */
	person: Case;
	/** Referred before. */
	payment: Case;
}

const pendingPayment: Case = {
	before: 'absent',
	outcomes: [['waiting'], ['waiting'], ['waiting'], ['notInCampaign']],
};

/** What enters every example. */
const inputs: Record<string, Input> = {
	'no address': {
		email: '',
		person: { outcomes: [['noAddress']] },
		payment: { before: 'absent', outcomes: [['noAddress']] },
	},
	'null instead of an address': {
		email: null,
		person: { outcomes: [['noAddress']] },
		payment: { before: 'absent', outcomes: [['noAddress']] },
	},
	'capital letters': {
		isCapital: true,
		person: { before: 'referred', outcomes: [['already']] },
		payment: { outcomes: [['done']] },
	},
	'an address the service refuses': {
		fault: 400,
		person: { outcomes: [['refused']] },
		payment: { outcomes: [['refused']] },
	},
	'in the campaign, with a code': {
		code: 'known',
		person: { before: 'referred', outcomes: [['already']] },
		payment: { outcomes: [['done']] },
	},
	'in the campaign, without a code': {
		person: { before: 'alone', outcomes: [['already']] },
		payment: { before: 'alone', outcomes: [['notReferred']] },
	},
	'qualified already': {
		person: { before: 'qualified', outcomes: [['already']] },
		payment: { before: 'qualified', outcomes: [['already']] },
	},
	'not in the campaign': { person: { outcomes: [['done']] }, payment: pendingPayment },
	'an unknown code': {
		code: 'unknown',
		person: { outcomes: [['unknownCode']] },
		payment: pendingPayment,
	},
	'the service is down for a while': {
		code: 'known',
		fault: 500,
		person: { outcomes: [['failed'], ['unknown'], ['repeated']] },
		payment: { outcomes: [['failed'], ['repeated']] },
	},
	'twice at once': {
		code: 'known',
		copies: 2,
		person: { outcomes: [['done', 'double']] },
		payment: { outcomes: [['done', 'already']] },
	},
	'twice in a row': {
		code: 'known',
		again: 1,
		person: { outcomes: [['done'], ['done', 'already']] },
		payment: { outcomes: [['done'], ['done', 'already']] },
	},
	'again after a restart': {
		code: 'known',
		again: 2,
		person: { outcomes: [['done'], ['done'], ['done', 'already']] },
		payment: { outcomes: [['done'], ['done'], ['done', 'already']] },
	},
	'joins after paying, while n8n is stopped': {
		joins: true,
		person: { before: 'alone', outcomes: [['already']] },
		payment: { before: 'absent', outcomes: [['waiting'], ['waiting'], ['done']] },
	},
};

/**
 * Lets every wait end soon after the start of n8n. Not before: n8n 2 sometimes takes an execution that it resumes
 * while it starts for one that has crashed.
 */
const endOfWait = `UPDATE execution_entity SET waitTill = strftime('%Y-%m-%d %H:%M:%f', 'now', '+45 seconds')
	WHERE status = 'waiting' AND waitTill < '2100-01-01'`;

interface Row {
	name: string;
	input: Input;
	outcomes: Outcome[][];
	/** The email as stored in the campaign; undefined if there is none. */
	address?: string;
	entries: Entry[];
}

interface Table {
	example: string;
	kind: Entrance['kind'];
	published: PublishedExample;
	rows: Row[];
}

/**
 * Nobody is lost: everyone who enters an example can be seen somewhere afterwards: done, at a named end, or in a
 * failed execution that Retry repeats. All examples get the same inputs. Between the phases, failed entries are
 * repeated, and n8n is restarted twice: when an hour has passed, and when a day has passed.
 * @param only examples with this in their name
 */
export async function entries(run: ExampleRun, runtime: Runtime, only: string): Promise<void> {
	const { environment, mockServer } = run;
	const { campaign } = mockServer;
	const referrer = campaign.add('referrer@entries.example.com');
	const faults = new Map<string, number>();
	mockServer.intercept = ({ query, body }, reply) => {
		const fault = faults.get(String(query.email ?? body?.email));
		if (!fault) return false;
		// Without a delay, so that the node's own retries take no time.
		return reply.code(fault).header('retry-after', '0').send({ message: 'Not accepted' });
	};
	const firstRequest = mockServer.requests.length;
	let count = 0;

	const createRow = (example: string, kind: Entrance['kind'], name: string): Row => {
		const input = inputs[name];
		const { before = kind === 'person' ? 'absent' : 'referred', outcomes } = input[kind];
		const address =
			'email' in input
				? undefined
				: `${name.replace(/\W+/g, '-')}@${example}.example`.toLowerCase();
		if (address && before !== 'absent') {
			const participant = campaign.add(address, before === 'alone' ? undefined : referrer);
			if (before === 'qualified') campaign.qualify(participant);
		}
		if (address && input.fault) faults.set(address, input.fault);
		return { name, input, outcomes, address, entries: [] };
	};
	/** @returns the entries of a row in a phase */
	const enterRow = ({ input, address, entries: entered }: Row): Entry[] => {
		const { code, isCapital, copies = 1 } = input;
		const codes = { known: referrer.referralCode, unknown: 'unknown' };
		const created = Array.from({ length: entered.length > 0 ? 1 : copies }, () => ({
			id: `entry-${String(++count).padStart(4, '0')}`,
			email:
				address === undefined ? (input.email ?? null) : isCapital ? address.toUpperCase() : address,
			code: code && codes[code],
		}));
		entered.push(...created);
		return created;
	};

	const tables: Table[] = [];
	await step('Nobody is lost: every example is listed with its entrance', async () => {
		const names = exampleFiles().map((file) => file.replace(/^examples\/|\.json$/g, ''));
		assert.deepEqual(Object.keys(entrances).toSorted(), names.toSorted());
		for (const [example, entrance] of Object.entries(entrances)) {
			if (typeof entrance === 'string' || !example.includes(only)) continue;
			const { kind } = entrance;
			const rows = Object.keys(inputs).map((name) => createRow(example, kind, name));
			tables.push({ example, kind, published: await entrance.open(run), rows });
		}
	});

	const placeIn = ({ visible }: PublishedExample, outcome: Outcome) =>
		String(visible[outcome] ?? visible[outcome === 'unknown' ? 'failed' : 'done'] ?? visible.done);
	if (tables.length === 0) return;

	const expectPlaces = async (phase: number) => {
		const expected = tables.map(({ example, published, rows }) => [
			example,
			Object.fromEntries(
				rows.map(({ name, outcomes }) => [
					name,
					(outcomes[phase] ?? outcomes.at(-1) ?? [])
						.map((outcome) => placeIn(published, outcome))
						.toSorted(),
				]),
			),
		]);
		await waitUntil(async () => {
			const actual = [];
			for (const { example, published, rows } of tables) {
				const places = await placesOf(run, published);
				actual.push([
					example,
					Object.fromEntries(
						rows.map(({ name, entries: entered }) => [name, entered.flatMap(places).toSorted()]),
					),
				]);
			}
			assert.deepEqual(actual, expected);
			// On a busy machine, everyone together takes minutes.
		}, 400);
	};
	const enter = async (isWanted: (input: Input) => boolean) => {
		for (const { published, rows } of tables) {
			const wanted = rows.filter(({ input }) => isWanted(input)).flatMap(enterRow);
			if (wanted.length > 0) await published.enter(wanted);
		}
	};

	/** Repeats entries that failed while the service was down, unless they were repeated already. */
	const repeatFailed = async () => {
		await Promise.all(
			tables.map(async ({ published, rows }) => {
				const places = await placesOf(run, published);
				const failed = rows
					.filter(({ input }) => input.fault === 500)
					.flatMap((row) => row.entries)
					.filter((entry) => places(entry).includes(String(published.visible.failed)));
				if (failed.length > 0) await (published.repeat?.(failed) ?? retry(run, published, failed));
			}),
		);
	};

	await step('Nobody is lost: all enter at once', async () => {
		await enter(() => true);
		await expectPlaces(0);
	});
	await step('Nobody is lost: repeated, and entered again', async () => {
		for (const [address, fault] of faults) if (fault === 500) faults.delete(address);
		await repeatFailed();
		await enter(({ again }) => again === 1);
		await expectPlaces(1);
	});
	const endWaits = async () => {
		await changeDatabase(runtime, environment.folder, endOfWait);
		for (const { published } of tables) await published.endWaits?.();
	};
	await step('Nobody is lost: after a restart, an hour later', async () => {
		await environment.restart(async () => {
			await endWaits();
			for (const { address, input } of tables.flatMap(({ rows }) => rows))
				if (address && input.joins && !campaign.find(address)) campaign.add(address, referrer);
		});
		await repeatFailed();
		await enter(({ again }) => again === 2);
		await expectPlaces(2);
	});
	await step('Nobody is lost: after a restart, a day later', async () => {
		await environment.restart(endWaits);
		await expectPlaces(3);
	});
	await step('Nobody was added or qualified twice, and no referrer was lost', async () => {
		mockServer.intercept = undefined;
		const sent = mockServer.requests.slice(firstRequest);
		for (const { example, kind, published, rows } of tables) {
			for (const { name, address, input, outcomes } of rows) {
				if (!address) continue;
				const row = `${example}: ${name}`;
				const last = outcomes.at(-1) ?? [];
				const isDone = last.some((one) => ['done', 'repeated'].includes(one));
				const isAbout = (email: unknown) => String(email).toLowerCase() === address;
				if (kind === 'payment') {
					const qualified = sent.filter(
						({ path, body }) => path.endsWith('/qualifyParticipant') && isAbout(body?.email),
					);
					// Only the service knows that someone was not referred.
					const isSent = isDone || last.includes('notReferred');
					assert.equal(qualified.length, isSent ? 1 : 0, row);
					continue;
				}
				const found = campaign.participants.filter(({ email }) => isAbout(email));
				const isAdded =
					isDone || last.some((one) => one === 'already' || !(one in published.visible));
				assert.equal(found.length, isAdded ? 1 : 0, row);
				if (isDone && input.code === 'known' && 'unknownCode' in published.visible)
					assert.equal(found[0].referredByCode, referrer.referralCode, row);
			}
		}
	});
	for (const { published } of tables) await run.n8n.deactivate(published.workflow);
}

/** @returns a function that returns where an entry of the example can be seen now */
async function placesOf(run: ExampleRun, published: PublishedExample) {
	const { workflow, placeOf } = published;
	await published.readPlaces?.();
	if (placeOf) return (entry: Entry) => [placeOf(entry)];
	const executions = await executionsOf(run, published);
	const shape = await run.n8n.get<Parameters<typeof endsOf>[1]>(`/workflows/${workflow}`);
	return (entry: Entry) => {
		const ends = executions
			.filter(({ isRepeated, isOf }) => !isRepeated && isOf(entry))
			.flatMap(({ execution }) => endsOf(execution, shape));
		return [...new Set(ends)];
	};
}

/** Successful executions, with all they contain: these don't change any more. */
const ended = new Map<string, { execution: Execution; text: string }>();

/** @returns the executions of an example, each with a check for its entries, and whether Retry has repeated it */
async function executionsOf({ n8n }: ExampleRun, { workflow, executionOf }: PublishedExample) {
	const summaries = await n8n.executionSummaries(workflow);
	const firstOf = (id: string): string => {
		const { retryOf } = summaries.find((one) => one.id === id) ?? {};
		return retryOf ? firstOf(retryOf) : id;
	};
	return await Promise.all(
		summaries.map(async ({ id, retrySuccessId }) => {
			const key = `${n8n.url} ${id}`;
			const read = ended.get(key) ?? (await readExecution(n8n, id));
			if (read.execution.status === 'success') ended.set(key, read);
			const isOf = (entry: Entry) =>
				firstOf(id) === executionOf?.(entry) || read.text.includes(entry.id);
			return { ...read, isRepeated: Boolean(retrySuccessId), isOf };
		}),
	);
}

async function readExecution(n8n: N8n, id: string) {
	const execution = await n8n.execution(id);
	return { execution, text: JSON.stringify(execution.runData) };
}

/** Presses Retry on the failed executions of these entries. */
async function retry(run: ExampleRun, published: PublishedExample, failed: Entry[]) {
	for (const { execution, isRepeated, isOf } of await executionsOf(run, published)) {
		if (execution.status === 'error' && !isRepeated && failed.some(isOf))
			await run.n8n.post(`/executions/${execution.id}/retry`, {});
	}
}
