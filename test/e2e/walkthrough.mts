import assert from 'node:assert/strict';
import { ReferralRocket } from '../../nodes/ReferralRocket/ReferralRocket.node.ts';
import { ReferralRocketPollingTrigger } from '../../nodes/ReferralRocket/ReferralRocketPollingTrigger.node.ts';
import { ReferralRocketTrigger } from '../../nodes/ReferralRocket/ReferralRocketTrigger.node.ts';
import type { MockServer } from '../../tools/mock-server/service.mts';
import { deliver, eventAbout } from '../../tools/mock-server/webhooks.mts';
import { waitUntil } from '../../tools/command-line/waitUntil.mts';
import { itemsOf, type N8n } from '../../tools/n8n/n8n.mts';
import {
	defaultVersion,
	triggerEvents,
	visibleFields,
	modeLabel,
	noticeTexts,
	panelTexts,
	pickerName,
} from './descriptions.mts';
import { timeoutSeconds, type Editor } from './editor.mts';
import { chain, webhookSecret } from './workflow.mts';

/*
 * Builds workflows from an empty canvas, as a person without a terminal does.
 */

export interface Walkthrough {
	editor: Editor;
	n8n: N8n;
	mockServer: MockServer;
	/** The public URL that n8n shows. */
	publicUrl: string;
}

const node = new ReferralRocket();
const webhook = new ReferralRocketTrigger();
const polling = new ReferralRocketPollingTrigger();

/** The first event for the webhook trigger: rejected, tested, then published. */
export async function receiveFirstEvent({
	editor,
	n8n,
	mockServer,
	publicUrl,
}: Walkthrough): Promise<void> {
	const { page } = editor;
	const { description } = webhook;
	const [event, other] = ['refereeCreated', 'rewardUnlocked'].map((wanted) => {
		const found = triggerEvents(webhook).find(({ value }) => value === wanted);
		assert.ok(found, `There is no event ${wanted}`);
		return found;
	});
	const [friend, next] = mockServer.campaign.participants.filter(
		({ referredByCode }) => referredByCode,
	);
	const now = Date.now();
	const joined = (createdAt: number) => eventAbout('referee_added', friend, createdAt);
	/** Delivers an event that is rejected, and waits until the panel shows it. */
	const deliverRejected = async (rejected: object, secret: string) => {
		await editor.listen();
		const status = await deliver(testUrl, rejected, secret);
		assert.notEqual(status, 200);
		assert.notEqual(status, 404, 'n8n is not listening');
		await editor.listening.waitFor({ state: 'hidden' });
	};
	let testUrl = '';

	await editor.step('The node picker describes the triggers', async () => {
		const picker = await editor.searchNodes('referral rocket');
		const tile = editor.tile(webhook);
		await editor.inBothThemes(async (theme) => {
			await editor.expectIcon(tile, webhook, theme);
			await editor.expectIcon(editor.tile(polling), polling, theme);
		});
		// n8n 1 shows only the name here.
		if (!editor.isVersion1) {
			await editor.expectText(tile, description.description);
			await editor.expectText(editor.tile(polling), polling.description.description);
		}
		await tile.click();
		const actions = triggerEvents(webhook).map(({ action }) => action);
		await editor.expectText(picker, description.description);
		for (const action of actions) await picker.getByText(action).waitFor();
		await picker.getByText(event.action).click();
	});
	await editor.step(
		'The panel of the webhook trigger explains how to receive a first event',
		async () => {
			const fields = visibleFields(webhook);
			await editor.chooseCredential('Referral Rocket');
			await page.getByText('Webhook URLs', { exact: true }).click();
			testUrl = await editor.readWebhookUrl('Test URL', publicUrl);
			await editor.panel.getByText('More info').click();
			await editor.inBothThemes(async (theme) => {
				await editor.expectIcon(editor.panel, webhook, theme);
				await editor.expectText(editor.panel, ...panelTexts(webhook, 'inactive'));
				await editor.expectText(editor.panel, ...noticeTexts(fields), event.name);
			});
			const steps = await editor.panel.locator('li:visible').allInnerTexts();
			assert.deepEqual(
				steps.map((line) => line.slice(0, 2)),
				['1.', '2.', '3.', '4.'],
			);
		},
	);
	await editor.step('An event that was not signed with the secret is reported', async () => {
		await deliverRejected(joined(now + 1), 'guessed');
		await editor.inBothThemes(async () => {
			await editor.expectText(editor.output, 'not signed', "'Test Webhook Secret'");
		});
	});
	await editor.step('An event that is not selected is reported', async () => {
		await deliverRejected(eventAbout('reward_unlocked', friend, now + 2), webhookSecret);
		await editor.inBothThemes(async () => {
			await editor.expectText(editor.output, `trigger: ${other.name}`, "'Trigger On'");
		});
	});
	await editor.step(
		'The canvas shows what the trigger waits for, and a test event arrives',
		async () => {
			await editor.closeNode();
			await editor.element('execute-workflow-button').click();
			const canvas = editor.element('canvas-wrapper');
			await editor.inBothThemes(async (theme) => {
				await editor.expectText(canvas, String(description.eventTriggerDescription), event.name);
				await editor.expectIcon(editor.element('canvas-node'), webhook, theme);
			});
			assert.equal(await deliver(testUrl, joined(now + 3), webhookSecret), 200);
			await editor.expectText(editor.element('canvas-node'), '1 item');
			await editor.openNode(description.displayName);
			await editor.inBothThemes(async () =>
				editor.expectText(editor.output, '1 item', friend.email),
			);
			if (!(await editor.element('radio-button-test').isVisible())) {
				await page.getByText('Webhook URLs', { exact: true }).click();
			}
			await editor.readWebhookUrl('Test URL', publicUrl);
			await editor.showOutputAs('schema');
			await editor.takeScreenshot('trigger');
		},
	);
	await editor.step(
		'Published with the button, the workflow receives an event in production',
		async () => {
			await editor.closeNode();
			await editor.publish(String(description.activationMessage));
			await editor.openNode(description.displayName);
			await page.getByText('Webhook URLs', { exact: true }).click();
			const url = await editor.readWebhookUrl('Production URL', publicUrl);
			await editor.panel.getByText('More info').click();
			await editor.inBothThemes(async () => {
				await editor.expectText(editor.panel, ...panelTexts(webhook, 'active'));
			});
			await editor.closeNode();
			const event = eventAbout('referee_added', next, now + 4);
			// Leaves no trace: no execution is listed for it.
			assert.equal(await deliver(url, event, 'guessed'), 401);
			assert.equal(await deliver(url, event, webhookSecret), 200);
			await editor.expectExecutions('Succeeded', 'Succeeded', 'Error', 'Error');
			const newest = (await n8n.finishedExecutions(editor.workflowId())).at(-1);
			const [item] = newest ? itemsOf(newest, description.displayName) : [];
			assert.equal(item?.json.email, next.email);
		},
	);
}

