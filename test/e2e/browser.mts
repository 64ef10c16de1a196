import assert from 'node:assert/strict';
import { copyFile, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { INodeProperties, INodeType } from 'n8n-workflow';
import { chromium, type Page, type WebSocket } from 'playwright-core';
import { ReferralRocketPollingTrigger } from '../../nodes/ReferralRocket/ReferralRocketPollingTrigger.node.ts';
import { ReferralRocketTrigger } from '../../nodes/ReferralRocket/ReferralRocketTrigger.node.ts';
import type { Runtime } from '../../tools/n8n/cache.mts';
import { owner, project } from '../../tools/n8n/n8n.mts';
import { beforeExit } from '../../tools/command-line/processes.mts';
import { step as plainStep } from '../../tools/command-line/progress.mts';
import { waitUntil } from '../../tools/command-line/waitUntil.mts';
import { findProgram } from '../../tools/n8n/services.mts';
import { operations } from '../support/operations.mts';
import { screenshotOfFailure } from './failures.mts';
import { setUpEnvironment } from './environment.mts';
import { chain, webhookSecret } from './workflow.mts';

const link = 'https://referralrocket.io/campaign?id=JCu82f30F1&referralCode=8Mnu09TD';
/** What n8n should show of a field: its label, and what can be added to a collection. */
const labelOf = ({ displayName, type, options = [] }: INodeProperties) =>
	type === 'collection'
		? `${displayName}: ${(options as INodeProperties[]).map((option) => option.displayName).join(', ')}`
		: displayName;
const labelsOf = (node: INodeType) =>
	node.description.properties
		.filter(({ type }) => type !== 'notice')
		// A field of an earlier version of the node is not shown in a new one.
		.filter(({ displayOptions }) => !displayOptions?.show?.['@version']?.includes(1))
		.map(labelOf);

/** What a user without a terminal sees and clicks, in Chromium. Makes the pictures of the README. */
export async function browser(runtime: Runtime, tarball: string): Promise<void> {
	const executablePath = findProgram(['chromium', 'chromium-browser', 'google-chrome']);
	await using environment = await setUpEnvironment(runtime, tarball, { participants: 1250 });
	const { folder, n8n, mockServer } = environment;
	const credentials = await n8n.addCredential(mockServer, webhookSecret);
	const every = await n8n.saveWorkflow(
		chain('Every operation', [
			{ name: 'Run', type: 'n8n-nodes-base.manualTrigger' },
			...operations.map(({ resource, operation }) => ({
				name: `${resource} ${operation}`,
				type: 'n8n-nodes-referral-rocket.referralRocket',
				parameters: { resource, operation },
				credentials,
			})),
		]),
	);
	const one = await n8n.saveWorkflow(
		chain('Participants', [
			{ name: 'Run', type: 'n8n-nodes-base.manualTrigger' },
			{
				name: 'List Participants',
				type: 'n8n-nodes-referral-rocket.referralRocket',
				parameters: { resource: 'participant', operation: 'list' },
				credentials,
			},
		]),
	);
	const sync = await n8n.importWorkflow('examples/participant-sync.json', credentials);
	const hook = await n8n.importWorkflow('examples/referral-event-to-message.json', credentials);
	const poll = await n8n.importWorkflow('examples/new-participants-to-message.json', credentials);

	const chrome = await chromium.launch({
		executablePath,
		args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
		// Else Ctrl-C ends this process before everything else is stopped.
		handleSIGINT: false,
		handleSIGTERM: false,
		handleSIGHUP: false,
	});
	beforeExit(async () => await chrome.close());
	const page = await chrome.newPage({ viewport: { width: 1280, height: 800 } });
	const step = async (title: string, work: () => Promise<void>) =>
		await plainStep(title, work).catch(async (error: unknown) => {
			const file = path.join(folder, screenshotOfFailure);
			// A page that hangs gives no picture, and that must not hide the failure.
			await page.screenshot({ path: file }).catch(() => undefined);
			throw error;
		});
	const picture = async (name: string) => {
		const file = path.join(folder, `${name}.png`);
		await page.screenshot({ path: file, animations: 'disabled' });
		assert.ok((await stat(file)).size < 150_000, `${name}.png is too large for the README`);
	};
	/** What the editor in the page is connected to n8n for. */
	let connection: { socket: WebSocket; workflowId: string } | undefined;
	page.on('websocket', (socket) => {
		socket.on('framereceived', ({ payload }) => {
			const [, workflowId] =
				/"collaboratorsChanged".*?"workflowId":"(\w+)"/.exec(String(payload)) ?? [];
			if (workflowId) connection = { socket, workflowId };
		});
		socket.on('close', () => {
			if (connection?.socket === socket) connection = undefined;
		});
	});
	const openWorkflow = async (id: string) => {
		await page.goto(`${n8n.url}/workflow/${id}`);
		await page.waitForSelector('[data-test-id="canvas-node"]');
		// The editor can be used before its connection to n8n stands, but then it runs nothing.
		await waitUntil(async () => {
			assert.equal(connection?.workflowId, id, 'The editor is not connected to n8n');
		}, 30);
	};
	const openNode = async (name: string) => {
		await page.dblclick(`[data-test-id="canvas-node"][data-node-name="${name}"]`);
		await page.waitForSelector('[data-test-id="node-parameters"]:visible');
	};

	await step('Logging in', async () => {
		await page.goto(`${n8n.url}/signin`);
		await page.fill('input[name=emailOrLdapLoginId]', owner.email);
		await page.fill('input[name=password]', owner.password);
		await page.click('[data-test-id=form-submit-button]');
		await page.waitForURL(/\/(home|workflow)/);
	});
	await step('The sync workflow on the canvas', async () => {
		await openWorkflow(sync);
		await page.waitForTimeout(1000);
		await picture('sync');
	});
	await step('Each operation has its fields, and no other', async () => {
		await openWorkflow(every);
		for (const { resource, operation, fields } of operations) {
			await openNode(`${resource} ${operation}`);
			assert.deepEqual(await fieldsShown(page), ['Resource', 'Operation', ...fields.map(labelOf)]);
			await page.click('[data-test-id="ndv-close-button"]');
		}
	});
	await step('So have both triggers', async () => {
		await openWorkflow(poll);
		await openNode('Referral Rocket Polling Trigger');
		// The first two are n8n's own.
		const polling = ['Poll Times', 'Mode', ...labelsOf(new ReferralRocketPollingTrigger())];
		assert.deepEqual(await fieldsShown(page), polling);
		await openWorkflow(hook);
		await openNode('Referral Rocket Trigger');
		assert.deepEqual(await fieldsShown(page), labelsOf(new ReferralRocketTrigger()));
		await page.click('text=Webhook URLs');
		await page.getByText('Production URL', { exact: true }).first().click();
		await page.waitForTimeout(500);
		await picture('trigger');
	});
	await step('A campaign given by its link, the step run, the rows there', async () => {
		await openWorkflow(one);
		await openNode('List Participants');
		await page.click('[data-test-id="rlc-mode-selector"]');
		await page.click('.el-select-dropdown__item:visible >> text=By URL');
		await page.fill('[data-test-id="rlc-input"] input, input[data-test-id="rlc-input"]', link);
		await page.click('[data-test-id="ndv"] [data-test-id="node-execute-button"]');
		const output = page.locator('[data-test-id="output-panel"]');
		await output.getByText('50 items', { exact: true }).waitFor();
		await page.click('[data-test-id="output-panel"] [data-test-id="radio-button-table"]');
		const newest = mockServer.campaign.participants.slice(0, 3);
		for (const { email } of newest) await output.getByText(email).first().waitFor();
		await page.getByText('Node executed successfully').waitFor({ state: 'hidden' });
		await picture('list');
	});
	await step('The credential is green, and red with a key that is not right', async () => {
		await page.click('[data-test-id="credential-edit-button"]');
		const window = page.locator('[data-test-id="editCredential-modal"]');
		await window.getByText('Connection tested successfully').waitFor();
		const baseUrl = window.locator('[data-test-id="parameter-input-baseUrl"] input');
		// For the picture, what everyone else has there.
		await baseUrl.fill('https://app.referralrocket.io');
		await window.getByText('Webhook Secret').hover();
		await page.waitForTimeout(1000);
		await picture('credential');
		await baseUrl.fill(mockServer.url);
		await window.locator('[data-test-id="parameter-input-apiKey"] input').fill('not-the-key');
		await window.locator('[data-test-id="credential-save-button"]').click();
		await window.getByText('Couldn’t connect with these settings').waitFor();
		await window.getByText('More details').click();
		await page.getByText('Referral Rocket refused the API key').first().waitFor();
	});
	await chrome.close();
	if (!process.argv.includes('--keep-pictures')) return;
	const images = path.join(project, 'docs/images');
	await mkdir(images, { recursive: true });
	for (const name of ['sync', 'trigger', 'list', 'credential']) {
		await copyFile(path.join(folder, `${name}.png`), path.join(images, `${name}.png`));
	}
}

/** @returns the labels of the open node's fields; behind those of a collection, what can be added to it */
async function fieldsShown(page: Page): Promise<string[]> {
	const parameters = page.locator('[data-test-id="node-parameters"]:visible');
	const labels = async () => {
		const shown = await parameters.locator('[data-test-id="input-label"]:visible').allInnerTexts();
		return shown.map((label) => label.split('\n')[0].trim());
	};
	const fields = await labels();
	for (const label of ['Options', 'Additional Fields'].filter((name) => fields.includes(name))) {
		const before = await labels();
		const adds = parameters.locator('[data-test-id="collection-parameter-add"]:visible');
		await (label === 'Options' ? adds.last() : adds.first()).click();
		const choices = page.locator('.el-select-dropdown__item:visible');
		let names: string[] = [];
		await waitUntil(async () => {
			// What there is only one of is added at once.
			const added = (await labels()).filter((name) => !before.includes(name));
			names = added.length > 0 ? added : await choices.allInnerTexts();
			assert.ok(names.length > 0, `Nothing can be added to ${label}`);
		}, 10);
		fields[fields.indexOf(label)] = `${label}: ${names.join(', ')}`;
		if (await choices.first().isVisible()) await page.keyboard.press('Escape');
	}
	return fields;
}
