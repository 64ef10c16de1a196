import assert from 'node:assert/strict';
import axios from 'axios';
import type { Runtime } from '../../tools/n8n/cache.mts';
import {
	exampleFiles,
	itemsOf,
	type Execution,
	type N8n,
	type Workflow,
} from '../../tools/n8n/n8n.mts';
import { step } from '../../tools/command-line/progress.mts';
import { waitUntil } from '../../tools/command-line/waitUntil.mts';
import type { Participant } from '../../tools/mock-server/campaign.mts';
import type { MockServer } from '../../tools/mock-server/service.mts';
import { deliver, eventAbout } from '../../tools/mock-server/webhooks.mts';
import { payments } from './payments.mts';
import { setUpEnvironment } from './environment.mts';
import { webhookSecret } from './workflow.mts';

const header = { name: 'X-Shop-Key', value: 'only-the-shop-knows-it' };

/** The example workflows, imported and run as they are; only credentials are chosen. */
export async function examples(runtime: Runtime, tarball: string): Promise<void> {
	await using environment = await setUpEnvironment(runtime, tarball);
	const { n8n, mockServer } = environment;
	const { campaign } = mockServer;
	const referrer = campaign.participants[3];
	const credentials = await n8n.addCredential(mockServer, webhookSecret);
	const httpHeaderAuth = await n8n.post<{ id: string; name: string }>('/credentials', {
		name: 'Header of the shop',
		type: 'httpHeaderAuth',
		data: header,
	});
	const chooseHeader = ({ nodes }: Workflow) => {
		for (const node of nodes) {
			if (node.type === 'n8n-nodes-base.webhook') node.credentials = { httpHeaderAuth };
		}
	};
	const publish = async (name: string) => {
		const id = await n8n.importWorkflow(`examples/${name}.json`, credentials, chooseHeader);
		await n8n.activate(id);
		return id;
	};
	const post = async (hook: string, body: object, headers = { [header.name]: header.value }) =>
		(await axios.post(`${n8n.url}/webhook/${hook}`, body, { headers, validateStatus: () => true }))
			.status;
	/** What one node gave, over all executions of a workflow. */
	const givenBy = async (workflow: string, node: string) =>
		(await n8n.executionsOf(workflow)).flatMap((execution) => rowsOf(execution, node));

	await step('Each is imported without an unknown node', async () => {
		const known = await n8n.nodeTypes();
		const names = exampleFiles();
		assert.ok(names.length >= 8);
		for (const name of names) {
			await n8n.importWorkflow(name, credentials, ({ nodes }) => {
				for (const { type, typeVersion } of nodes) {
					// Only n8n 2 has the table that Participant sync makes by itself.
					if (type === 'n8n-nodes-base.dataTable' && runtime.version.startsWith('1.')) continue;
					assert.ok(known.has(`${type} ${typeVersion}`), `${name}: ${type} ${typeVersion}`);
				}
			});
		}
	});
	await step('CRM contact to participant', async () => {
		const workflow = await publish('crm-contact-to-participant');
		const { referralCode } = referrer;
		const stranger = { email: 'mallory@example.com' };
		assert.equal(await post('new-contact', stranger, { [header.name]: 'guessed' }), 403);
		for (const contact of [
			{ email: 'ana@example.com', referralCode },
			{ email: 'ana@example.com', referralCode },
			{ email: 'bob@example.com' },
			{ email: 'eve@example.com', referralCode: 'unknown' },
		]) {
			assert.equal(await post('new-contact', contact), 200);
		}
		await waitUntil(async () => {
			assert.equal((await givenBy(workflow, 'Contact Fields')).length, 3);
			const [{ message }] = await givenBy(workflow, 'Not Added');
			assert.match(String(message), /^eve@example.com was not added: .*"unknown"/);
		}, 20);
		assert.equal(campaign.find('ana@example.com')?.referredByCode, referralCode);
		assert.equal(campaign.find('bob@example.com')?.referredByCode, null);
		assert.equal(campaign.find('eve@example.com'), undefined);
		assert.equal(campaign.find('mallory@example.com'), undefined);
	});
	await step('Weekly leader board', async () => {
		const workflow = await n8n.importWorkflow('examples/weekly-leader-board.json', credentials);
		const messageOf = async () => {
			const execution = await n8n.run(workflow, 'Run Now');
			assert.equal(execution.status, 'success', execution.message);
			return String(rowsOf(execution, 'Write Message')[0].message).split('\n');
		};
		const lines = await messageOf();
		const [best] = campaign.participants.toSorted((a, b) => b.totalReferrals - a.totalReferrals);
		assert.equal(lines[0], 'Q4 Growth Program: the best referrers');
		assert.equal(lines[1], `1. ${best.firstName} ${best.lastName}: ${best.totalReferrals}`);
		assert.equal(lines.length, 11);

		const ana = { firstName: 'Ana', lastName: 'Lee', totalReferrals: '9' };
		const everyone = campaign.participants.splice(0);
		const few: object[] = [
			{ ...ana, email: 'ana@example.com', referralCode: 'A1' },
			{ ...ana, email: 'other@example.com', referralCode: 'A2', totalReferrals: '11' },
			{ firstName: 'Bo', lastName: null, email: 'bo@example.com', totalReferrals: 10 },
			{ firstName: null, lastName: null, email: 'cy@example.com', totalReferrals: '1' },
			{ firstName: 'Di', email: 'di@example.com', totalReferrals: 0 },
			{ firstName: 'Ed', email: 'ed@example.com', totalReferrals: null },
		];
		campaign.participants.push(...(few as Participant[]));
		const board = await messageOf();
		campaign.participants.splice(0);
		const nobody = await messageOf();
		campaign.participants.push(...everyone);
		assert.deepEqual(board.slice(1), [
			'1. Ana Lee (A2): 11',
			'2. Bo: 10',
			'3. Ana Lee (A1): 9',
			'4. cy@example.com: 1',
		]);
		assert.deepEqual(nobody.slice(1), ['Nobody has referred anyone yet.']);
	});
	await step('Reward unlocked to message', async () => {
		const workflow = await publish('reward-unlocked-to-message');
		const hook = `${n8n.url}/webhook/4d5e0c0e-8c1f-4a3b-9c39-0d5f5a0b2100/referral-rocket`;
		const alone = campaign.add('alone@example.com');
		campaign.qualify(campaign.find('ana@example.com') as Participant);
		for (const participant of [referrer, alone]) {
			const event = eventAbout('reward_unlocked', participant, 1_760_000_000_000);
			assert.equal(await deliver(hook, event, webhookSecret), 200);
		}
		await waitUntil(async () => {
			const messages = await givenBy(workflow, 'Write Message');
			assert.deepEqual(
				messages.map(({ to }) => to).toSorted(),
				[referrer.email, alone.email].toSorted(),
			);
			const toReferrer = messages.find(({ to }) => to === referrer.email);
			const toAlone = messages.find(({ to }) => to === alone.email);
			assert.match(String(toReferrer?.message), /thanks to ana@example.com\. Your balance is 20\./);
			assert.match(String(toAlone?.message), /^Hello there, .* thanks to your friends\./);
		}, 20);
	});
	await payments(n8n, mockServer, await publish('payment-to-qualification'), {
		[header.name]: header.value,
	});
	// Only n8n 2 can make the table.
	if (!runtime.version.startsWith('1.')) await participantSync(n8n, mockServer, credentials);
}

