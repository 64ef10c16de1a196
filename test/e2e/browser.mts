import assert from 'node:assert/strict';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { INodeParameters } from 'n8n-workflow';
import { ReferralRocket } from '../../nodes/ReferralRocket/ReferralRocket.node.ts';
import { ReferralRocketPollingTrigger } from '../../nodes/ReferralRocket/ReferralRocketPollingTrigger.node.ts';
import { ReferralRocketTrigger } from '../../nodes/ReferralRocket/ReferralRocketTrigger.node.ts';
import { n8nVersion, type Runtime } from '../../tools/n8n/cache.mts';
import { waitUntil } from '../../tools/command-line/waitUntil.mts';
import { exampleFiles, project, type N8n, type Workflow } from '../../tools/n8n/n8n.mts';
import { operations } from '../support/operations.mts';
import { takeCanvasPictures } from './canvasPictures.mts';
import { defaultVersionOf, fieldsOf, labelsOf, modeOf, noticesOf } from './descriptions.mts';
import { Editor, patience } from './editor.mts';
import { setUpEnvironment } from './environment.mts';
import { walkToAnEvent, walkToAPoll, walkToTheErrorOutput } from './walk.mts';
import { chain, webhookSecret } from './workflow.mts';

const link = 'https://referralrocket.io/campaign?id=JCu82f30F1&referralCode=8Mnu09TD';
/** Where n8n is told that it is reached, so that pictures have what others have there. */
const publicUrl = 'https://n8n.example.com';
const node = new ReferralRocket();
const triggers = [new ReferralRocketTrigger(), new ReferralRocketPollingTrigger()];

