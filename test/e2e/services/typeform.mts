import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import axios from 'axios';
import type { IDataObject, INode } from 'n8n-workflow';
import { step } from '../../../tools/command-line/progress.mts';
import { waitUntil } from '../../../tools/command-line/waitUntil.mts';
import { hosts, type Cloud } from './cloud.mts';
import { startSmtp } from './email.mts';
import type { Entrance } from './entrance.mts';
import type { ExampleRun } from './exampleRun.mts';

const constraints = { host: hosts.typeform };
const formId = 'lT4Z3j';
const jotformId = '253594218352056';

interface Webhook {
	url: string;
	/** n8n 1 registers none. */
	secret?: string;
}

/** Typeform's webhooks, as documented by its API. */
export function simulateTypeform({ server }: Cloud) {
	const webhooks = new Map<string, Webhook>();
	const path = '/forms/:form/webhooks';
	const isRefused = (headers: IDataObject) => headers.authorization !== 'bearer tfp_1';
	const tagOf = (request: { params: unknown }) => (request.params as { tag: string }).tag;
	server.get(path, { constraints }, ({ headers }, reply) => {
		if (isRefused(headers)) return reply.code(401).send({ code: 'AUTHENTICATION_FAILED' });
		const items = [...webhooks].map(([tag, webhook]) => ({ tag, form_id: formId, ...webhook }));
		return { items };
	});
	server.put(`${path}/:tag`, { constraints }, (request, reply) => {
		if (isRefused(request.headers)) return reply.code(401).send({ code: 'AUTHENTICATION_FAILED' });
		const { form } = request.params as { form: string };
		if (form !== formId) return reply.code(404).send({ code: 'FORM_NOT_FOUND' });
		webhooks.set(tagOf(request), request.body as Webhook);
		return { id: '1', tag: tagOf(request), form_id: formId, ...(request.body as Webhook) };
	});
	server.delete(`${path}/:tag`, { constraints }, (request, reply) => {
		webhooks.delete(tagOf(request));
		return reply.code(204).send();
	});
	return { webhooks };
}

interface Answer {
	/** Unique for each time someone fills in the form. */
	token: string;
	email?: string | null;
	/** Values of hidden fields. */
	hidden?: Record<string, string>;
}

/** Jotform's webhooks and the questions of a form, as documented by its API. */
export function simulateJotform({ server }: Cloud) {
	const forJotform = { constraints: { host: hosts.jotform } };
	const success = (content: object) => ({ responseCode: 200, message: 'success', content });
	const path = `/form/${jotformId}`;
	server.get(`${path}/webhooks`, forJotform, () => success({}));
	server.post(`${path}/webhooks`, forJotform, ({ body }) =>
		success({ 0: (body as { webhookURL: string }).webhookURL }),
	);
	server.delete(`${path}/webhooks/0`, forJotform, () => success({}));
	server.get(`${path}/questions`, forJotform, () =>
		success({
			3: { qid: '3', name: 'email', text: 'Email', type: 'control_email' },
			4: { qid: '4', name: 'referralCode', text: 'Referral code', type: 'control_textbox' },
		}),
	);
}

async function publish(run: ExampleRun) {
	const { webhooks } = run.services.typeform;
	webhooks.clear();
	const smtp = await startSmtp();
	const typeformTrigger = await run.addCredential('typeformApi', { accessToken: 'tfp_1' });
	const emailSend = await run.addCredential('smtp', smtp.credential);
	const credentials = { typeformTrigger, emailSend };
	const workflow = await run.publish('typeform-to-participant', credentials, (nodes) => {
		const { parameters } = nodes['Form submitted'];
		assert.equal(parameters.formId, '');
		parameters.formId = formId;
	});
	const [{ url, secret }] = webhooks.values();
	const sample = await run.sampleOf(workflow, 'Form submitted');
	const sampleResponse = sample.form_response as { answers: IDataObject[] };
	/** @returns the status of n8n's response */
	const deliver = async ({ token, email, hidden }: Answer, key = secret) => {
		// Typeform omits questions without an answer, and hidden fields that are not in the link.
		const answers = email ? [{ ...sampleResponse.answers[0], email }] : [];
		const response = { ...sampleResponse, token, answers, hidden };
		const body = JSON.stringify({ ...sample, event_id: token, form_response: response });
		const signature = key && createHmac('sha256', key).update(body).digest('base64');
		const headers = {
			'content-type': 'application/json',
			...(signature && { 'typeform-signature': `sha256=${signature}` }),
		};
		return (await axios.post(url, body, { headers, validateStatus: () => true })).status;
	};
	return { workflow, smtp, emailSend, deliver, isSigned: secret !== undefined };
}

