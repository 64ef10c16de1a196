import assert from 'node:assert/strict';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { INodeParameters, INodePropertyOptions } from 'n8n-workflow';
import { ReferralRocket } from '../../nodes/ReferralRocket/ReferralRocket.node.ts';
import { ReferralRocketPollingTrigger } from '../../nodes/ReferralRocket/ReferralRocketPollingTrigger.node.ts';
import { ReferralRocketTrigger } from '../../nodes/ReferralRocket/ReferralRocketTrigger.node.ts';
import { n8nVersion, type Runtime } from '../../tools/n8n/cache.mts';
import { waitUntil } from '../../tools/command-line/waitUntil.mts';
import { exampleFiles, project, type Workflow } from '../../tools/n8n/n8n.mts';
import { operations } from '../support/operations.mts';
import { takeCanvasScreenshots } from './canvasScreenshots.mts';
import {
	defaultVersion,
	visibleFields,
	fieldLabels,
	modeLabel,
	noticeTexts,
} from './descriptions.mts';
import { Editor, timeoutSeconds } from './editor.mts';
import { setUpEnvironment } from './environment.mts';
import {
	addWithName,
	receiveFirstEvent,
	publishPollingTrigger,
	runSync,
	runWithErrorOutput,
	showTable,
} from './walkthrough.mts';
import { chain, webhookSecret } from './workflow.mts';

const link = 'https://referralrocket.io/campaign?id=JCu82f30F1&referralCode=8Mnu09TD';
const otherSite = 'https://example.com/campaign?id=JCu82f30F1';
/** The public URL that n8n is configured with, so that screenshots show a realistic one. */
const publicUrl = 'https://n8n.example.com';
const node = new ReferralRocket();
const triggers = [new ReferralRocketTrigger(), new ReferralRocketPollingTrigger()];