/** The polling trigger: a test fetches participants, and the first poll after publishing starts nothing. */
export async function publishPollingTrigger({ editor, mockServer }: Walkthrough): Promise<void> {
	const { description } = polling;
	const { page } = editor;
	const { campaign, requests } = mockServer;
	const event = triggerEvents(polling).find(({ value }) => value === 'participantAdded');
	assert.ok(event, 'There is no event participantAdded');
	const others = ['Campaign Status Changed', 'Reward Earned'];

	await editor.step('Testing the polling trigger fetches participants', async () => {
		const picker = await editor.searchNodes(pickerName(polling));
		await editor.tile(polling).click();
		await editor.expectText(picker, description.description);
		for (const { action } of triggerEvents(polling)) await picker.getByText(action).waitFor();
		await picker.getByText(event.action).click();
		await editor.chooseCredential('Referral Rocket');
		await editor.chooseCampaign(modeLabel(visibleFields(polling), 'campaignId', 'id'), campaign.id);
		await editor.panel.getByText('More info').click();
		await editor.inBothThemes(async (theme) => {
			await editor.expectIcon(editor.panel, polling, theme);
			await editor.expectText(editor.panel, ...panelTexts(polling, 'inactive'));
		});
		await editor.element('trigger-execute-button').click();
		const [hint] = description.hints ?? [];
		await editor.expectText(editor.output, campaign.participants[0].email, hint.message);
	});
	await editor.step('Where events are chosen, a tooltip explains several items', async () => {
		const trigger = visibleFields(polling).find(({ name }) => name === 'events');
		await editor.expectTooltip('Trigger On', String(trigger?.description));
	});
	await editor.step('A test in an empty campaign says that it is empty', async () => {
		mockServer.intercept = (_request, reply) => reply.send([]);
		await editor.element('trigger-execute-button').click();
		await editor.expectFailure(
			'This campaign has no participants yet.',
			'Sign up in your campaign',
		);
		mockServer.intercept = undefined;
	});
	await editor.step('Its items name their campaign, and the status comes last', async () => {
		await editor.element('parameter-input-events').click();
		// Instead of the first event: n8n 1 shows ten items at a time.
		for (const name of [event.name, ...others]) await editor.option(name).click();
		await page.keyboard.press('Escape');
		await editor.element('trigger-execute-button').click();
		await editor.showOutputAs('table');
		await waitUntil(async () => {
			const { columns, rows } = await editor.readTable();
			assert.deepEqual(columns.slice(0, 3), ['event', 'campaignId', 'email']);
			assert.ok(columns.includes('refereeRewardBalance'), 'There is no balance');
			assert.ok(
				rows.every((cells) => cells[1] === campaign.id),
				'An item has no campaign',
			);
			const events = new Set(rows.map(([name]) => name));
			assert.deepEqual([...events], ['rewardEarned', 'campaignStatusChanged']);
		}, timeoutSeconds);
		await editor.closeNode();
		await editor.expectText(editor.element('canvas-node'), others.join(', '));
	});
	await editor.step('The first poll after publishing starts nothing', async () => {
		const before = requests.length;
		await editor.publish(String(description.activationMessage));
		assert.ok(requests.length > before, 'Publishing sent no request');
		// Only the tests are listed.
		await editor.expectExecutions('Succeeded', 'Error', 'Succeeded');
	});
}

