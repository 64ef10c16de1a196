import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { INodeProperties, INodeType } from 'n8n-workflow';
import { chromium, type Browser, type Locator, type Page, type WebSocket } from 'playwright-core';
import { beforeExit } from '../../tools/command-line/processes.mts';
import { step } from '../../tools/command-line/progress.mts';
import { waitUntil } from '../../tools/command-line/waitUntil.mts';
import { owner, type N8n } from '../../tools/n8n/n8n.mts';
import { findProgram } from '../../tools/n8n/services.mts';
import { iconFile, pickerName, withoutMarkup, type Theme } from './descriptions.mts';
import { failureScreenshot } from './failures.mts';

/** Selects an element of n8n's editor by its test ID. */
const testId = (name: string) => `[data-test-id="${name}"]`;

/** Timeout for anything the editor does. */
export const timeoutSeconds = 90;

/** n8n's editor in Chromium, with the actions of a user. Supports both versions of n8n. */
export class Editor {
	/** The connection to n8n, without which the editor runs nothing. */
	private connection: { socket: WebSocket; workflowId?: string } | undefined;

	private constructor(
		private readonly chrome: Browser,
		readonly page: Page,
		private readonly n8n: N8n,
		readonly isVersion1: boolean,
		private readonly folder: string,
	) {
		page.on('websocket', (socket) => {
			this.connection = { socket };
			socket.on('framereceived', ({ payload }) => {
				const [, workflowId] =
					/"collaboratorsChanged".*?"workflowId":"(\w+)"/.exec(String(payload)) ?? [];
				if (workflowId) this.connection = { socket, workflowId };
			});
			socket.on('close', () => {
				if (this.connection?.socket === socket) this.connection = undefined;
			});
		});
	}

	/**
	 * Starts Chromium and logs in.
	 * @param version the version of n8n
	 * @param folder where to save screenshots
	 * @param slowMo milliseconds between two actions, for someone who watches
	 * @throws Missing if Chromium is not installed on this machine
	 */
	static async open(n8n: N8n, version: string, folder: string, slowMo = 0): Promise<Editor> {
		const chrome = await chromium.launch({
			slowMo,
			executablePath: findProgram(['chromium', 'chromium-browser', 'google-chrome']),
			args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
			// Otherwise Ctrl-C would end this process before everything else is stopped.
			handleSIGINT: false,
			handleSIGTERM: false,
			handleSIGHUP: false,
		});
		beforeExit(async () => await chrome.close());
		const page = await chrome.newPage({
			viewport: { width: 1280, height: 800 },
			colorScheme: 'light',
		});
		// On a busy machine the editor is slow to load.
		page.setDefaultTimeout(timeoutSeconds * 1000);
		const editor = new Editor(chrome, page, n8n, version.startsWith('1.'), folder);
		await editor.step('Logging in', async () => {
			await page.goto(`${n8n.url}/signin`);
			await page.fill('input[name=emailOrLdapLoginId]', owner.email);
			await page.fill('input[name=password]', owner.password);
			await page.click(testId('form-submit-button'));
			await page.waitForURL(/\/(home|workflow)/);
		});
		return editor;
	}

	async close(): Promise<void> {
		await this.chrome.close();
	}

	/** Adds what someone who watches a video needs, to every page from now on: captions and the pointer. */
	async showCaptions(): Promise<void> {
		await this.page.addInitScript({ path: path.join(import.meta.dirname, 'captions.js') });
	}

	/** Shows a text at the bottom of the page. It stays when another page is opened. */
	async showCaption(text: string): Promise<void> {
		await this.page.evaluate(`showCaption(${JSON.stringify(text)})`);
	}

	/** Runs one step, and takes a screenshot if it fails. */
	async step(title: string, work: () => Promise<void>): Promise<void> {
		await step(title, work).catch(async (error: unknown) => {
			const file = path.join(this.folder, failureScreenshot);
			// A page that hangs yields no screenshot, which must not hide the failure.
			await this.page.screenshot({ path: file }).catch(() => undefined);
			throw error;
		});
	}

