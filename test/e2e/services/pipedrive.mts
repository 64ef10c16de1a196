import assert from 'node:assert/strict';
import axios from 'axios';
import { step } from '../../../tools/command-line/progress.mts';
import { waitUntil } from '../../../tools/command-line/waitUntil.mts';
import { hosts, type Cloud } from './cloud.mts';
import type { Entrance } from './entrance.mts';
import type { ExampleRun } from './exampleRun.mts';

const constraints = { host: hosts.pipedrive };

/** The keys of the two fields that the user creates in Pipedrive. */
const codeKey = '8a6f2b1c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a';
const linkKey = '1f0a3d2e5b4c7f6a9d8e1b0c3f2a5d4e2b1c8a6f';

interface Person {
	id: number;
	name: string;
	[field: string]: unknown;
}

/** Pipedrive's webhooks, people and their fields, as documented by its API. */
export function simulatePipedrive({ server }: Cloud) {
	const people = new Map<number, Person>();
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
	return { people, registered };
}

async function publish(run: ExampleRun) {
	const pipedriveApi = await run.addCredential('pipedriveApi', { apiToken: 'token-1' });
	const { people, registered } = run.services.pipedrive;
	registered.splice(0);
	const workflow = await run.publish('pipedrive-person-to-participant', {
		pipedriveTrigger: pipedriveApi,
		pipedrive: pipedriveApi,
	});
	assert.deepEqual(
		registered.map(({ event_action, event_object }) => [event_action, event_object]).toSorted(),
		[
			['change', 'person'],
			['create', 'person'],
		],
	);
	const sample = await run.sampleOf(workflow, 'Person added');
	const urlOf = Object.fromEntries(
		registered.map(({ event_action, subscription_url }) => [event_action, subscription_url]),
	);
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
		const { workflow, save } = await publish(run);
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
		const { workflow, save } = await publish(run);
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
