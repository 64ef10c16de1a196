import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import type { N8n } from '../../tools/n8n/n8n.mts';

const largestBytes = 150_000;

/**
 * Takes a picture of the canvas of each workflow, as the editor shows it when it is opened.
 * @param page of someone who is logged in
 * @param workflows the ID in this n8n of each, by the name that its picture gets
 * @param folder where the pictures go; it is there already
 * @returns the pictures' files
 */
export async function takeCanvasPictures(
	page: Page,
	n8n: N8n,
	workflows: Map<string, string>,
	folder: string,
): Promise<string[]> {
	const files: string[] = [];
	for (const [name, id] of workflows) {
		await page.goto(`${n8n.url}/workflow/${id}`);
		await page.waitForSelector('[data-test-id="canvas-node"]', { timeout: 60_000 });
		await page.click('[data-test-id="zoom-to-fit"]');
		// n8n moves there in a third of a second.
		await page.waitForTimeout(1000);
		const file = path.join(folder, `${name}.png`);
		await page
			.locator('[data-test-id="canvas"]')
			.screenshot({ path: file, animations: 'disabled' });
		assert.ok((await stat(file)).size < largestBytes, `${name}.png is too large for the docs`);
		files.push(file);
	}
	return files;
}
