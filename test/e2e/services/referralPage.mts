import assert from 'node:assert/strict';
import axios from 'axios';
import type { INode } from 'n8n-workflow';
import { step } from '../../../tools/command-line/progress.mts';
import { chain } from '../workflow.mts';
import type { ExampleRun } from './exampleRun.mts';

/** Each takes a tenth of a second or more, so not a thousand. */
const visitors = 60;
/** As many browsers at once. */
const concurrency = 10;

const tableName = 'referral_rocket_page';

/** The example "Referral page", in n8n 2 or later: n8n 1 has no data tables. */
export async function referralPageExample(run: ExampleRun): Promise<void> {
	const { mockServer, n8n } = run;
	const { campaign } = mockServer;
	const jo = campaign.add('jo@page.example.com', undefined, {
		firstName: 'Zoë Müller',
		totalReferrals: 907,
		referralRewardBalance: 140,
	});
	const shown = [
		['<img src=x onerror=alert(1)>', 906],
		['eve@page.example.com', 905],
		["O'Neil Doe", 904],
		['https://phishing.example.com', 903],
	].map(([firstName, totalReferrals], index) =>
		campaign.add(`shown${index}@page.example.com`, undefined, {
			firstName: String(firstName),
			totalReferrals: Number(totalReferrals),
		}),
	);
	// Someone who has agreed to be shown leaves later.
	const [, , , leaving] = shown;

	const changeTable = async (parameters: object) => {
		const id = await n8n.saveWorkflow(
			chain('Change table', [
				{ name: 'Run now', type: 'n8n-nodes-base.manualTrigger' },
				{
					name: 'Change',
					type: 'n8n-nodes-base.dataTable',
					typeVersion: 1.1,
					parameters: {
						dataTableId: { __rl: true, mode: 'name', value: tableName },
						...parameters,
					},
				},
			]),
		);
		await run.runNow(id);
	};
	const workflow = await run.publish('referral-page', {}, (nodes: Record<string, INode>) => {
		const { assignments } = nodes.Settings.parameters.assignments as {
			assignments: Array<{ name: string; value: string }>;
		};
		const set = (field: string, value: string) =>
			Object.assign(assignments.find(({ name }) => name === field) ?? {}, { value });
		set('title', 'Friends & <b>family</b>');
		set('milestones', '5: a sticker set\n910: "a T-shirt" <i>\n25: a hoodie');
		set('joinLink', 'https://example.com/join?a=1&b=2');
	});
	const visit = async (params: object = {}) => {
		const { status, data, headers } = await axios.get<string>(`${n8n.url}/webhook/referral-page`, {
			params,
		});
		assert.equal(status, 200);
		assert.match(String(headers['content-type']), /text\/html/);
		return data;
	};
	const lists = () =>
		mockServer.requests.filter(({ path }) => path === '/api/v1/getAllParticipants').length;

	await step('Referral page: works before the first list, and asks for nothing', async () => {
		const { length } = mockServer.requests;
		assert.match(await visit(), /<form method="get"><input name="code"/);
		assert.equal(mockServer.requests.length, length);
	});
	await step(
		'Referral page: shows the numbers of a code, and nobody who has not agreed',
		async () => {
			await run.runNow(workflow);
			const page = await visit({ code: jo.referralCode });
			assert.match(page, /<p class="number">907<\/p>/);
			assert.match(page, /3 more for your next reward: <b>&#34;a T-shirt&#34; &#60;i&#62;<\/b>/);
			assert.match(page, /Your reward: <b>\$140<\/b>/);
			const link = jo.shareLink.replaceAll('&', '&#38;');
			assert.ok(page.includes(`href="${link}"`), page);
			assert.doesNotMatch(page, /Leader board|Zoë/);
			assert.equal(await visit({ code: ` ${jo.shareLink} ` }), page);
			assert.equal(await visit({ referralCode: jo.referralCode }), page);
		},
	);
	await step('Referral page: a leader board without addresses, links and markup', async () => {
		for (const { referralCode } of shown) {
			await changeTable({
				operation: 'update',
				filters: {
					conditions: [{ keyName: 'referralCode', condition: 'eq', keyValue: referralCode }],
				},
				columns: { mappingMode: 'defineBelow', value: { showName: true } },
			});
		}
		const page = await visit({ code: jo.referralCode });
		const leaders = [...page.matchAll(/<li><span>(.*?)<\/span> <b>(\d+) friends/g)];
		assert.deepEqual(
			leaders.map(([, name, friends]) => [name, Number(friends)]),
			[
				['Someone', 906],
				['Someone', 905],
				['O&#39;Neil', 904],
				['Someone', 903],
			],
		);
		assert.doesNotMatch(page, /<img|<script|onerror|phishing|\w@\w|<b>family|a T-shirt" <i>/);
		assert.match(page, /<h1>Friends &#38; &#60;b&#62;family&#60;\/b&#62;<\/h1>/);
		// Nothing about anyone else.
		const codes = page.match(/referralCode=\w+/g);
		assert.deepEqual([...new Set(codes)], [`referralCode=${jo.referralCode}`]);
	});
	await step('Referral page: every unknown code gets the same page', async () => {
		const page = await visit({ code: 'unknown' });
		assert.match(page, /no numbers for this code yet/);
		for (const code of [
			'"><script>alert(1)</script>',
			"' OR 1=1 --",
			jo.referralCode.toLowerCase() === jo.referralCode ? 'X' : jo.referralCode.toLowerCase(),
			'%',
			jo.email,
			'x'.repeat(3000),
		])
			assert.equal(await visit({ code }), page, code);
		assert.equal(await visit({ 'code[a]': '1', code: ['a', 'b'] }), page);
	});
	await step(`Referral page: ${visitors} visitors cost no list request`, async () => {
		const { length } = mockServer.requests;
		const expected = await visit({ code: jo.referralCode });
		for (let count = 0; count < visitors; count += concurrency) {
			const pages = await Promise.all(
				Array.from({ length: concurrency }, async () => await visit({ code: jo.referralCode })),
			);
			assert.deepEqual([...new Set(pages)], [expected]);
		}
		assert.equal(mockServer.requests.length, length);
	});
	await step(
		'Referral page: one list refreshes it; who left is removed, consent stays',
		async () => {
			campaign.remove(leaving);
			jo.totalReferrals = 908;
			const before = lists();
			await run.runNow(workflow);
			assert.equal(lists() - before, 1);
			const page = await visit({ code: jo.referralCode });
			assert.match(page, /<p class="number">908<\/p>/);
			assert.equal(page.match(/<li>/g)?.length, 3);
			assert.match(await visit({ code: leaving.referralCode }), /no numbers for this code yet/);
		},
	);
	await step('Referral page: a list that cannot be read leaves the page unchanged', async () => {
		const before = await visit({ code: jo.referralCode });
		mockServer.intercept = ({ path }, reply) =>
			/getAllParticipants/.test(path) && reply.code(401).send({});
		assert.equal((await n8n.run(workflow, 'Run now')).status, 'error');
		mockServer.intercept = undefined;
		assert.equal(await visit({ code: jo.referralCode }), before);
	});
	await n8n.deactivate(workflow);
	await changeTable({ resource: 'table', operation: 'delete' });
}