export const typeformEntrance: Entrance = {
	kind: 'person',
	async open(run) {
		const { workflow, deliver } = await publish(run);
		const add = 'failed at Add participant';
		return {
			workflow,
			visible: {
				done: 'Email share link',
				already: 'New participant?: false',
				double: 'New participant?: false',
				noAddress: 'What was entered?: no address',
				refused: add,
				unknownCode: 'Code valid?: false',
				failed: add,
				// While the service is down, Add can't even look the person up, so nothing is sent.
				unknown: 'Email share link',
				repeated: 'Email share link',
			},
			async enter(entries) {
				await Promise.all(
					entries.map(async ({ id: token, email, code }) => {
						assert.equal(
							await deliver({ token, email, hidden: code ? { referralCode: code } : undefined }),
							200,
						);
					}),
				);
			},
		};
	},
};

/** The example "Typeform to participant", beyond the shared entries. */
export async function typeformExample(run: ExampleRun): Promise<void> {
	const { campaign } = run.mockServer;
	const referrer = campaign.add('referrer@typeform.example.com');
	const additions = (email: string) =>
		run.mockServer.requests.filter(
			({ path, body }) => path === '/api/v1/addParticipant' && body?.email === email,
		).length;
	const { workflow, smtp, emailSend, deliver, isSigned } = await publish(run);
	const emailsTo = (address: string) =>
		smtp.received.filter(({ to }) => [to].flat()[0]?.text === address);
	const executions = async () => (await run.n8n.executionSummaries(workflow)).length;

	await step('Typeform: an answer that is sent three times at once, and again', async () => {
		const email = 'ana@typeform.example.com';
		const answer = { token: 'ana', email, hidden: { referralCode: referrer.referralCode } };
		await Promise.all([deliver(answer), deliver(answer), deliver(answer)]);
		await run.settled(workflow, 3);
		await deliver(answer);
		await run.settled(workflow, 4);
		const ana = campaign.find(email);
		assert.equal(ana?.referredByCode, referrer.referralCode);
		assert.equal(additions(email), 1);
		const [message, ...others] = emailsTo(email);
		assert.deepEqual(others, []);
		assert.ok(message.text?.includes(ana.shareLink), message.text);
		assert.equal((await run.outputOf(workflow, 'New participant?', 1)).length, 3);
		await run.expectSample(workflow, 'Form submitted');
	});
	await step(
		'Typeform: a link with the placeholder for the code, or a field in capitals',
		async () => {
			const [bo, cy] = ['bo@typeform.example.com', 'cy@typeform.example.com'];
			await deliver({ token: 'bo', email: bo, hidden: { referralcode: 'xxxxx' } });
			const hidden = { REFERRAL_CODE: referrer.referralCode };
			await deliver({ token: 'cy', email: cy, hidden });
			await run.settled(workflow, 6);
			assert.equal(campaign.find(bo)?.referredByCode, null);
			assert.equal(campaign.find(cy)?.referredByCode, referrer.referralCode);
		},
	);
	await step(
		'Typeform: an email that was not sent is sent by Retry, and nobody is added again',
		async () => {
			const email = 'di@typeform.example.com';
			smtp.refuses = email;
			await deliver({ token: 'di', email });
			const failed = async () =>
				(await run.n8n.finishedExecutions(workflow)).filter(({ status }) => status === 'error');
			await waitUntil(async () => {
				const [{ lastNode }] = await failed();
				assert.equal(lastNode, 'Email share link');
			}, 30);
			smtp.refuses = undefined;
			const [{ id }] = await failed();
			await run.n8n.post(`/executions/${id}/retry`, {});
			await waitUntil(async () => assert.equal(emailsTo(email).length, 1), 30);
			assert.equal(additions(email), 1);
		},
	);
	// n8n 1 does not check signatures.
	if (isSigned)
		await step('Typeform: an answer that Typeform has not signed starts nothing', async () => {
			const before = await executions();
			const forged = { token: 'eve', email: 'eve@typeform.example.com' };
			assert.equal(await deliver(forged, 'guessed'), 401);
			assert.equal(await executions(), before);
		});
	await step('Typeform: Tally and Jotform with the expressions from the note', async () => {
		await run.n8n.deactivate(workflow);
		await waitUntil(async () => assert.equal(run.services.typeform.webhooks.size, 0), 30);
		for (const form of await otherForms(run)) {
			const other = await run.publish('typeform-to-participant', {}, (nodes) => {
				Object.assign(nodes['Form submitted'], form.trigger);
				nodes['Email share link'].credentials = emailSend as INode['credentials'];
				enterExpressions(nodes, form.name);
			});
			const email = `fay@${form.name.toLowerCase()}.example.com`;
			const { status } = await axios.post(
				`${run.n8n.url}/webhook/${form.path}`,
				form.body(email, referrer.referralCode),
			);
			assert.equal(status, 200);
			await waitUntil(async () => assert.equal(emailsTo(email).length, 1), 30);
			assert.equal(campaign.find(email)?.referredByCode, referrer.referralCode);
			await run.n8n.deactivate(other);
		}
	});
	await smtp.close();
}

