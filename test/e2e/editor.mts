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
import { iconOf, pickerNameOf, plain, type Theme } from './descriptions.mts';
import { screenshotOfFailure } from './failures.mts';

/** One element of n8n's editor, by the name that n8n itself gives it for tests. */
const id = (name: string) => `[data-test-id="${name}"]`;

/** For how many seconds anything is waited for. */
export const patience = 90;

/** n8n's editor in Chromium, with what a person does in it. Both versions of n8n are meant. */
export class Editor {
	/** What the editor is connected to n8n for: it runs nothing without. */
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
	 * @param version of n8n
	 * @param folder for pictures
	 * @throws Missing when this machine has no Chromium
	 */
	static async open(n8n: N8n, version: string, folder: string): Promise<Editor> {
		const chrome = await chromium.launch({
			executablePath: findProgram(['chromium', 'chromium-browser', 'google-chrome']),
			args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
			// Else Ctrl-C ends this process before everything else is stopped.
			handleSIGINT: false,
			handleSIGTERM: false,
			handleSIGHUP: false,
		});
		beforeExit(async () => await chrome.close());
		const page = await chrome.newPage({
			viewport: { width: 1280, height: 800 },
			colorScheme: 'light',
		});
		// On a busy machine the editor takes its time to load.
		page.setDefaultTimeout(patience * 1000);
		const editor = new Editor(chrome, page, n8n, version.startsWith('1.'), folder);
		await editor.step('Logging in', async () => {
			await page.goto(`${n8n.url}/signin`);
			await page.fill('input[name=emailOrLdapLoginId]', owner.email);
			await page.fill('input[name=password]', owner.password);
			await page.click(id('form-submit-button'));
			await page.waitForURL(/\/(home|workflow)/);
		});
		return editor;
	}

	async close(): Promise<void> {
		await this.chrome.close();
	}

	/** Runs one step, and takes a picture where it does not hold. */
	async step(title: string, work: () => Promise<void>): Promise<void> {
		await step(title, work).catch(async (error: unknown) => {
			const file = path.join(this.folder, screenshotOfFailure);
			// A page that hangs gives no picture, and that must not hide the failure.
			await this.page.screenshot({ path: file }).catch(() => undefined);
			throw error;
		});
	}

	/** Takes a picture for the README, when nothing of the moment is in it. */
	async picture(name: string): Promise<void> {
		await this.page.mouse.move(0, 0);
		await this.page.locator('.el-notification').first().waitFor({ state: 'hidden' });
		// What fades or slides has ended then.
		await this.page.waitForTimeout(1000);
		const file = path.join(this.folder, `${name}.png`);
		await this.page.screenshot({ path: file, animations: 'disabled' });
		assert.ok((await stat(file)).size < 150_000, `${name}.png is too large for the README`);
	}

	/** Does a check in the dark theme and then in the light one, in which the page stays. */
	async inBothThemes(check: (theme: Theme) => Promise<void>): Promise<void> {
		for (const colorScheme of ['dark', 'light'] as const) {
			await this.page.emulateMedia({ colorScheme });
			await check(colorScheme);
		}
	}

	/** Waits until all these texts can be read in a part of the page. */
	async shows(part: Locator, ...texts: string[]): Promise<void> {
		await waitUntil(async () => {
			const shown = plain(await part.innerText({ timeout: 1000 }));
			for (const text of texts) {
				assert.ok(shown.includes(text), `"${text}" is not shown, but: ${shown}`);
			}
		}, patience);
	}

	/** Waits until the icon of a node in a part of the page is the one for the theme. */
	async showsIcon(part: Locator, node: INodeType, theme: Theme): Promise<void> {
		const icon = part.locator(`img[src$="/${iconOf(node, theme)}"]:visible`).first();
		await icon.waitFor();
		await waitUntil(async () => {
			const isDrawn = await icon.evaluate(
				(image) => 'naturalWidth' in image && image.naturalWidth !== 0,
			);
			assert.ok(isDrawn, `The ${theme} icon is no picture`);
		}, patience);
	}

	/** Opens a saved workflow. */
	async openWorkflow(workflowId: string): Promise<void> {
		await this.page.goto(`${this.n8n.url}/workflow/${workflowId}`);
		await this.page.waitForSelector(id('canvas-node'));
		// The editor can be used before its connection to n8n stands.
		await waitUntil(async () => {
			const { connection, isVersion1 } = this;
			// n8n 1 says nothing when it stands.
			const isConnected = isVersion1 ? connection : connection?.workflowId === workflowId;
			assert.ok(isConnected, 'The editor is not connected to n8n');
		}, patience);
	}

	/** Opens an empty canvas and looks for a node in the picker. */
	async searchNodes(words: string): Promise<Locator> {
		await this.page.goto(`${this.n8n.url}/workflow/new`);
		await this.page.click(id('canvas-plus-button'));
		await this.page.fill(id('node-creator-search-bar'), words);
		return this.page.locator(id('node-creator'));
	}