/** What a user without a terminal sees and clicks, in Chromium. Makes the pictures of the README. */
export async function browser(runtime: Runtime, tarball: string): Promise<void> {
	await using environment = await setUpEnvironment(runtime, tarball, {
		participants: 1250,
		env: { WEBHOOK_URL: `${publicUrl}/` },
	});
	const { folder, n8n, mockServer } = environment;
	const credentials = await n8n.addCredential(mockServer, webhookSecret);
	const every = await n8n.saveWorkflow(
		chain('Every operation', [
			{ name: 'Run', type: 'n8n-nodes-base.manualTrigger' },
			...operations.map(({ resource, operation }) => ({
				name: `${resource} ${operation}`,
				type: 'n8n-nodes-referral-rocket.referralRocket',
				typeVersion: defaultVersionOf(node.description),
				parameters: { resource, operation },
				credentials,
			})),
			...triggers.map(({ description }, index) => ({
				name: description.displayName,
				type: `n8n-nodes-referral-rocket.${description.name}`,
				typeVersion: defaultVersionOf(description),
				// Away from the others, over which a trigger lays its button.
				position: [600 * index, 400],
				// As n8n fills in its own field.
				...(description.polling && {
					parameters: { pollTimes: { item: [{ mode: 'everyMinute' }] } },
				}),
				credentials,
			})),
		]),
	);
	const listing = { resource: 'participant', operation: 'list' };
	const one = await n8n.saveWorkflow(
		chain('Participants', [
			{ name: 'Run', type: 'n8n-nodes-base.manualTrigger' },
			{
				name: 'List Participants',
				type: 'n8n-nodes-referral-rocket.referralRocket',
				typeVersion: defaultVersionOf(node.description),
				parameters: listing,
				credentials,
			},
		]),
	);
	const editor = await Editor.open(n8n, runtime.version, folder);
	const { page, output } = editor;

	await editor.step(
		'Each operation and both triggers have their fields, and no other',
		async () => {
			await editor.openWorkflow(every);
			for (const { resource, operation } of operations) {
				const fields = fieldsOf(node, { resource, operation });
				await editor.openNode(`${resource} ${operation}`);
				assert.deepEqual(await editor.fieldsShown(fields), labelsOf(fields));
				await editor.closeNode();
			}
			for (const trigger of triggers) {
				const fields = fieldsOf(trigger);
				await editor.openNode(trigger.description.displayName);
				const fromN8n = trigger.description.polling ? ['Poll Times', 'Mode'] : [];
				const shown = await editor.fieldsShown(fields, fromN8n);
				assert.deepEqual(shown, [...fromN8n, ...labelsOf(fields)]);
				await editor.closeNode();
			}
		},
	);
	const walk = { editor, n8n, mockServer, publicUrl };
	await walkToAnEvent(walk);
	await walkToAPoll(walk);
	await editor.step('A campaign given by its link, the step run, the rows there', async () => {
		await editor.openWorkflow(one);
		await editor.openNode('List Participants');
		const byUrl = modeOf(fieldsOf(node, listing), 'campaignId', 'url');
		const parameters = editor.element('node-parameters');
		// A link that is none of a campaign is told of while it is typed.
		const value = 'https://referralrocket.io/pricing';
		const campaignId = { __rl: true, mode: 'url', value };
		const notices = noticesOf(fieldsOf(node, { ...listing, campaignId }));
		await editor.chooseCampaign(byUrl, value);
		await editor.shows(parameters, ...notices);
		await editor.chooseCampaign(byUrl, link);
		for (const notice of notices) await parameters.getByText(notice).waitFor({ state: 'hidden' });
		await editor.element('node-execute-button').click();
		await output.getByText('50 items', { exact: true }).waitFor();
		await editor.showOutputAs('table');
		const newest = mockServer.campaign.participants.slice(0, 3);
		for (const { email } of newest) await output.getByText(email).first().waitFor();
		await editor.picture('list');
	});
	await editor.step('The credential is green, and red with a key that is not right', async () => {
		await editor.element('credential-edit-button').click();
		const window = editor.element('editCredential-modal');
		await window.getByText('Connection tested successfully').waitFor();
		const baseUrl = window.locator('[data-test-id="parameter-input-baseUrl"] input');
		// For the picture, what everyone else has there.
		await baseUrl.fill('https://app.referralrocket.io');
		await baseUrl.blur();
		await window.getByText('Connection tested successfully').scrollIntoViewIfNeeded();
		await editor.picture('credential');
		await baseUrl.fill(mockServer.url);
		await window.locator('[data-test-id="parameter-input-apiKey"] input').fill('not-the-key');
		await window.locator('[data-test-id="credential-save-button"]').click();
		await window.getByText('Couldn’t connect with these settings').waitFor();
		await window.getByText('More details').click();
		await page.getByText('Referral Rocket refused the API key').first().waitFor();
	});
	// The key of the other one is not right by now.
	const working = await n8n.addCredential(mockServer, webhookSecret);
	// The example needs n8n 2.
	if (!editor.isVersion1) await runSync(editor, n8n, working);
	await editor.step(
		'The Google Sheets example keeps its columns when its nodes are filled in',
		async () => {
			const file = 'examples/participant-sync-to-google-sheets.json';
			const sheets = await n8n.importWorkflow(file, working);
			await editor.openWorkflow(sheets);
			for (const name of ['Write participants', 'Read sheet', 'Mark in sheet']) {
				await editor.openNode(name);
				await editor.closeNode();
			}
			await editor.openNode('Your sheet');
			const link = 'https://docs.google.com/spreadsheets/d/1AbC/edit';
			await editor.panel.locator('[data-test-id="assignment-value"] input').first().fill(link);
			await editor.closeNode();
			await page.keyboard.press('Control+s');
			await waitUntil(async () => {
				const saved = JSON.stringify(await n8n.get(`/workflows/${sheets}`));
				assert.ok(saved.includes(link), 'The workflow is not saved');
			}, patience);
			const { nodes } = await n8n.get<Workflow>(`/workflows/${sheets}`);
			const columns = nodes.flatMap(({ name, parameters }) => {
				const given = (parameters as INodeParameters).columns as INodeParameters | undefined;
				return given ? [[name, given.mappingMode, given.matchingColumns]] : [];
			});
			// n8n sets them back where a sheet is chosen in the node itself.
			assert.deepEqual(columns, [
				['Write participants', 'autoMapInputData', ['email']],
				['Mark in sheet', 'autoMapInputData', ['email']],
			]);
		},
	);
	// Last, since those whom it adds have no names, which the pictures should have.
	await walkToTheErrorOutput(walk, working);
	const keepsPictures = runtime.version === n8nVersion && process.argv.includes('--keep-pictures');
	const images = path.join(project, 'docs/images');
	if (keepsPictures) {
		await editor.step('A picture of each example', async () => {
			const canvases = path.join(images, 'examples');
			await rm(canvases, { recursive: true, force: true });
			await mkdir(canvases, { recursive: true });
			const workflows = new Map<string, string>();
			for (const file of exampleFiles()) {
				workflows.set(path.parse(file).name, await n8n.importWorkflow(file, credentials));
			}
			await takeCanvasPictures(page, n8n, workflows, canvases);
		});
	}
	await editor.close();
	if (!keepsPictures) return;
	for (const name of ['sync', 'table', 'trigger', 'list', 'credential']) {
		await copyFile(path.join(folder, `${name}.png`), path.join(images, `${name}.png`));
	}
}

/** The example workflow, run to its end, and the table that it fills. */
async function runSync(editor: Editor, n8n: N8n, credentials: object) {
	const { page } = editor;
	const sync = await n8n.importWorkflow('examples/participant-sync.json', credentials);
	await editor.step('The sync workflow, run on the canvas', async () => {
		await editor.openWorkflow(sync);
		await page.hover('[data-test-id="canvas-node"][data-node-name="Run now"]');
		await editor.element('execute-workflow-button-Run now').click();
		await page.getByText('Workflow executed successfully').waitFor({ timeout: 60_000 });
		// A trigger that is chosen has a button beside it, which the edge of the canvas would cut.
		await page.click('.vue-flow__pane', { position: { x: 600, y: 30 } });
		await editor.picture('sync');
	});
	await editor.step('The data table that it has filled', async () => {
		await page.goto(await n8n.dataTableUrl());
		await page.getByText('participant1249@example.com').first().waitFor();
		await editor.picture('table');
	});
}
