import assert from 'node:assert/strict';
import axios from 'axios';
import { step } from '../../../tools/command-line/progress.mts';
import { waitUntil } from '../../../tools/command-line/waitUntil.mts';
import type { ExampleRun } from './exampleRun.mts';

/**
 * Fills a form in.
 * @returns the page that someone sees at the end
 */
async function submit(url: string, fields: Record<string, string | File>): Promise<string> {
	const body = new FormData();
	for (const [name, value] of Object.entries(fields)) body.append(name, value);
	const data = (await (await fetch(url, { method: 'POST', body })).json()) as {
		formWaitingUrl: string;
	};
	// As the page does: it asks until there is something to show.
	const status = new URL(data.formWaitingUrl);
	status.pathname += '/n8n-execution-status';
	await waitUntil(async () => {
		const { data: text } = await axios.get<string>(status.href, { timeout: 5000 });
		assert.equal(text.trim(), 'form-waiting');
	}, 20);
	return (await axios.get<string>(data.formWaitingUrl, { timeout: 5000 })).data;
}

/** The examples "Sign-up form" and "CSV import", filled in as a browser sends it. */
export async function formExample(run: ExampleRun): Promise<void> {
	const { campaign } = run.mockServer;
	const referrer = campaign.add('form-referrer@example.com');
	await run.publish('sign-up-form');
	const url = `${run.n8n.url}/form/referral-sign-up`;
	const signUp = async (email: string, code: string) =>
		await submit(url, { 'field-0': email, 'field-1': code });

	await step('Sign-up form: the code from the address, the share link at the end', async () => {
		const { data } = await axios.get<string>(url, { params: { Code: referrer.referralCode } });
		assert.match(data, new RegExp(`value="${referrer.referralCode}"`));
		for (let time = 1; time <= 2; time++) {
			const page = await signUp('ana@form.example.com', referrer.referralCode);
			const ana = campaign.find('ana@form.example.com');
			assert.equal(ana?.referredByCode, referrer.referralCode);
			assert.ok(page.includes(ana.shareLink.replaceAll('&', '&amp;')), page);
		}
		assert.equal(referrer.totalReferrals, 1);
		await signUp('bob@form.example.com', '');
		assert.equal(campaign.find('bob@form.example.com')?.referredByCode, null);
	});
	await step('Sign-up form: who can not be added reads why', async () => {
		assert.match(await signUp('eve@form.example.com', 'unknown'), /do not know this code/);
		run.mockServer.intercept = (_request, reply) => reply.code(401).send({});
		assert.match(await signUp('eve@form.example.com', ''), /That did not work/);
		assert.match(await signUp('eve@form.example.com', referrer.referralCode), /That did not work/);
		run.mockServer.intercept = undefined;
		assert.equal(campaign.find('eve@form.example.com'), undefined);
	});
	await step('CSV import: who was refused is listed, and the others are added once', async () => {
		await run.publish('csv-import');
		const upload = async (lines: string[]) =>
			await submit(`${run.n8n.url}/form/referral-csv-import`, {
				'field-0': new File([lines.join('\n')], 'people.csv', { type: 'text/csv' }),
			});
		const rows = [
			'email,referral code',
			`cy@form.example.com,${referrer.referralCode}`,
			'di at example,',
			'flo@form.example.com,unknown',
			'"gus@form.example.com",',
		];
		const page = await upload(rows);
		assert.match(page, /Rows read: 4/);
		assert.match(page, /di at example: .*is not an email address/);
		assert.match(page, /flo@form\.example\.com: .*unknown/);
		assert.doesNotMatch(page, /cy@|gus@/);
		assert.equal(campaign.find('cy@form.example.com')?.referredByCode, referrer.referralCode);
		assert.equal(campaign.find('gus@form.example.com')?.referredByCode, null);
		const [count, total] = [campaign.participants.length, referrer.totalReferrals];
		assert.match(await upload([rows[0], rows[1], rows[4]]), /All participants were added/);
		assert.deepEqual([campaign.participants.length, referrer.totalReferrals], [count, total]);
		// As spreadsheets write such files: a mark in front of them, and titles in another way.
		const titles = '\uFEFFReferral Code , Email';
		assert.match(
			await upload([titles, `${referrer.referralCode},hal@form.example.com`]),
			/All participants were added/,
		);
		assert.equal(campaign.find('hal@form.example.com')?.referredByCode, referrer.referralCode);
		for (const lines of [['email;referral code', 'ivy@form.example.com;'], ['email,referral code']])
			assert.match(await upload(lines), /A row without an email: /);
		assert.equal(campaign.find('ivy@form.example.com'), undefined);
	});
}
