import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { ReferralRocket } from '../../nodes/ReferralRocket/ReferralRocket.node.ts';
import { ReferralRocketTrigger } from '../../nodes/ReferralRocket/ReferralRocketTrigger.node.ts';
import { deliver, eventAbout } from '../../tools/mock-server/webhooks.mts';
import { UserError } from '../../tools/command-line/progress.mts';
import type { MockServer } from '../../tools/mock-server/service.mts';
import type { Runtime } from '../../tools/n8n/cache.mts';
import { packageJson, project, type N8n } from '../../tools/n8n/n8n.mts';
import { modeLabel, triggerEvents, visibleFields } from './descriptions.mts';
import { Editor } from './editor.mts';
import { setUpEnvironment } from './environment.mts';
import { makeAnimation, measureVideo, Recording, type Excerpt } from './recording.mts';
import { createCloud } from './services/cloud.mts';
import { simulateNpm } from './services/npm.mts';
import { simulateReferralRocket } from './services/referralRocket.mts';
import { runSync, showTable } from './walkthrough.mts';
import { webhookSecret } from './workflow.mts';

/** n8n's reviewers watch at most five minutes. */
const maxSeconds = 300;
/** How much of that may be captions and results; n8n needs the rest. */
const maxReadingSeconds = 150;
const link = 'https://referralrocket.io/campaign?id=JCu82f30F1';
const publicUrl = 'https://n8n.example.com';
const newcomer = 'sam.miller@example.com';
const node = new ReferralRocket();
const trigger = new ReferralRocketTrigger();

interface Stage {
	editor: Editor;
	n8n: N8n;
	mockServer: MockServer;
	/** Shows a caption for as long as it takes to read. */
	say(caption: string): Promise<void>;
	/** Time to look at a result. It is part of the animation for the README. */
	highlight(): Promise<void>;
}

/**
 * Records a video of everything from installing the package to a table of participants, as n8n's reviewers ask for.
 * By default, a small and fast one that is only measured; with --save-video, one to watch and the README's animation.
 */
export async function video(runtime: Runtime, tarball: string): Promise<void> {
	const isForViewers = process.argv.includes('--save-video');
	await using cloud = await createCloud();
	await simulateNpm(cloud, tarball);
	simulateReferralRocket(cloud, () => environment.mockServer);
	const env = { ...(await cloud.start()), WEBHOOK_URL: `${publicUrl}/` };
	await using environment = await setUpEnvironment(runtime, undefined, {
		participants: 240,
		env,
	});
	const { folder, n8n, mockServer } = environment;
	const slowMo = isForViewers ? 300 : 0;
	const editor = await Editor.open(n8n, runtime.version, folder, slowMo);
	const { page } = editor;
	await editor.showCaptions();
	const output = isForViewers ? path.join(project, 'reports') : folder;
	await mkdir(output, { recursive: true });
	const size = isForViewers
		? { framesPerSecond: 10, width: 1280 }
		: { framesPerSecond: 2, width: 640 };
	using recording = await Recording.start(page, path.join(output, 'video.mp4'), size);
	const highlights: Excerpt[] = [];
	let readingSeconds = 0;
	const show = async (seconds: number) => {
		readingSeconds += seconds;
		await recording.hold(page, isForViewers ? seconds : 0.5);
	};
	const stage: Stage = {
		editor,
		n8n,
		mockServer,
		async say(caption) {
			await editor.showCaption(caption);
			await show(1.2 + 0.045 * caption.length);
		},
		async highlight() {
			const from = recording.seconds;
			await show(3);
			highlights.push({ from, to: from + 2 });
		},
	};
	await install(stage);
	await useOperations(stage);
	await receiveEvents(stage);
	await synchronize(stage);
	await editor.step('Finishing the video', async () => {
		const frames = await recording.stop();
		const measured = await measureVideo(recording.file);
		assert.equal(measured.frames, frames);
		assert.ok(readingSeconds <= maxReadingSeconds, `It takes ${readingSeconds} seconds to read`);
		// On a busy machine, n8n may need more than its share.
		if (isForViewers && measured.seconds > maxSeconds) {
			const message = `The video takes ${measured.seconds} seconds. Record it again when this machine is less busy.`;
			throw new UserError(message);
		}
		const animation = isForViewers
			? path.join(project, 'docs/images/demo.webp')
			: `${folder}/demo.webp`;
		await makeAnimation(recording.file, highlights, animation, isForViewers ? 800 : 320);
	});
	await editor.close();
	assert.deepEqual(cloud.unexpected, []);
	if (isForViewers) console.log(`The video is ${path.relative(process.cwd(), recording.file)}.`);
}

async function install({ editor, n8n, say }: Stage) {
	const { page } = editor;
	const { name } = await packageJson();
	await editor.step('Installing the package in the editor', async () => {
		await page.goto(`${n8n.url}/home/workflows`);
		await say(
			'Referral Rocket in n8n: from installing the package to a table of all participants. The Referral Rocket account in this video is simulated.',
		);
		await page.goto(`${n8n.url}/settings/community-nodes`);
		await say('1. Install the package: Settings → Community nodes → Install.');
		await page.getByRole('button', { name: 'Install a community node' }).click();
		await editor.element('package-name-input').fill(name);
		await editor.element('user-agreement-checkbox').click();
		await editor.element('install-community-package-button').click();
		await editor.expectText(editor.element('community-package-card'), name, '3 nodes');
		await say('n8n has installed one node for actions and two triggers.');
	});
}

