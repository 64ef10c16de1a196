import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import type { N8n } from '../../tools/n8n/n8n.mts';

const maxBytes = 150_000;
/** Left and right of the nodes, in pixels; a node's name may be wider than the node. */
const margin = 56;
/** Below the nodes, in pixels, for their names and for connections that lead back. */
const marginBelow = 88;

/** Buttons that are not part of the workflow: zoom, add, run. */
const buttons = [
	'[class*="executionButtons"]',
	'[class*="nodeButtonsWrapper"]',
	'[data-test-id="canvas-controls"]',
	// Half of it may be outside the picture.
	'[data-test-id="canvas-handle-plus"]',
	'[data-test-id^="execute-workflow-button-"]',
].join();

/**
 * Takes a screenshot of the canvas of each workflow, as the editor shows it when it is opened.
 * @param page a page with a logged-in user
 * @param workflows the IDs of the workflows in this n8n, by the name of their screenshot
 * @param folder an existing folder for the screenshots
 * @returns the paths of the screenshots
 */
export async function takeCanvasScreenshots(
	page: Page,
	n8n: N8n,
	workflows: Map<string, string>,
	folder: string,
): Promise<string[]> {
	const files: string[] = [];
	const viewport = page.viewportSize();
	assert.ok(viewport);
	const { width, height } = viewport;
	for (const [name, id] of workflows) {
		await page.goto(`${n8n.url}/workflow/${id}`);
		await page.waitForSelector('[data-test-id="canvas-node"]');
		await page.click('[data-test-id="zoom-to-fit"]');
		await page.addStyleTag({ content: `${buttons} { display: none !important }` });
		// A trigger under the pointer shows a button.
		await page.mouse.move(0, 0);
		// The animation of n8n takes a third of a second.
		await page.waitForTimeout(1000);
		// Room below for the names: n8n fits only the nodes.
		await page.setViewportSize({ width, height: height + marginBelow });
		const file = path.join(folder, `${name}.png`);
		const clip = await nodesArea(page);
		await page.screenshot({ path: file, clip, animations: 'disabled' });
		assert.ok((await stat(file)).size < maxBytes, `${name}.png is too large for the docs`);
		files.push(file);
		await page.setViewportSize({ width, height });
	}
	return files;
}

/** @returns the part of the page that contains all nodes and notes */
async function nodesArea(page: Page) {
	const nodes = await page.locator('.vue-flow__node').all();
	const boxes = (await Promise.all(nodes.map(async (node) => await node.boundingBox()))).filter(
		(box) => box !== null,
	);
	const canvas = await page.locator('[data-test-id="canvas"]').boundingBox();
	assert.ok(canvas && boxes.length > 0, 'The canvas is empty');
	const left = Math.max(canvas.x, Math.min(...boxes.map(({ x }) => x)) - margin);
	const top = Math.max(canvas.y, Math.min(...boxes.map(({ y }) => y)) - margin / 2);
	const right = Math.max(...boxes.map(({ x, width }) => x + width)) + margin;
	const bottom = Math.max(...boxes.map(({ y, height }) => y + height)) + marginBelow;
	return {
		x: left,
		y: top,
		width: Math.min(right, canvas.x + canvas.width) - left,
		height: Math.min(bottom, canvas.y + canvas.height) - top,
	};
}
