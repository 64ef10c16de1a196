import assert from 'node:assert/strict';
import axios from 'axios';
import { step } from '../../../tools/command-line/progress.mts';
import { waitUntil } from '../../../tools/command-line/waitUntil.mts';
import { hosts, type Cloud } from './cloud.mts';
import { entranceOfPayments, type Entrance } from './entrance.mts';
import type { ExampleRun } from './exampleRun.mts';

const constraints = { host: hosts.pipedrive };

/** The keys of the two fields that the user creates in Pipedrive. */
const codeKey = '8a6f2b1c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a';
const linkKey = '1f0a3d2e5b4c7f6a9d8e1b0c3f2a5d4e2b1c8a6f';

/** The key of the field for deals. */
const outcomeKey = '5b4c1f0a3d2e7f6a2b1c9d8e1b0c8a6f3f2a5d4e';

interface Person {
	id: number;
	name: string;
	[field: string]: unknown;
}

interface Deal {
	id: number;
	status: string;
	[field: string]: unknown;
}

/** Pipedrive's webhooks, people, deals and their fields, as documented by its API. */
export function simulatePipedrive({ server }: Cloud) {
	const people = new Map<number, Person>();
	const deals = new Map<number, Deal>();
	const registered: Array<Record<string, string>> = [];
	const success = (data: unknown) => ({ success: true, data });
	const idOf = (request: { params: unknown }) => Number((request.params as { id: string }).id);
	server.get('/v1/webhooks', { constraints }, () => success([]));
	server.post('/v1/webhooks', { constraints }, ({ body }) => {
		registered.push(body as Record<string, string>);
		return success({ id: 30 + registered.length });
	});
	server.delete('/v1/webhooks/:id', { constraints }, (request) => success({ id: idOf(request) }));
	server.get('/v1/personFields', { constraints }, () =>
		success([
			{ key: 'id', name: 'ID', field_type: 'int' },
			{ key: 'name', name: 'Name', field_type: 'varchar' },
			{ key: 'email', name: 'Email', field_type: 'varchar' },
			{ key: codeKey, name: 'Referral code', field_type: 'varchar' },
			{ key: linkKey, name: 'Share link', field_type: 'varchar' },
		]),
	);
	server.get('/v1/persons/:id', { constraints }, (request, reply) => {
		const person = people.get(idOf(request));
		if (!person) return reply.code(404).send({ success: false, error: 'Person not found' });
		return success(person);
	});
	server.put('/v1/persons/:id', { constraints }, async (request) => {
		const person = { ...people.get(idOf(request)), ...(request.body as Person) };
		people.set(person.id, person);
		return success(person);
	});
	server.get('/v1/dealFields', { constraints }, () =>
		success([
			// In an account in German.
			{ key: 'title', name: 'Titel', field_type: 'varchar' },
			{ key: 'value', name: 'Wert', field_type: 'monetary' },
			{ key: 'currency', name: 'Währung', field_type: 'varchar' },
			{ key: 'status', name: 'Status', field_type: 'status' },
			{ key: 'person_id', name: 'Kontaktperson', field_type: 'people' },
			{ key: outcomeKey, name: 'Referral outcome', field_type: 'varchar' },
		]),
	);
	server.get('/v1/deals/:id', { constraints }, (request, reply) => {
		const deal = deals.get(idOf(request));
		if (!deal) return reply.code(404).send({ success: false, error: 'Deal not found' });
		return success(deal);
	});
	server.put('/v1/deals/:id', { constraints }, (request) => {
		const deal = deals.get(idOf(request)) ?? assert.fail('No such deal');
		return success(Object.assign(deal, request.body));
	});
	return { people, deals, registered };
}

/** Checks that the workflow is told when someone adds or changes this entity. @returns where, by action */
function urlsOf(registered: Array<Record<string, string>>, entity: string) {
	assert.deepEqual(
		registered.map(({ event_action, event_object }) => [event_action, event_object]).toSorted(),
		[
			['change', entity],
			['create', entity],
		],
	);
	return Object.fromEntries(
		registered.map(({ event_action, subscription_url }) => [event_action, subscription_url]),
	);
}

/**
 * Publishes an example that Pipedrive notifies about this entity.
 * @param trigger the node with the sample
 */
async function publish(run: ExampleRun, example: string, entity: string, trigger: string) {
	const pipedriveApi = await run.addCredential('pipedriveApi', { apiToken: 'token-1' });
	const { registered } = run.services.pipedrive;
	registered.splice(0);
	const workflow = await run.publish(example, {
		pipedriveTrigger: pipedriveApi,
		pipedrive: pipedriveApi,
	});
	const sample = await run.sampleOf(workflow, trigger);
	return { workflow, sample, urlOf: urlsOf(registered, entity) };
}

async function publishPeople(run: ExampleRun) {
	const { people } = run.services.pipedrive;
	const example = 'pipedrive-person-to-participant';
	const { workflow, sample, urlOf } = await publish(run, example, 'person', 'Person added');
	/** Adds or changes a person, and notifies n8n as Pipedrive does. */
	const save = async (
		action: 'create' | 'change',
		id: number,
		{ name = `Person ${id}`, emails = [] as object[], code = null as string | null },
	) => {
		people.set(id, {
			...{ [linkKey]: null, ...people.get(id) },
			...{ id, name, [codeKey]: code, email: emails },
		});
		await axios.post(urlOf[action], {
			...sample,
			meta: { ...(sample.meta as object), action, entity_id: String(id) },
			data: { ...(sample.data as object), id, name, emails },
		});
	};
	return { workflow, save };
}

