import assert from 'node:assert/strict';
import axios from 'axios';
import { step } from '../../../tools/command-line/progress.mts';
import { waitUntil } from '../../../tools/command-line/waitUntil.mts';
import type { Entrance, Entry } from './entrance.mts';
import type { ExampleRun } from './exampleRun.mts';

/**
 * Fills in a form as a browser does.
 * @param headers of the request that sends the form
 * @returns the last page, and the ID of the execution
 */
export async function submit(
	url: string,
	fields: Record<string, string | File>,
	headers: Record<string, string> = {},
) {
	const body = new FormData();
	for (const [name, value] of Object.entries(fields)) body.append(name, value);
	const data = (await (await fetch(url, { method: 'POST', body, headers })).json()) as {
		formWaitingUrl: string;
	};
	// The page polls until there is something to show.
	const status = new URL(data.formWaitingUrl);
	const execution = status.pathname.split('/').at(-1) ?? '';
	status.pathname += '/n8n-execution-status';
	await waitUntil(async () => {
		const { data: text } = await axios.get<string>(status.href, { timeout: 60_000 });
		assert.equal(text.trim(), 'form-waiting');
	}, 90);
	const { data: page } = await axios.get<string>(data.formWaitingUrl, { timeout: 60_000 });
	// It fits on a phone screen.
	assert.match(page, /\.container \{ width: auto; max-width: 448px;/);
	// Once loaded, the page resumes the workflow.
	await axios.post(data.formWaitingUrl, {});
	return { page, execution };
}

const signUp = async (run: ExampleRun, email: string, code: string) =>
	await submit(`${run.n8n.url}/form/referral-sign-up`, { 'field-0': email, 'field-1': code });

const upload = async (run: ExampleRun, lines: string[]) => {
	const file = new File([lines.join('\n')], 'people.csv', { type: 'text/csv' });
	const { page } = await submit(`${run.n8n.url}/form/referral-csv-import`, { 'field-0': file });
	return page;
};

export const signUpEntrance: Entrance = {
	kind: 'person',
	async open(run) {
		const workflow = await run.publish('sign-up-form');
		const executions = new Map<string, string>();
		return {
			workflow,
			visible: {
				done: 'Show share link',
				noAddress: 'Check your entry',
				refused: 'failed at Add again',
				unknownCode: 'Check your entry',
				failed: 'failed at Add again',
				repeated: 'Add again',
			},
			async enter(entries) {
				await Promise.all(
					entries.map(async ({ id, email, code }) => {
						const { execution } = await signUp(run, email ?? '', code ?? '');
						executions.set(id, execution);
					}),
				);
			},
			executionOf: ({ id }) => executions.get(id),
		};
	},
};

export const csvEntrance: Entrance = {
	kind: 'person',
	async open(run) {
		const workflow = await run.publish('csv-import');
		const places = new Map<string, string>();
		const enter = async (entries: Entry[]) => {
			const rows = entries.map(({ email, code }) => `${email ?? ''},${code ?? ''},x`);
			const page = await upload(run, ['email,referral code,name', ...rows]);
			for (const [index, { id }] of entries.entries()) {
				const isListed = new RegExp(`Line ${index + 2}\\b`).test(page);
				places.set(id, isListed ? 'line on the page' : 'added');
			}
		};
		return {
			workflow,
			visible: {
				done: 'added',
				double: 'line on the page',
				noAddress: 'line on the page',
				refused: 'line on the page',
				unknownCode: 'line on the page',
				failed: 'line on the page',
			},
			enter,
			placeOf: ({ id }) => places.get(id) ?? 'nowhere',
			repeat: enter,
		};
	},
};

/** The examples "Sign-up form" and "CSV import", beyond the shared entries. */
export async function formExample(run: ExampleRun): Promise<void> {
	const { campaign } = run.mockServer;
	const referrer = campaign.add('form-referrer@example.com');
	const form = await run.publish('sign-up-form');
	const url = `${run.n8n.url}/form/referral-sign-up`;

	await step('Sign-up form: the code in the link, the share link on the last page', async () => {
		const params = { 'Referral code': referrer.referralCode };
		const { data } = await axios.get<string>(url, { params });
		assert.match(data, new RegExp(`value="${referrer.referralCode}"`));
		const email = 'ana@form.example.com';
		const { page } = await signUp(run, email, referrer.referralCode);
		const ana = campaign.find(email);
		assert.equal(ana?.referredByCode, referrer.referralCode);
		assert.match(page, /Welcome!/);
		assert.ok(page.includes(ana.shareLink.replaceAll('&', '&amp;')), page);
		assert.match((await signUp(run, email, '')).page, /You have already joined/);
	});
	await step('Sign-up form: the last page says what to correct', async () => {
		const link = 'https://referralrocket.io/campaign?id=JCu82f30F1';
		const { length } = run.mockServer.requests;
		for (const [email, code, expected] of [
			['jo@gmail', '', /jo@gmail looks incomplete/],
			['eve@form.example.com', link, /do not know the referral code https:/],
			['eve@form.example.com', 'unknown', /do not know the referral code unknown/],
		] as const)
			assert.match((await signUp(run, email, code)).page, expected);
		const sent = run.mockServer.requests.slice(length).map(({ path }) => path);
		assert.deepEqual(sent, ['/api/v1/validateCode']);
	});
	await step('Sign-up form: the owner sees who could not be added, and can repeat it', async () => {
		const email = 'late@form.example.com';
		run.mockServer.intercept = ({ path }, reply) =>
			/addParticipant/.test(path) && reply.code(400).send({ message: 'Campaign has ended' });
		const { page, execution } = await signUp(run, email, referrer.referralCode);
		assert.match(page, /could not add you/);
		await waitUntil(async () => {
			const { status, message } = await run.n8n.execution(execution);
			assert.equal(status, 'error');
			assert.match(String(message), /late@form\.example\.com/);
		}, 20);
		run.mockServer.intercept = undefined;
		await run.n8n.post(`/executions/${execution}/retry`, {});
		await waitUntil(
			async () => assert.equal(campaign.find(email)?.referredByCode, referrer.referralCode),
			20,
		);
		await run.n8n.deactivate(form);
	});
	await step('CSV import: any usual file works, and the page lists every other line', async () => {
		const csv = await run.publish('csv-import');
		const { referralCode } = referrer;
		const page = await upload(run, [
			'email,referral code,city',
			`cy@form.example.com,${referralCode}`,
			'di at example,',
			'flo@form.example.com,unknown',
			'"gus@form.example.com",,"Paris, ""Texas"""',
			'hal@form.example.com,,5" x 7"',
			'ivy@form.example.com,,,,',
			`CY@form.example.com,${referralCode}`,
			// Their referrer is further down.
			'kim@form.example.com,lou@form.example.com',
			'lou@form.example.com',
		]);
		assert.match(page, /Rows read: 9/);
		assert.match(page, /Line 3, di at example: .*not an email address/);
		assert.match(page, /Line 4, flo@form\.example\.com: .*unknown/);
		assert.match(page, /Line 6: a quote is out of place/);
		assert.match(page, /Line 7, ivy@form\.example\.com: there are more cells than columns/);
		assert.match(page, /Line 8, CY@form\.example\.com: line 2 has the same address/);
		assert.doesNotMatch(page, /Line (2|5|9|10)\b/);
		assert.match(page, /Columns not used: city/);
		const codeOf = (name: string) => campaign.find(`${name}@form.example.com`)?.referredByCode;
		assert.deepEqual(['cy', 'gus', 'hal'].map(codeOf), [referralCode, null, undefined]);
		assert.equal(codeOf('kim'), campaign.find('lou@form.example.com')?.referralCode);
		for (const [index, title] of [
			'\uFEFFReferral Code ',
			'referral_code',
			'code',
			'referredByCode',
			'Referred by',
		].entries()) {
			const lines = [`${title};E-mail`, `${referralCode};title${index}@form.example.com`];
			assert.match(await upload(run, lines), /All participants were added/);
			assert.equal(codeOf(`title${index}`), referralCode);
		}
		assert.match(await upload(run, ['name,mail', 'Ana,ana@x.example']), /no column "email"/);
		assert.match(await upload(run, ['email,code']), /no rows below the first line/);
		assert.match(await upload(run, ['']), /no column "email"/);
		await run.n8n.deactivate(csv);
	});
}