/** A run in which one item fails, without and with the error output. */
export async function runWithErrorOutput(
	{ editor, n8n, mockServer }: Walkthrough,
	credentials: object,
): Promise<void> {
	const name = 'Add Participants';
	const emails = ['ana.lopez@example.com', 'not an address', 'bo.li@example.com'];
	const workflow = await n8n.saveWorkflow({
		...chain('One bad item', [
			{ name: 'Run', type: 'n8n-nodes-base.manualTrigger' },
			{
				name,
				type: 'n8n-nodes-referral-rocket.referralRocket',
				typeVersion: defaultVersion(node.description),
				parameters: {
					resource: 'participant',
					operation: 'add',
					campaignId: { __rl: true, mode: 'id', value: mockServer.campaign.id },
					email: '={{ $json.email }}',
				},
				credentials,
			},
		]),
		pinData: { Run: emails.map((email, index) => ({ json: { order: index + 1, email } })) },
	});
	const tabs = editor.output.locator('[id="0"], [id="1"]');

	await editor.step(
		'A run with a bad item stops, and names the item and the setting to turn on',
		async () => {
			await editor.openWorkflow(workflow);
			await editor.openNode(name);
			await editor.executeNode();
			await editor.expectText(
				editor.output,
				`"${emails[1]}"`,
				'item 2 of 3',
				'Continue (using error output)',
			);
		},
	);
	await editor.step(
		'With the error output, the other items succeed and the bad one has the reason',
		async () => {
			await editor.element('tab-settings').click();
			await editor.element('parameter-input-onError').click();
			await editor.option('Continue (using error output)').click();
			await editor.executeNode();
			await editor.expectText(tabs.first(), 'Success Branch (2 items)');
			await editor.expectText(tabs.last(), 'Error Branch (1 item)');
			await editor.showOutputAs('table');
			await editor.expectText(editor.output, emails[0], emails[2]);
			await tabs.last().click();
			await editor.inBothThemes(async () => {
				await waitUntil(async () => {
					const { columns, rows } = await editor.readTable();
					assert.deepEqual(columns, ['order', 'email', 'error']);
					assert.equal(rows.length, 1);
					assert.deepEqual(rows[0].slice(0, 2), ['2', emails[1]]);
					assert.match(rows[0][2], /"not an address" is not/);
				}, timeoutSeconds);
			});
		},
	);
}

/** Adds someone from an empty canvas, with the names typed into the node's fields. */
export async function addWithName(
	{ editor, mockServer }: Walkthrough,
	link: string,
): Promise<void> {
	await editor.step('First Name and Last Name of Add arrive at Referral Rocket', async () => {
		await editor.addFirstNode(node, 'Add participant to campaign');
		await editor.chooseCredential('Referral Rocket');
		const fields = visibleFields(node, { resource: 'participant', operation: 'add' });
		await editor.chooseCampaign(modeLabel(fields, 'campaignId', 'url'), link);
		const named = { email: 'jo.doe@example.com', firstName: 'Jo', lastName: 'Doe' };
		await editor.field('email').fill(named.email);
		await editor.addOption('First Name');
		await editor.addOption('Last Name');
		await editor.field('firstName').fill(named.firstName);
		await editor.field('lastName').fill(named.lastName);
		await editor.executeNode();
		await editor.expectText(editor.output, named.email);
		const { email, firstName, lastName } = mockServer.campaign.find(named.email) ?? {};
		assert.deepEqual({ email, firstName, lastName }, named);
	});
}

/** Runs the example workflow "Participant sync" on the canvas. */
export async function runSync(editor: Editor, n8n: N8n, credentials: object): Promise<void> {
	const { page } = editor;
	const sync = await n8n.importWorkflow('examples/participant-sync.json', credentials);
	await editor.step('The sync workflow runs on the canvas', async () => {
		await editor.openWorkflow(sync);
		await page.hover('[data-test-id="canvas-node"][data-node-name="Run now"]');
		await editor.element('execute-workflow-button-Run now').click();
		await page.getByText('Workflow executed successfully').waitFor();
		// A selected trigger has a button, which would be cut off at the edge of the canvas.
		await page.click('.vue-flow__pane', { position: { x: 600, y: 30 } });
		await editor.takeScreenshot('sync');
	});
}

/** Opens the table that the workflow has filled, which starts with this participant. */
export async function showTable(editor: Editor, n8n: N8n, email: string): Promise<void> {
	const { page } = editor;
	await editor.step('The data table contains the participants', async () => {
		await page.goto(await n8n.dataTableUrl());
		await page.getByText(email).first().waitFor();
		await editor.takeScreenshot('table');
	});
}