	/** @returns the tile of a node in the picker */
	tile(node: INodeType): Locator {
		const name = this.page
			.locator(id('node-creator-item-name'))
			.getByText(pickerNameOf(node), { exact: true });
		return this.page.locator(id('item-iterator-item')).filter({ has: name });
	}

	/** @returns the ID of the open workflow */
	workflowId(): string {
		return /workflow\/(\w+)/.exec(this.page.url())?.[1] ?? '';
	}

	/** @returns the panel of the open node */
	get panel(): Locator {
		return this.page.locator(id('ndv'));
	}

	/** @returns the part of the panel with what comes out */
	get output(): Locator {
		return this.page.locator(id('output-panel'));
	}

	/** @returns one of the choices of the menu that is open */
	option(text: string): Locator {
		return this.page.locator('.el-select-dropdown__item:visible', { hasText: text });
	}

	/** @returns an element of the page, by the name that n8n gives it for tests */
	element(name: string): Locator {
		return this.page.locator(`${id(name)}:visible`);
	}

	/** Shows what comes out in one of n8n's views. */
	async showOutputAs(view: 'schema' | 'table'): Promise<void> {
		await this.output.locator(id(`radio-button-${view}`)).click();
	}

	async openNode(name: string): Promise<void> {
		await this.page.dblclick(`${id('canvas-node')}[data-node-name="${name}"]`);
		await this.element('node-parameters').waitFor();
	}

	async closeNode(): Promise<void> {
		await this.element(this.isVersion1 ? 'back-to-canvas' : 'ndv-close-button').click();
		await this.panel.waitFor({ state: 'hidden' });
	}

	async chooseCredential(name: string): Promise<void> {
		await this.element('node-credentials-select').click();
		await this.option(name).click();
	}

	/** @param mode as the menu calls it */
	async chooseCampaign(mode: string, campaign: string): Promise<void> {
		await this.element('rlc-mode-selector').click();
		await this.option(mode).click();
		await this.page.fill(`${id('rlc-input')} input, input${id('rlc-input')}`, campaign);
	}

	/** @returns the labels of the open node's fields; behind those of a collection, what can be added to it */
	async fieldsShown(expected: INodeProperties[], fromN8n: string[] = []): Promise<string[]> {
		const parameters = this.element('node-parameters');
		const labels = async () => {
			const shown = await parameters.locator(`${id('input-label')}:visible`).allInnerTexts();
			return shown.map((label) => label.split('\n')[0].trim());
		};
		// n8n shows some only a moment later. Where one never comes, the caller sees which.
		const count = fromN8n.length + expected.filter(({ type }) => type !== 'notice').length;
		const allShown = async () => assert.ok((await labels()).length >= count);
		await waitUntil(allShown, patience).catch(() => undefined);
		const fields = await labels();
		const collections = expected.filter(({ type }) => type === 'collection');
		const button = this.isVersion1 ? '.param-options' : id('collection-parameter-add');
		// From the last one up, as the button goes away with the last thing that can be added.
		for (const [index, { displayName }] of [...collections.entries()].reverse()) {
			const before = await labels();
			await parameters.locator(`${button}:visible`).nth(index).click();
			const choices = this.page.locator('.el-select-dropdown__item:visible');
			let names: string[] = [];
			await waitUntil(async () => {
				// What there is only one of is added at once.
				const added = (await labels()).filter((name) => !before.includes(name));
				names = added.length > 0 ? added : await choices.allInnerTexts();
				assert.ok(names.length > 0, `Nothing can be added to ${displayName}`);
			}, patience);
			fields[fields.indexOf(displayName)] = `${displayName}: ${names.join(', ')}`;
			if (await choices.first().isVisible()) {
				await this.page.keyboard.press('Escape');
				await choices.first().waitFor({ state: 'hidden' });
			}
		}
		return fields;
	}

	/** Publishes the workflow with n8n's button, as "active" is called since n8n 2, and reads what n8n says then. */
	async publish(message: string): Promise<void> {
		if (this.isVersion1) await this.element('workflow-activate-switch').click();
		else {
			await this.element('workflow-open-publish-modal-button').click();
			await this.element('workflow-publish-button').click();
		}
		const published = this.element('activation-modal');
		await this.shows(published, message);
		await published.getByRole('button', { name: 'Got it' }).click();
		await published.waitFor({ state: 'hidden' });
		// Ends n8n's check list for production, which lies over the tabs.
		await this.page.keyboard.press('Escape');
	}

	/** Opens the list of executions and waits until these are there, the last first. */
	async showsExecutions(...outcomes: string[]): Promise<void> {
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
		}, patience);
	}
}