	/** Takes a screenshot for the README, without notifications and animations. */
	async takeScreenshot(name: string): Promise<void> {
		await this.page.mouse.move(0, 0);
		await this.page.locator('.el-notification').first().waitFor({ state: 'hidden' });
		// By then, every transition has finished.
		await this.page.waitForTimeout(1000);
		const file = path.join(this.folder, `${name}.png`);
		await this.page.screenshot({ path: file, animations: 'disabled' });
		assert.ok((await stat(file)).size < 150_000, `${name}.png is too large for the README`);
	}

	/** Runs a check in the dark theme and then in the light one, which stays on. */
	async inBothThemes(check: (theme: Theme) => Promise<void>): Promise<void> {
		for (const colorScheme of ['dark', 'light'] as const) {
			await this.page.emulateMedia({ colorScheme });
			await check(colorScheme);
		}
	}

	/** Waits until a part of the page shows all these texts. */
	async expectText(part: Locator, ...texts: string[]): Promise<void> {
		await waitUntil(async () => {
			const shown = withoutMarkup(await part.innerText({ timeout: 1000 }));
			for (const text of texts) {
				assert.ok(shown.includes(text), `"${text}" is not shown, only: ${shown}`);
			}
		}, timeoutSeconds);
	}

	/** Waits until a part of the page shows a node's icon for the theme. */
	async expectIcon(part: Locator, node: INodeType, theme: Theme): Promise<void> {
		const icon = part.locator(`img[src$="/${iconFile(node, theme)}"]:visible`).first();
		await icon.waitFor();
		await waitUntil(async () => {
			const isDrawn = await icon.evaluate(
				(image) => 'naturalWidth' in image && image.naturalWidth !== 0,
			);
			assert.ok(isDrawn, `The ${theme} icon is not a valid image`);
		}, timeoutSeconds);
	}

	/** Opens a saved workflow. */
	async openWorkflow(workflowId: string): Promise<void> {
		await this.page.goto(`${this.n8n.url}/workflow/${workflowId}`);
		await this.page.waitForSelector(testId('canvas-node'));
		// The editor can be used before it is connected to n8n.
		await waitUntil(async () => {
			const { connection, isVersion1 } = this;
			// n8n 1 does not report when it is connected.
			const isConnected = isVersion1 ? connection : connection?.workflowId === workflowId;
			assert.ok(isConnected, 'The editor is not connected to n8n');
		}, timeoutSeconds);
	}

	/** Opens an empty canvas and searches the node picker. */
	async searchNodes(query: string): Promise<Locator> {
		await this.page.goto(`${this.n8n.url}/workflow/new`);
		await this.page.click(testId('canvas-plus-button'));
		await this.page.fill(testId('node-creator-search-bar'), query);
		return this.page.locator(testId('node-creator'));
	}

	/** @returns the tile of a node in the picker */
	tile(node: INodeType): Locator {
		const name = this.page
			.locator(testId('node-creator-item-name'))
			.getByText(pickerName(node), { exact: true });
		return this.page.locator(testId('item-iterator-item')).filter({ has: name });
	}

	/** Adds a node to an empty canvas and opens it. @param action its label in the node picker */
	async addFirstNode(node: INodeType, action: string): Promise<void> {
		const picker = await this.searchNodes(pickerName(node));
		await this.tile(node).click();
		const isTrigger = node.description.group.includes('trigger');
		// Below the triggers, and collapsed.
		if (!isTrigger) await picker.getByText('Actions (').click();
		await picker.getByText(action).click();
	}

	/** @returns the ID of the open workflow */
	workflowId(): string {
		return /workflow\/(\w+)/.exec(this.page.url())?.[1] ?? '';
	}

	/** @returns the panel of the open node */
	get panel(): Locator {
		return this.page.locator(testId('ndv'));
	}

