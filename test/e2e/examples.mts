import assert from 'node:assert/strict';
import path from 'node:path';
import type { Runtime } from '../../tools/n8n/cache.mts';
import { exampleFiles, type N8n } from '../../tools/n8n/n8n.mts';
import { step } from '../../tools/command-line/progress.mts';
import { waitUntil } from '../../tools/command-line/waitUntil.mts';
import type { MockServer } from '../../tools/mock-server/service.mts';
import { setUpEnvironment } from './environment.mts';
import { entries } from './entries.mts';
import { option } from './options.mts';
import { payments } from './payments.mts';
import { brevoExample } from './services/brevo.mts';
import { createCloud, type Cloud } from './services/cloud.mts';
import { couponExample } from './services/coupon.mts';
import { ExampleRun, simulateServices } from './services/exampleRun.mts';
import { formExample } from './services/form.mts';
import { hubspotDealExample, hubspotExample } from './services/hubspot.mts';
import { openAiExample } from './services/openAi.mts';
import { outboxExample } from './services/outbox.mts';
import { personalDataExample } from './services/personalData.mts';
import { pipedriveDealExample, pipedriveExample } from './services/pipedrive.mts';
import { pollingExample } from './services/polling.mts';
import { postgresExample } from './services/postgres.mts';
import { referralPageExample } from './services/referralPage.mts';
import { secondCampaignExample } from './services/secondCampaign.mts';
import { sheetsExample } from './services/sheets.mts';
import { shopExample } from './services/shop.mts';
import { slackExample } from './services/slack.mts';
import { stripeExample } from './services/stripe.mts';
import { typeformExample } from './services/typeform.mts';
import { webhookSecret } from './workflow.mts';

/** With --only=stripe: only what is about examples with this word in their name. For a fast inner loop. */
const only = option('only') ?? '';

/** By the service or the kind of example. */
const tests: Record<string, (run: ExampleRun) => Promise<void>> = {
	sheets: sheetsExample,
	hubspot: hubspotExample,
	'hubspot-deal': hubspotDealExample,
	pipedrive: pipedriveExample,
	'pipedrive-deal': pipedriveDealExample,
	stripe: stripeExample,
	woocommerce: shopExample,
	coupon: couponExample,
	brevo: brevoExample,
	slack: slackExample,
	polling: pollingExample,
	typeform: typeformExample,
	form: formExample,
	'one-persons-data': personalDataExample,
	'second-campaign': secondCampaignExample,
	openAi: openAiExample,
	postgres: postgresExample,
	'payment-outbox': outboxExample,
};

/** Imports and runs the example workflows unchanged, except for credentials and campaigns. */
export async function examples(runtime: Runtime, tarball: string): Promise<void> {
	await using cloud = await createCloud();
	const services = simulateServices(cloud);
	const env = await cloud.start();
	await using environment = await setUpEnvironment(runtime, tarball, { env });
	const { n8n, mockServer } = environment;
	const credentials = await n8n.addCredential(mockServer, webhookSecret);
	const run = new ExampleRun(environment, credentials, services);

	await step('Each is imported without an unknown node', async () => {
		const known = await n8n.nodeTypes();
		const names = exampleFiles();
		assert.ok(names.length >= 20);
		for (const name of names) {
			await n8n.importWorkflow(name, credentials, ({ nodes }) => {
				for (const { type, typeVersion } of nodes) {
					// Only n8n 2 has the data table that Participant sync creates.
					if (type === 'n8n-nodes-base.dataTable' && runtime.version.startsWith('1.')) continue;
					assert.ok(known.has(`${type} ${typeVersion}`), `${name}: ${type} ${typeVersion}`);
				}
			});
		}
	});
	if (only === '') await samplesTouchNothing(run, cloud);
	for (const [name, test] of Object.entries(tests)) if (name.includes(only)) await test(run);
	if ('payment'.includes(only)) await payments(run, runtime);
	await entries(run, runtime, only);
	await step('The nodes called only documented endpoints of their services', async () => {
		assert.deepEqual(cloud.unexpected, []);
	});
	// Only n8n 2 has data tables.
	if (runtime.version.startsWith('1.')) return;
	if ('referral-page'.includes(only)) await referralPageExample(run);
	if ('participant-sync'.includes(only)) await participantSync(run.n8n, mockServer, credentials);
}

/** Someone presses Execute workflow right after importing an example and choosing credentials and a campaign. */
async function samplesTouchNothing(run: ExampleRun, cloud: Cloud) {
	const { n8n, mockServer } = run;
	const pipedrive = await run.addCredential('pipedriveApi', { apiToken: 'token-1' });
	const stripe = await run.addCredential('stripeApi', { secretKey: 'sk_test_1' });
	const credentials = {
		...{ pipedrive, pipedriveTrigger: pipedrive, stripe, stripeTrigger: stripe },
		slack: await run.addCredential('slackApi', { accessToken: 'xoxb-1' }),
		typeformTrigger: await run.addCredential('typeformApi', { accessToken: 'tfp_1' }),
		emailSend: await run.addCredential('smtp', { host: '127.0.0.1', port: 1 }),
		webhook: await run.addCredential('httpHeaderAuth', { name: 'x', value: 'y' }),
		wooCommerceTrigger: await run.addCredential('wooCommerceApi', {}),
		postgres: await run.addCredential('postgres', { host: '127.0.0.1', port: 1 }),
	};
	await step('Execute workflow with a pinned sample changes nothing', async () => {
		const before = mockServer.requests.length;
		for (const file of exampleFiles()) {
			const { name } = path.parse(file);
			const workflow = await run.import(name, credentials, (nodes) => {
				for (const { parameters } of Object.values(nodes)) {
					if (parameters.fromEmail) parameters.fromEmail = '';
					if (parameters.channelId) Object.assign(parameters.channelId, { value: '' });
				}
			});
			const { pinData } = await n8n.get<{ pinData?: object }>(`/workflows/${workflow}`);
			for (const sample of Object.keys(pinData ?? {})) {
				// n8n does not run a workflow with missing values.
				const id = await n8n.startRun(workflow, sample).catch(() => undefined);
				if (id === undefined) continue;
				await waitUntil(
					async () => assert.notEqual((await n8n.execution(id)).status, 'running'),
					30,
				);
			}
		}
		const sent = mockServer.requests.slice(before).filter(({ method }) => method === 'POST');
		assert.deepEqual([sent, cloud.changes], [[], []]);
	});
}

/** The table of "Participant sync" if the campaign is emptied, or only seems to be. */
async function participantSync(n8n: N8n, mockServer: MockServer, credentials: object) {
	const { participants } = mockServer.campaign;
	const workflow = await n8n.importWorkflow('examples/participant-sync.json', credentials);
	const sync = async () => (await n8n.run(workflow, 'Run now')).status;
	const expectRows = async (count: number) =>
		assert.equal((await n8n.rows({ take: 1 })).count, count);
	participants.splice(60);

	await step(
		'Participant sync: a list that cannot be read leaves the table unchanged',
		async () => {
			assert.equal(await sync(), 'success');
			await expectRows(60);
			for (const [status, list] of [
				[401, {}],
				[200, '<html>Sign in</html>'],
				// The campaign reports that it has participants.
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