/** Enters what the note says about another form service in the node "Answers". */
function enterExpressions(nodes: Record<string, INode>, name: string) {
	const { content } = nodes['Other forms'].parameters as { content: string };
	const [, section] = content.split(`**${name}**`);
	const { assignments } = nodes.Answers.parameters.assignments as {
		assignments: Array<{ name: string; value: string }>;
	};
	for (const field of assignments) {
		const [, expression] = new RegExp(`- ${field.name}: \`(.*)\``).exec(section) ?? [];
		assert.ok(expression, `${name}: ${field.name}`);
		field.value = `=${expression}`;
	}
}

/** @returns for each of the other services, the trigger to use, its path, and what the service sends */
const otherForms = async (run: ExampleRun) => [
	{
		name: 'Tally',
		trigger: {
			type: 'n8n-nodes-base.webhook',
			typeVersion: 2,
			parameters: { httpMethod: 'POST', path: 'tally', options: {} },
		},
		path: 'tally',
		body: (email: string, code: string) => ({
			eventId: 'a4cb511e-d513-4fa5-baee-b815d718dfd1',
			eventType: 'FORM_RESPONSE',
			data: {
				submissionId: '2wgx4n',
				formId: 'VwbNEw',
				fields: [
					{ key: 'q_1', label: 'referralCode', type: 'HIDDEN_FIELDS', value: code },
					{ key: 'q_2', label: 'Name', type: 'INPUT_TEXT', value: 'Fay' },
					{ key: 'q_3', label: 'Your address', type: 'INPUT_EMAIL', value: email },
				],
			},
		}),
	},
	{
		name: 'Jotform',
		trigger: {
			type: 'n8n-nodes-base.jotFormTrigger',
			parameters: { form: jotformId },
			webhookId: 'jotform',
			credentials: await run.addCredential('jotFormApi', {
				apiKey: 'key-1',
				apiDomain: hosts.jotform,
			}),
		},
		path: 'jotform/webhook',
		body: (email: string, code: string) => {
			const form = new FormData();
			form.append('formID', jotformId);
			form.append('submissionID', '6483681866127454931');
			form.append('rawRequest', JSON.stringify({ q3_email: email, q4_referralCode: code }));
			return form;
		},
	},
];