	/** @returns the part of the panel that shows the node's output */
	get output(): Locator {
		return this.page.locator(testId('output-panel'));
	}

	/** @returns an option of the open menu */
	option(text: string): Locator {
		return this.page.locator('.el-select-dropdown__item:visible', { hasText: text });
	}

	/** @returns a visible element of the page, by its test ID */
	element(name: string): Locator {
		return this.page.locator(`${testId(name)}:visible`);
	}

	/** Switches the output to one of n8n's views. */
	async showOutputAs(view: 'schema' | 'table'): Promise<void> {
		await this.output.locator(testId(`radio-button-${view}`)).click();
	}

	/** @returns the output's table: its columns, and the cells of each row */
	async readTable(): Promise<{ columns: string[]; rows: string[][] }> {
		const rows = await this.output.locator('table:visible tr').allInnerTexts();
		const [columns, ...items] = rows.map((row) => row.split('\t').map((cell) => cell.trim()));
		return { columns: columns.filter(Boolean), rows: items };
	}

	/** Waits until a failed run shows this title, and this text in the description below. */
	async expectFailure(title: string, description: string): Promise<void> {
		await this.expectText(this.element('node-error-message'), title);
		await this.expectText(this.element('node-error-description'), description);
	}

	/** Waits until a field of the open node explains itself under the pointer. */
	async expectTooltip(label: string, text: string): Promise<void> {
		const field = this.element('node-parameters').locator(testId('input-label'), {
			hasText: label,
		});
		await field.first().hover();
		await field.first().locator('svg').first().hover();
		await this.page.getByText(text).first().waitFor();
		await this.page.mouse.move(0, 0);
	}

	async openNode(name: string): Promise<void> {
		await this.page.dblclick(`${testId('canvas-node')}[data-node-name="${name}"]`);
		await this.element('node-parameters').waitFor();
	}

	async closeNode(): Promise<void> {
		await this.element(this.isVersion1 ? 'back-to-canvas' : 'ndv-close-button').click();
		await this.panel.waitFor({ state: 'hidden' });
	}

	/** Runs the open node. */
	async executeNode(): Promise<void> {
		// n8n applies what was typed a moment later. Before that, it would run with the old value.
		await this.page.waitForTimeout(1000);
		await this.element('node-execute-button').click();
	}

	async chooseCredential(name: string): Promise<void> {
		await this.element('node-credentials-select').click();
		await this.option(name).click();
	}

	/** Opens the window for the first credential of the open node. */
	async createCredential(): Promise<void> {
		await this.element('node-credentials-empty-state').getByRole('button').click();
	}

	async chooseOperation(name: string): Promise<void> {
		await this.element('parameter-input-operation').click();
		const label = this.page.getByText(name, { exact: true });
		await this.page.locator('.el-select-dropdown__item:visible').filter({ has: label }).click();
	}

	/** @param mode its label in the menu */
	async chooseCampaign(mode: string, campaign: string): Promise<void> {
		await this.element('rlc-mode-selector').click();
		await this.option(mode).click();
		await this.page.fill(`${testId('rlc-input')} input, input${testId('rlc-input')}`, campaign);
	}

	/** @returns a text field of the open node or credential, by its name in the description */
	field(name: string): Locator {
		return this.element(`parameter-input-${name}`).locator('input');
	}

	/** Opens the menu of the open node's first, second, … collection, or adds its only option. */
	private async openCollection(index: number): Promise<void> {
		const button = this.isVersion1 ? '.param-options' : testId('collection-parameter-add');
		await this.element('node-parameters').locator(`${button}:visible`).nth(index).click();
	}

	/** Adds an option of the open node's first collection. */
	async addOption(name: string): Promise<void> {
		await this.openCollection(0);
		await this.option(name).click();
	}

