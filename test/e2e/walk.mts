import assert from 'node:assert/strict';
import { ReferralRocket } from '../../nodes/ReferralRocket/ReferralRocket.node.ts';
import { ReferralRocketPollingTrigger } from '../../nodes/ReferralRocket/ReferralRocketPollingTrigger.node.ts';
import { ReferralRocketTrigger } from '../../nodes/ReferralRocket/ReferralRocketTrigger.node.ts';
import type { MockServer } from '../../tools/mock-server/service.mts';
import { deliver, eventAbout } from '../../tools/mock-server/webhooks.mts';
import { waitUntil } from '../../tools/command-line/waitUntil.mts';
import { itemsOf, type N8n } from '../../tools/n8n/n8n.mts';
import {
	defaultVersionOf,
	eventsOf,
	fieldsOf,
	modeOf,
	noticesOf,
	panelTextsOf,
	pickerNameOf,
} from './descriptions.mts';
import { patience, type Editor } from './editor.mts';
import { chain, webhookSecret } from './workflow.mts';

/*
 * What a person without a terminal does to build a workflow, from an empty canvas.
 */

export interface Walk {
	editor: Editor;
	n8n: N8n;
	mockServer: MockServer;
	/** Where n8n says that it is reached from outside. */
	publicUrl: string;
}

const node = new ReferralRocket();
const webhook = new ReferralRocketTrigger();
const polling = new ReferralRocketPollingTrigger();

/** The first event, by the webhook trigger: tested, refused, published. */
export async function walkToAnEvent({ editor, n8n, mockServer, publicUrl }: Walk): Promise<void> {
	const { page } = editor;
	const { description } = webhook;
	const [event, other] = ['refereeCreated', 'rewardUnlocked'].map((wanted) => {
		const found = eventsOf(webhook).find(({ value }) => value === wanted);
		assert.ok(found, `There is no event ${wanted}`);
		return found;
	});
	const [friend, next] = mockServer.campaign.participants.filter((one) => one.referredByCode);
	const joined = (createdAt: number) => eventAbout('referee_added', friend, createdAt);
	/** Reads one of both URLs in the panel; here it is reached by another name. */
	const readUrl = async (which: 'Test URL' | 'Production URL') => {
		await page.getByText(which, { exact: true }).first().click();
		const urls = page.locator('.webhook-url:visible');
		const path = which === 'Test URL' ? 'webhook-test' : 'webhook';
		await editor.shows(urls, `${publicUrl}/${path}/`);
		return (await urls.innerText()).trim().replace(publicUrl, n8n.url);
	};
	const listening = editor.panel.getByText('Listening for test event');
	const listen = async () => {
		await waitUntil(async () => {
			if (await listening.isVisible()) return;
			await editor.element('trigger-execute-button').click();
			await listening.waitFor({ timeout: 5000 });
		}, patience);
	};
	/** Delivers an event that is not taken, and waits until the panel has noticed it. */
	const deliverRefused = async (refused: object, secret: string) => {
		await listen();
		const status = await deliver(testUrl, refused, secret);
		assert.notEqual(status, 200);
		assert.notEqual(status, 404, 'n8n does not listen');
		await listening.waitFor({ state: 'hidden' });
	};
	let testUrl = '';

	await editor.step('The node picker says what the webhook trigger is for', async () => {
		const picker = await editor.searchNodes('referral rocket');
		const tile = editor.tile(webhook);
		await editor.inBothThemes(async (theme) => {
			await editor.showsIcon(tile, webhook, theme);
			await editor.showsIcon(editor.tile(polling), polling, theme);
		});
		// n8n 1 says no more than the name here.
		if (!editor.isVersion1) {
			await editor.shows(tile, description.description);
			await editor.shows(editor.tile(polling), polling.description.description);
		}
		await tile.click();
		const actions = eventsOf(webhook).map(({ action }) => action);
		await editor.shows(picker, description.description);
		for (const action of actions) await picker.getByText(action).waitFor();
		await picker.getByText(event.action).click();
	});
	await editor.step('The panel of the webhook trigger says how a first event comes', async () => {
		const fields = fieldsOf(webhook);
		await editor.chooseCredential('Referral Rocket');
		await page.getByText('Webhook URLs', { exact: true }).click();
		testUrl = await readUrl('Test URL');
		await editor.panel.getByText('More info').click();
		await editor.inBothThemes(async (theme) => {
			await editor.showsIcon(editor.panel, webhook, theme);
			await editor.shows(editor.panel, ...panelTextsOf(webhook, 'inactive'));
			await editor.shows(editor.panel, ...noticesOf(fields), event.name);
		});
	});
	await editor.step('An event that was not signed with the secret is told of', async () => {
		await deliverRefused(joined(1_780_000_000_001), 'guessed');
		await editor.inBothThemes(async () => {
			await editor.shows(editor.output, 'not signed', "'Webhook Secret'");
		});
	});
	await editor.step('So is an event that is not selected', async () => {
		await deliverRefused(eventAbout('reward_unlocked', friend, 1_780_000_000_002), webhookSecret);
		await editor.inBothThemes(async () => {
			await editor.shows(editor.output, `trigger: ${other.name}`, "'Events'");
		});
	});
	await editor.step('The canvas says what it waits for, and a test event arrives', async () => {
		await editor.closeNode();
		await editor.element('execute-workflow-button').click();
		const canvas = editor.element('canvas-wrapper');
		await editor.inBothThemes(async (theme) => {
			await editor.shows(canvas, String(description.eventTriggerDescription), event.name);
			await editor.showsIcon(editor.element('canvas-node'), webhook, theme);
		});
		assert.equal(await deliver(testUrl, joined(1_780_000_000_003), webhookSecret), 200);
		await editor.shows(editor.element('canvas-node'), '1 item');
		await editor.openNode(description.displayName);
		await editor.inBothThemes(async () => editor.shows(editor.output, '1 item', friend.email));
		if (!(await editor.element('radio-button-test').isVisible())) {
			await page.getByText('Webhook URLs', { exact: true }).click();
		}
		await readUrl('Test URL');
		await editor.showOutputAs('schema');
		await editor.picture('trigger');
	});
	await editor.step('Published with the button, it takes an event in production', async () => {
		await editor.closeNode();
		await editor.publish(String(description.activationMessage));
		await editor.openNode(description.displayName);
		await page.getByText('Webhook URLs', { exact: true }).click();
		const url = await readUrl('Production URL');
		await editor.panel.getByText('More info').click();
		await editor.inBothThemes(async () => {
			await editor.shows(editor.panel, ...panelTextsOf(webhook, 'active'));
		});
		await editor.closeNode();
		const event = eventAbout('referee_added', next, 1_780_000_000_004);
		assert.equal(await deliver(url, event, webhookSecret), 200);
		await editor.showsExecutions('Succeeded', 'Succeeded', 'Error', 'Error');
		const newest = (await n8n.finishedExecutions(editor.workflowId())).at(-1);
		const [item] = newest ? itemsOf(newest, description.displayName) : [];
		assert.equal(item?.json.email, next.email);
	});
}