/** What the table of "Participant sync" holds, when the campaign is emptied and when it only seems so. */
async function participantSync(n8n: N8n, mockServer: MockServer, credentials: object) {
	const { participants } = mockServer.campaign;
	const workflow = await n8n.importWorkflow('examples/participant-sync.json', credentials);
	const sync = async () => (await n8n.run(workflow, 'Run Now')).status;
	const expectRows = async (count: number) =>
		assert.equal((await n8n.rows({ take: 1 })).count, count);
	participants.splice(60);

	await step(
		'Participant sync: a list that can not be read leaves the table as it is',
		async () => {
			assert.equal(await sync(), 'success');
			await expectRows(60);
			for (const [status, list] of [
				[401, {}],
				[200, '<html>Sign in</html>'],
				// The campaign says that it has participants.
				[200, []],
				[200, ''],
			] as const) {
				mockServer.intercept = ({ path }, reply) =>
					/getAllParticipants/.test(path) && reply.code(status).send(list);
				assert.equal(await sync(), 'error');
				await expectRows(60);
			}
			mockServer.intercept = undefined;
		},
	);
	await step('Participant sync: an emptied campaign empties the table', async () => {
		participants.splice(0);
		assert.equal(await sync(), 'success');
		await expectRows(0);
		mockServer.campaign.add('first@example.com');
		assert.equal(await sync(), 'success');
		await expectRows(1);
	});
}

const rowsOf = (execution: Execution, node: string) =>
	itemsOf(execution, node).map(({ json }) => json);