/** Uses n8n as a person without a terminal does, in Chromium. Takes the screenshots for the README. */
export async function browser(runtime: Runtime, tarball: string): Promise<void> {
	await using environment = await setUpEnvironment(runtime, tarball, {
		participants: 1250,
		env: { WEBHOOK_URL: `${publicUrl}/` },
	});
	const { folder, n8n, mockServer } = environment;
	const credentials = await n8n.addCredential(mockServer, webhookSecret);
	const everyOperation = await n8n.saveWorkflow(
		chain('Every operation', [
			{ name: 'Run', type: 'n8n-nodes-base.manualTrigger' },
			...operations.map(({ resource, operation }) => ({
				name: `${resource} ${operation}`,
				type: 'n8n-nodes-referral-rocket.referralRocket',
				typeVersion: defaultVersion(node.description),
				parameters: { resource, operation },
				credentials,
			})),
			...triggers.map(({ description }, index) => ({
				name: description.displayName,
				type: `n8n-nodes-referral-rocket.${description.name}`,
				typeVersion: defaultVersion(description),
				// Away from the other nodes, as the button of a trigger would cover them.
				position: [600 * index, 400],
				// The default of n8n's own field.
				...(description.polling && {
					parameters: { pollTimes: { item: [{ mode: 'everyMinute' }] } },
				}),
				credentials,
			})),
		]),
	);
	const listing = { resource: 'participant', operation: 'list' };
	const singleNode = await n8n.saveWorkflow(
		chain('Participants', [
			{ name: 'Run', type: 'n8n-nodes-base.manualTrigger' },
			{
				name: 'List Participants',
				type: 'n8n-nodes-referral-rocket.referralRocket',
				typeVersion: defaultVersion(node.description),
				parameters: listing,
				credentials,
			},
		]),
	);
	const editor = await Editor.open(n8n, runtime.version, folder);
	const { page, output } = editor;

	await editor.step(
		'Each operation and both triggers show their fields, and no others',
		async () => {
			await editor.openWorkflow(everyOperation);
			for (const { resource, operation } of operations) {
				const fields = visibleFields(node, { resource, operation });
				await editor.openNode(`${resource} ${operation}`);
				assert.deepEqual(await editor.readFieldLabels(fields), fieldLabels(fields));
				await editor.closeNode();
			}
			for (const trigger of triggers) {
				const fields = visibleFields(trigger);
				await editor.openNode(trigger.description.displayName);
				const fromN8n = trigger.description.polling ? ['Poll Times', 'Mode'] : [];
				const shown = await editor.readFieldLabels(fields, fromN8n);
				assert.deepEqual(shown, [...fromN8n, ...fieldLabels(fields)]);
				await editor.closeNode();
			}
		},
	);
	const walkthrough = { editor, n8n, mockServer, publicUrl };
	await receiveFirstEvent(walkthrough);
	await publishPollingTrigger(walkthrough);
	const byUrl = modeLabel(visibleFields(node, listing), 'campaignId', 'url');
	await editor.step('List returns rows for a campaign entered as a link', async () => {
		await editor.openWorkflow(singleNode);
		await editor.openNode('List Participants');
		const parameters = editor.element('node-parameters');
		// A link that does not lead to a campaign is reported while typing.
		const value = 'https://referralrocket.io/pricing';
		const campaignId = { __rl: true, mode: 'url', value };
		const notices = noticeTexts(visibleFields(node, { ...listing, campaignId }));
		await editor.chooseCampaign(byUrl, value);
		await editor.expectText(parameters, ...notices);
		await editor.chooseCampaign(byUrl, link);
		for (const notice of notices) await parameters.getByText(notice).waitFor({ state: 'hidden' });
		await editor.executeNode();
		await output.getByText('50 items', { exact: true }).waitFor();
		await editor.showOutputAs('table');
		const newest = mockServer.campaign.participants.slice(0, 3);
		for (const { email } of newest) await output.getByText(email).first().waitFor();
		const { columns } = await editor.readTable();
		assert.deepEqual(columns.slice(0, 2), ['email', 'shareLink']);
		await editor.takeScreenshot('list');
	});
	await editor.step('The credential test passes, and fails with a wrong key', async () => {
		await editor.element('credential-edit-button').click();
		const window = editor.element('editCredential-modal');
		await window.getByText('Connection tested successfully').waitFor();
		const baseUrl = editor.field('baseUrl');
		// In the screenshot, the URL that everyone uses.
		await baseUrl.fill('https://app.referralrocket.io');
		await baseUrl.blur();
		await window.getByText('Connection tested successfully').scrollIntoViewIfNeeded();
		await editor.takeScreenshot('credential');
		await baseUrl.fill(mockServer.url);
		await editor.field('apiKey').fill('not-the-key');
		await editor.element('credential-save-button').click();
		await window.getByText('Couldn’t connect with these settings').waitFor();
		await window.getByText('More details').click();
		await page.getByText('Referral Rocket refused the API key').first().waitFor();
	});
	await editor.step(
		'The credential test names an unusable campaign, and accepts a key in quotation marks',
		async () => {
			const window = editor.element('editCredential-modal');
			const save = async () => await editor.element('credential-save-button').click();
			const pricing = 'https://referralrocket.io/pricing';
			await editor.field('apiKey').fill(`"${mockServer.apiKey}"`);
			await editor.field('campaigns').fill(`${link}, ${pricing}`);
			await save();
			await page.getByText(`not campaigns of this account: "${pricing}"`).first().waitFor();
			await editor.field('campaigns').fill(link);
			await save();
			// n8n 2 closes the window once the test has passed.
			const success = window.getByText('Connection tested successfully');
			await waitUntil(async () => {
				const hasPassed = !(await window.isVisible()) || (await success.isVisible());
				assert.ok(hasPassed, 'The credential test does not pass');
			}, timeoutSeconds);
		},
	);
	// The example needs n8n 2.
	if (!editor.isVersion1) {
		await runSync(editor, n8n, credentials);
		await showTable(editor, n8n, mockServer.campaign.participants[0].email);
	}
	await editor.step(
		'The Google Sheets example keeps its columns when its nodes are configured',
		async () => {
			const file = 'examples/participant-sync-to-google-sheets.json';
			const sheets = await n8n.importWorkflow(file, credentials);
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
			}, timeoutSeconds);
			const { nodes } = await n8n.get<Workflow>(`/workflows/${sheets}`);
			const columns = nodes.flatMap(({ name, parameters }) => {
				const mapping = (parameters as INodeParameters).columns as INodeParameters | undefined;
				return mapping ? [[name, mapping.mappingMode, mapping.matchingColumns]] : [];
			});
			// n8n would reset them if a sheet were chosen in the node itself.
			assert.deepEqual(columns, [
				['Write participants', 'autoMapInputData', ['email']],
				['Mark in sheet', 'autoMapInputData', ['email']],
			]);
		},
	);
	// After the screenshots, which should show names: the participants it adds have none.
	await runWithErrorOutput(walkthrough, credentials);
	await editor.step(
		"The title has Referral Rocket's reason, the description what to do",
		async () => {
			await editor.openWorkflow(singleNode);
			await editor.openNode('List Participants');
			await editor.chooseCampaign(byUrl, link);
			const checkCampaign = "If that doesn't say what to change, check the campaign ID.";
			for (const [status, reason, advice] of [
				[403, 'Your plan does not include API access.', 'the test says what to change'],
				[402, 'Payment required', checkCampaign],
				[400, 'Campaign has ended', checkCampaign],
			] as const) {
				mockServer.intercept = (_request, reply) => reply.code(status).send({ message: reason });
				await editor.executeNode();
				await editor.expectFailure(`"${reason}"`, advice);
			}
			mockServer.intercept = undefined;
		},
	);
	await editor.step('A link of another site is recognized', async () => {
		await editor.chooseCampaign(byUrl, otherSite);
		await editor.executeNode();
		await editor.expectFailure(
			`"${otherSite}" is from another site`,
			'use a link with "id=" in it',
		);
	});
	await editor.step('An empty list says so once', async () => {
		await editor.chooseCampaign(byUrl, link);
		mockServer.intercept = (_request, reply) => reply.send([]);
		await editor.executeNode();
		const empty = output.getByText('No output data returned');
		await empty.waitFor();
		assert.equal(await empty.count(), 1);
		assert.equal(await editor.element('ndv-output-hint').count(), 0);
		mockServer.intercept = undefined;
	});
	await editor.step('Fields are chosen by name, with an explanation', async () => {
		await editor.element('parameter-input-output').click();
		await editor.option('Selected Fields').click();
		await editor.element('parameter-input-fields').click();
		const fields = visibleFields(node, { ...listing, output: 'selectedFields' });
		const { options = [] } = fields.find(({ name }) => name === 'fields') ?? {};
		const explained = (options as INodePropertyOptions[]).filter(({ description }) => description);
		assert.ok(explained.length >= 4, 'Fields are not explained');
		for (const { name, description } of explained) {
			await editor.expectText(editor.option(name), String(description));
		}
		await editor.option('Campaign ID').waitFor();
		await page.keyboard.press('Escape');
	});
	await addWithName(walkthrough, link);
	const savesScreenshots =
		runtime.version === n8nVersion && process.argv.includes('--save-screenshots');
	const images = path.join(project, 'docs/images');
	if (savesScreenshots) {
		await editor.step('Taking a screenshot of each example', async () => {
			const canvases = path.join(images, 'examples');
			await rm(canvases, { recursive: true, force: true });
			await mkdir(canvases, { recursive: true });
			const workflows = new Map<string, string>();
			for (const file of exampleFiles()) {
				workflows.set(path.parse(file).name, await n8n.importWorkflow(file, credentials));
			}
			await takeCanvasScreenshots(page, n8n, workflows, canvases);
		});
	}
	await editor.close();
	if (!savesScreenshots) return;
	for (const name of ['sync', 'table', 'trigger', 'list', 'credential']) {
		await copyFile(path.join(folder, `${name}.png`), path.join(images, `${name}.png`));
	}
}
