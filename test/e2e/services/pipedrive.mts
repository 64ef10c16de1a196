import assert from 'node:assert/strict';
import axios from 'axios';
import { step } from '../../../tools/command-line/progress.mts';
import { waitUntil } from '../../../tools/command-line/waitUntil.mts';
import { hosts, type Cloud } from './cloud.mts';
import type { ExampleRun } from './exampleRun.mts';

const constraints = { host: hosts.pipedrive };

/** The keys under which Pipedrive keeps fields that a user has made. */
const codeKey = '8a6f2b1c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a';
const linkKey = '1f0a3d2e5b4c7f6a9d8e1b0c3f2a5d4e2b1c8a6f';

type Person = { id: number; name: string; [field: string]: unknown };

/** Pipedrive's webhooks, people and their fields, as its API documents them. */
export function playPipedrive({ server }: Cloud) {
	const people = new Map<number, Person>();
	const registered: Array<Record<string, string>> = [];
	const success = (data: unknown) => ({ success: true, data });
	const idOf = (request: { params: unknown }) => Number((request.params as { id: string }).id);
	server.get('/v1/webhooks', { constraints }, () => success([]));
	server.post('/v1/webhooks', { constraints }, ({ body }) => {
		registered.push(body as Record<string, string>);
		return success({ id: 31 });
	});
	server.get('/v1/personFields', { constraints }, () =>
		success([
			{ key: 'id', name: 'ID', field_type: 'int' },
			{ key: 'name', name: 'Name', field_type: 'varchar' },
			{ key: 'email', name: 'Email', field_type: 'varchar' },
			{ key: codeKey, name: 'Referral code', field_type: 'varchar' },
			{ key: linkKey, name: 'Share link', field_type: 'varchar' },
		]),
	);
	server.get('/v1/persons/:id', { constraints }, (request) => success(people.get(idOf(request))));
	server.put('/v1/persons/:id', { constraints }, (request) => {
		const person = { ...people.get(idOf(request)), ...(request.body as Person) };
		people.set(person.id, person);
		return success(person);
	});
	return { people, registered };
}

/** The example "Pipedrive person to participant". */
export async function pipedriveExample(run: ExampleRun): Promise<void> {
	const { campaign } = run.mockServer;
	const { people, registered } = run.services.pipedrive;
	const referrer = campaign.add('pipedrive-referrer@example.com');
	await step('Pipedrive person to participant', async () => {
		const pipedriveApi = await run.addCredential('pipedriveApi', { apiToken: 'token-1' });
		const workflow = await run.publish('pipedrive-person-to-participant', {
			pipedriveTrigger: pipedriveApi,
			pipedrive: pipedriveApi,
		});
		const [{ event_action, event_object, subscription_url }] = registered;
		assert.deepEqual([event_action, event_object], ['create', 'person']);
		const sample = await run.sampleOf(workflow, 'Person added');
		const create = async (id: number, email: string, code: string | null) => {
			const person = { id, name: `Person ${id}`, [codeKey]: code, [linkKey]: null };
			const emails = [{ label: 'work', value: email, primary: true }];
			people.set(id, { ...person, email: emails, primary_email: email });
			const meta = { ...(sample.meta as object), entity_id: String(id) };
			const data = { ...(sample.data as object), id, name: person.name, emails };
			await axios.post(subscription_url, { ...sample, meta, data });
		};
		await create(1, 'ana@pipedrive.example.com', referrer.referralCode);
		await create(1, 'ana@pipedrive.example.com', referrer.referralCode);
		await create(2, 'bob@pipedrive.example.com', null);
		await create(3, '', null);
		await create(4, 'eve@pipedrive.example.com', 'unknown');
		await waitUntil(async () => {
			const executions = await run.n8n.finishedExecutions(workflow);
			const outcomes = executions.map(({ status, message }) => message ?? status);
			assert.deepEqual(outcomes.slice(0, 4), Array(4).fill('success'));
			assert.match(outcomes[4], /^Person 4 was not added: .*"unknown"/);
		}, 30);
		const [ana, bob] = ['ana', 'bob'].map((name) => campaign.find(`${name}@pipedrive.example.com`));
		assert.equal(ana?.referredByCode, referrer.referralCode);
		assert.equal(referrer.totalReferrals, 1);
		assert.deepEqual(
			[...people.values()].map((person) => person[linkKey]),
			[ana?.shareLink, bob?.shareLink, null, null],
		);
		await run.expectSample(workflow, 'Person added');
	});
}