/** The polling trigger: participants to see, and a first poll that starts nothing. */
export async function walkToAPoll({ editor, mockServer }: Walk): Promise<void> {
	const { description } = polling;
	const { campaign, requests } = mockServer;
	const event = eventsOf(polling).find(({ value }) => value === 'participantAdded');
	assert.ok(event, 'There is no event participantAdded');

	await editor.step('The polling trigger fetches participants to see', async () => {
		const picker = await editor.searchNodes(pickerNameOf(polling));
		await editor.tile(polling).click();
		await editor.shows(picker, description.description);
		for (const { action } of eventsOf(polling)) await picker.getByText(action).waitFor();
		await picker.getByText(event.action).click();
		await editor.chooseCredential('Referral Rocket');
		await editor.chooseCampaign(modeOf(fieldsOf(polling), 'campaignId', 'id'), campaign.id);
		await editor.panel.getByText('More info').click();
		await editor.inBothThemes(async (theme) => {
			await editor.showsIcon(editor.panel, polling, theme);
			await editor.shows(editor.panel, ...panelTextsOf(polling, 'inactive'));
		});
		await editor.element('trigger-execute-button').click();
		const [hint] = description.hints ?? [];
		await editor.shows(editor.output, campaign.participants[0].email, hint.message);
		await editor.closeNode();
		await editor.shows(editor.element('canvas-node'), event.name);
	});
	await editor.step('Its first poll when it is published starts nothing', async () => {
		const before = requests.length;
		await editor.publish(String(description.activationMessage));
		assert.ok(requests.length > before, 'Publishing has asked for nobody');
		await editor.showsExecutions('Succeeded');
	});
}

/** A run with one item that can't work, without and with the error output. */
export async function walkToTheErrorOutput(
	{ editor, n8n, mockServer }: Walk,
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
				typeVersion: defaultVersionOf(node.description),
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
		'A run with a bad item stops, and says at which and what to turn on',
		async () => {
			await editor.openWorkflow(workflow);
			await editor.openNode(name);
			await editor.element('node-execute-button').click();
			await editor.shows(
				editor.output,
				`"${emails[1]}"`,
				'item 2 of 3',
				'Continue (using error output)',
			);
		},
	);
	await editor.step(
		'With the error output, the others come out, and it with the reason',
		async () => {
			await editor.element('tab-settings').click();
			await editor.element('parameter-input-onError').click();
			await editor.option('Continue (using error output)').click();
			await editor.element('node-execute-button').click();
			await editor.shows(tabs.first(), 'Success Branch (2 items)');
			await editor.shows(tabs.last(), 'Error Branch (1 item)');
			await editor.showOutputAs('table');
			await editor.shows(editor.output, emails[0], emails[2]);
			await tabs.last().click();
			await editor.inBothThemes(async () => {
				await waitUntil(async () => {
					const table = editor.output.locator('table:visible');
					const rows = await table.locator('tr').allInnerTexts();
					const [head, ...items] = rows.map((row) => row.split('\t').map((cell) => cell.trim()));
					assert.deepEqual(head.filter(Boolean), ['order', 'email', 'error']);
					assert.equal(items.length, 1);
					assert.deepEqual(items[0].slice(0, 2), ['2', emails[1]]);
					assert.match(items[0][2], /"not an address" is not/);
				}, patience);
			});
		},
	);
}