export const pipedriveEntrance: Entrance = {
	kind: 'person',
	async open(run) {
		const { workflow, save } = await publishPeople(run);
		let people = 1000;
		return {
			workflow,
			visible: {
				done: 'Save link in person',
				noAddress: 'To be added?: has no address',
				refused: 'failed at Add participant',
				unknownCode: 'failed at Add participant',
				failed: 'failed at Add participant',
			},
			async enter(entries) {
				await Promise.all(
					entries.map(async ({ id, email, code }) => {
						const emails = [{ label: 'work', value: email, primary: true }];
						await save('create', people++, { name: id, emails, code });
					}),
				);
			},
		};
	},
};

/** The example "Pipedrive person to participant", beyond the shared entries. */
export async function pipedriveExample(run: ExampleRun): Promise<void> {
	const { campaign } = run.mockServer;
	const { people } = run.services.pipedrive;
	await step('Pipedrive: an email that is added later, and one that is not primary', async () => {
		const { workflow, save } = await publishPeople(run);
		const emails = [
			{ label: 'work', value: '' },
			{ label: 'home', value: 'ana@pipedrive.example.com' },
		];
		const { referralCode } = campaign.participants[0];
		await save('create', 1, { code: referralCode });
		await run.settled(workflow, 1);
		assert.equal(people.get(1)?.[linkKey], null);
		await save('change', 1, { emails, code: referralCode });
		await run.settled(workflow, 2);
		const ana = campaign.find('ana@pipedrive.example.com');
		assert.equal(ana?.referredByCode, referralCode);
		assert.equal(people.get(1)?.[linkKey], ana.shareLink);
		// Saving the link is a change as well.
		await save('change', 1, { emails, code: referralCode });
		await run.settled(workflow, 3);
		const left = async () => (await run.outputOf(workflow, 'To be added?')).length;
		await waitUntil(async () => assert.equal(await left(), 1), 20);
		await run.expectSample(workflow, 'Person added');
		await run.n8n.deactivate(workflow);
	});
}

async function publishDeals(run: ExampleRun) {
	const { deals } = run.services.pipedrive;
	const example = 'pipedrive-deal-to-qualification';
	const { workflow, sample, urlOf } = await publish(run, example, 'deal', 'Deal changed');
	/** Adds or changes a deal, and notifies n8n as Pipedrive does. */
	const save = async (action: 'create' | 'change', id: number, changes: object) => {
		const deal = {
			...(deals.get(id) ?? { value: 49.9, currency: 'USD', status: 'won', person_id: null }),
			...{ id, ...changes },
		};
		deals.set(id, deal);
		const { title, value, currency, status } = deal as Deal;
		await axios.post(urlOf[action], {
			...sample,
			meta: { ...(sample.meta as object), action, entity_id: String(id) },
			data: { ...(sample.data as object), id, title, value, currency, status },
		});
	};
	return { workflow, save };
}

/** @returns a deal's person with these addresses, as the API returns it */
const person = (...emails: Array<string | null>) => ({
	person_id: {
		value: 7,
		name: 'Someone',
		email: emails.map((value, index) => ({ label: 'work', value, primary: index === 0 })),
	},
});

export const pipedriveDealEntrance = entranceOfPayments(
	'Can it qualify?: no address',
	async (run) => {
		const { workflow, save } = await publishDeals(run);
		let deals = 5000;
		return {
			workflow,
			pay: async ({ id, email }) => await save('change', deals++, { title: id, ...person(email) }),
		};
	},
);

/** The example "Pipedrive deal to qualification", beyond the shared entries. */
export async function pipedriveDealExample(run: ExampleRun): Promise<void> {
	const { campaign } = run.mockServer;
	const { deals } = run.services.pipedrive;
	const referrer = campaign.add('deal-referrer@pipedrive.example.com');
	await step('Pipedrive deal: re-opened, edited and won again, it qualifies once', async () => {
		const { workflow, save } = await publishDeals(run);
		const [ana, bo] = ['ana', 'bo'].map(
			(name) => campaign.add(`${name}@deals.pipedrive.example.com`, referrer).email,
		);
		const qualified = run.qualifications();
		const outcome = (id: number) => deals.get(id)?.[outcomeKey];
		await save('create', 1, { status: 'open', ...person('', ana) });
		await save('create', 2, { value: 0, ...person(bo) });
		await save('create', 3, { currency: 'EUR', ...person(bo) });
		await save('create', 4, { title: 'Of an organization' });
		await run.settled(workflow, 4);
		assert.deepEqual([1, 2, 3, 4].map(outcome), Array(4).fill(undefined));
		await save('change', 1, { status: 'won' });
		await run.settled(workflow, 5);
		assert.equal(outcome(1), 'Qualified');
		// Saving the outcome is a change as well. Then someone re-opens the deal and chooses another person.
		for (const [index, changes] of [
			{},
			{ status: 'open', ...person(bo) },
			{ status: 'won' },
		].entries()) {
			await save('change', 1, changes);
			await run.settled(workflow, 6 + index);
		}
		await save('change', 2, { value: 1200 });
		await run.settled(workflow, 9);
		assert.deepEqual(qualified(), [
			[ana, 49.9],
			[bo, 1200],
		]);
		const left = async (node: string, output: number) =>
			(await run.outputOf(workflow, node, output)).length;
		assert.deepEqual(
			await Promise.all([0, 1, 2, 3].map(async (output) => await left('Can it qualify?', output))),
			[2, 1, 1, 1],
		);
		assert.equal(await left('Has an outcome?', 0), 2);
		await run.expectSample(workflow, 'Deal changed');
		await run.n8n.deactivate(workflow);
	});
}