	/** @returns the labels of the open node's fields; the label of a collection is followed by the options it offers */
	async readFieldLabels(expected: INodeProperties[], fromN8n: string[] = []): Promise<string[]> {
		const parameters = this.element('node-parameters');
		const labels = async () => {
			const shown = await parameters.locator(`${testId('input-label')}:visible`).allInnerTexts();
			return shown.map((label) => label.split('\n')[0].trim());
		};
		// n8n shows some fields with a delay. If one never appears, the caller reports which.
		const count = fromN8n.length + expected.filter(({ type }) => type !== 'notice').length;
		const allShown = async () => assert.ok((await labels()).length >= count, 'Fields are missing');
		await waitUntil(allShown, timeoutSeconds).catch(() => undefined);
		const fields = await labels();
		const collections = expected.filter(({ type }) => type === 'collection');
		// In reverse order, as a button disappears along with the last option to add.
		for (const [index, { displayName }] of [...collections.entries()].reverse()) {
			const before = await labels();
			await this.openCollection(index);
			const choices = this.page.locator('.el-select-dropdown__item:visible');
			let names: string[] = [];
			await waitUntil(async () => {
				// A single option is added without a menu.
				const added = (await labels()).filter((name) => !before.includes(name));
				names = added.length > 0 ? added : await choices.allInnerTexts();
				assert.ok(names.length > 0, `Nothing can be added to ${displayName}`);
			}, timeoutSeconds);
			fields[fields.indexOf(displayName)] = `${displayName}: ${names.join(', ')}`;
			if (await choices.first().isVisible()) {
				await this.page.keyboard.press('Escape');
				await choices.first().waitFor({ state: 'hidden' });
			}
		}
		return fields;
	}

	/** Publishes the workflow with n8n's button ("activates" it, in n8n 1) and checks the message n8n shows. */
	async publish(message: string): Promise<void> {
		if (this.isVersion1) await this.element('workflow-activate-switch').click();
		else {
			await this.element('workflow-open-publish-modal-button').click();
			await this.element('workflow-publish-button').click();
		}
		const published = this.element('activation-modal');
		await this.expectText(published, message);
		await published.getByRole('button', { name: 'Got it' }).click();
		await published.waitFor({ state: 'hidden' });
		// Closes n8n's production checklist, which covers the tabs.
		await this.page.keyboard.press('Escape');
	}

	/**
	 * Reads one of the open webhook trigger's two URLs.
	 * @param publicUrl the URL that n8n is configured with
	 * @returns the URL at which this machine reaches it
	 */
	async readWebhookUrl(which: 'Test URL' | 'Production URL', publicUrl: string): Promise<string> {
		await this.page.getByText(which, { exact: true }).first().click();
		const urls = this.page.locator('.webhook-url:visible');
		const path = which === 'Test URL' ? 'webhook-test' : 'webhook';
		await this.expectText(urls, `${publicUrl}/${path}/`);
		return (await urls.innerText()).trim().replace(publicUrl, this.n8n.url);
	}

	/** @returns what the open trigger shows while it waits for an event */
	get listening(): Locator {
		return this.panel.getByText('Listening for test event');
	}

	/** Lets the open trigger wait for an event. */
	async listen(): Promise<void> {
		await waitUntil(async () => {
			if (await this.listening.isVisible()) return;
			await this.element('trigger-execute-button').click();
			await this.listening.waitFor({ timeout: 5000 });
		}, timeoutSeconds);
	}

	/** Opens the list of executions and waits until it shows these, latest first. */
	async expectExecutions(...outcomes: string[]): Promise<void> {
		await this.element('radio-button-executions').click();
		const list = this.element('current-executions-list').locator(
			'[data-test-id^="execution-details-"]',
		);
		await waitUntil(async () => {
			const shown = await list.allInnerTexts();
			assert.deepEqual(
				shown.map((text) => /Succeeded|Error|Running/.exec(text)?.[0]),
				outcomes,
			);
		}, timeoutSeconds);
	}
}