async function useOperations({ editor, mockServer, say, highlight }: Stage) {
	const { output } = editor;
	const { campaign, apiKey } = mockServer;
	const [friend] = campaign.participants;
	const execute = async () => await editor.executeNode();
	await editor.step('The credential and its test', async () => {
		await say('2. Add someone to a campaign: search for Referral Rocket and choose an action.');
		await editor.addFirstNode(node, 'Add participant to campaign');
		await say('Connect your account once: paste your API key, and the secrets of your webhooks.');
		await editor.createCredential();
		await editor.field('apiKey').fill(apiKey);
		await editor.field('webhookSecret').fill(webhookSecret);
		await editor.element('credential-save-button').click();
		// n8n closes the window once the key has passed the test.
		const window = editor.element('editCredential-modal');
		await window.waitFor({ state: 'hidden' });
		await editor.element('credential-edit-button').click();
		await window.getByText('Connection tested successfully').waitFor();
		await say('n8n tested the key when the credential was saved.');
		await window.getByRole('button', { name: 'Close this dialog' }).click();
		await window.waitFor({ state: 'hidden' });
	});
	await editor.step('Add, List and Qualify', async () => {
		await say(`Paste a link of your campaign. Sam was referred by ${friend.firstName}.`);
		const fields = visibleFields(node, { resource: 'participant', operation: 'add' });
		await editor.chooseCampaign(modeLabel(fields, 'campaignId', 'url'), link);
		await editor.field('email').fill(newcomer);
		await editor.addOption('Referrer');
		await editor.field('referrer').fill(friend.email);
		await execute();
		await editor.showOutputAs('schema');
		await output.getByText(newcomer).first().waitFor();
		await editor.showCaption('Sam is in the campaign, and the share link is ready to be sent.');
		await highlight();
		await say('3. List everyone in the campaign. Sam is the newest.');
		await editor.chooseOperation('List');
		await execute();
		await output.getByText('50 items', { exact: true }).waitFor();
		await editor.showOutputAs('table');
		await highlight();
		await say(
			`4. Sam has bought something. Qualify Sam, so that ${friend.firstName} gets the reward.`,
		);
		await editor.chooseOperation('Qualify');
		await editor.field('email').fill(newcomer);
		await execute();
		await editor.showOutputAs('schema');
		await output.getByText('qualified', { exact: true }).first().waitFor();
		await highlight();
		assert.equal(campaign.find(newcomer)?.rewardEventCompleted, true);
	});
}

async function receiveEvents({ editor, mockServer, say, highlight }: Stage) {
	const { page } = editor;
	const { description } = trigger;
	const event = triggerEvents(trigger).find(({ value }) => value === 'refereeCreated');
	assert.ok(event, 'There is no event refereeCreated');
	const [friend, next] = mockServer.campaign.participants.filter(
		({ referredByCode, email }) => referredByCode && email !== newcomer,
	);
	const now = Date.now();
	await editor.step('The webhook trigger receives events', async () => {
		await say('5. Start a workflow whenever a friend joins: add the trigger.');
		await editor.addFirstNode(trigger, event.action);
		await say(
			'The trigger lists what to do in Referral Rocket, once. To test it, execute the step.',
		);
		await page.getByText('Webhook URLs', { exact: true }).click();
		const testUrl = await editor.readWebhookUrl('Test URL', publicUrl);
		await editor.listen();
		await say('Now someone signs up through a share link, and Referral Rocket sends an event.');
		assert.equal(
			await deliver(testUrl, eventAbout('referee_added', friend, now), webhookSecret),
			200,
		);
		await editor.expectText(editor.output, '1 item', friend.email);
		await editor.showCaption(
			'The event has arrived, with the friend and the code of who referred them.',
		);
		await highlight();
		await editor.closeNode();
		await say('Publish the workflow, and every event starts it.');
		await editor.publish(String(description.activationMessage));
		await editor.openNode(description.displayName);
		await page.getByText('Webhook URLs', { exact: true }).click();
		const url = await editor.readWebhookUrl('Production URL', publicUrl);
		await editor.closeNode();
		assert.equal(
			await deliver(url, eventAbout('referee_added', next, now + 1), webhookSecret),
			200,
		);
		await editor.expectExecutions('Succeeded', 'Succeeded');
		await say('The next friend has started the workflow.');
	});
}

async function synchronize({ editor, n8n, mockServer, say, highlight }: Stage) {
	const [{ id, name }] = await n8n.get<Array<{ id: string; name: string }>>('/credentials');
	await say('6. Import an example: this one copies all participants to a table every night.');
	await runSync(editor, n8n, { referralRocketApi: { id, name } });
	await highlight();
	const { participants } = mockServer.campaign;
	await say(`All ${participants.length} participants are copied. Here is the table.`);
	await showTable(editor, n8n, participants[0].email);
	await highlight();
}
