import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { FastifyReply } from 'fastify';
import { CredentialTestContext } from 'n8n-core';
import type { INodeParameters } from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';
import { ReferralRocket } from '../../nodes/ReferralRocket/ReferralRocket.node.ts';
import { runNode } from '../support/engine.mts';
import { operations } from '../support/operations.mts';
import { project } from '../support/projectCopy.mts';
import { credentialFor, locator, useMockServer, runModes } from '../support/mockServer.mts';
import { Hook, Polling } from '../support/triggerContexts.mts';

/*
 * n8n replaces a message in which one of its network codes stands anywhere, be it within a word: to
 * someone at keepermedia.com it would say that an operation is not permitted. No message of this
 * package is lost that way, whatever a campaign, an address or a code happens to hold.
 */

const service = useMockServer();

/** n8n's own table of codes and of what it says instead, read where n8n keeps it. */
const source = readFileSync(
	path.join(project, 'node_modules/n8n-workflow/dist/cjs/errors/abstract/node.error.js'),
	'utf8',
);
const [, table = ''] = /COMMON_ERRORS = \{([^}]*)\}/.exec(source) ?? [];
const codes = [...table.matchAll(/^\s*([A-Z_]+): (['"])(.*)\2,/gm)].map(([, code, , says]) => ({
	code,
	says,
}));
const says = codes.map((code) => code.says);

const valuesWith = (code: string) => ({
	campaign: `Q${code}4`,
	email: `jo@k${code.toLowerCase()}media.com`,
	referralCode: `X${code}`,
});

type Values = ReturnType<typeof valuesWith>;

const parametersFor = (
	{ resource, operation }: { resource: string; operation: string },
	{ campaign, email, referralCode }: Values,
): INodeParameters => ({
	resource,
	operation,
	campaignId: locator(campaign),
	email,
	code: referralCode,
	returnAll: true,
	additionalFields: operation === 'add' ? { referrer: referralCode } : {},
});

test('the table has the codes that n8n is known to replace', () => {
	const names = codes.map(({ code }) => code);
	expect(names).toEqual(expect.arrayContaining(['EPERM', 'ENOENT', 'ECONNRESET', 'EACCES']));
});

test.each(codes)('n8n would say something else for $code', ({ code, says: instead }) => {
	const { email } = valuesWith(code);
	const node = { name: 'Node', parameters: {} } as never;
	expect(new NodeApiError(node, { message: `Nobody has ${email}.` }).message).toBe(instead);
});

const statuses = [400, 404, 409, 422, 500, 503];
const failures: Array<[name: string, answer: (reply: FastifyReply, words: string) => unknown]> = [
	...statuses.map((status): (typeof failures)[number] => [
		`status ${status}`,
		async (reply, message) =>
			await reply.code(status).header('retry-after', '0').send({ status, message }),
	]),
	['a body that is no JSON', async (reply, words) => await reply.send(`{${words}`)],
	['a number', async (reply) => await reply.type('application/json').send('42')],
];

/** What an answer that quotes everything makes of everything: all codes at once. */
const all = valuesWith(codes.map(({ code }) => code).join('-'));

describe.each(runModes)('%s', (_way, asTool) => {
	describe.each(operations)('$label', (operation) => {
		const run = async (values: Values, onError?: 'continueErrorOutput') =>
			await runNode({
				credential: credentialFor(service.mockServer),
				parameters: parametersFor(operation, values),
				items: [{ json: {} }],
				onError,
				asTool,
			});

		test.each(failures)('says what happened after %s', async (_, answer) => {
			service.mockServer.intercept = (_request, reply) => answer(reply, all.email);
			const { error } = await run(all);
			expect(error?.message).toContain(`"${all.campaign}"`);
			for (const other of says)
				expect(`${error?.message} ${error?.description}`).not.toContain(other);
			if (asTool) return;
			const { errorItems } = await run(all, 'continueErrorOutput');
			expect(errorItems[0].json.error).toBe(
				[error?.message, error?.description].filter(Boolean).join(' '),
			);
		});

		test.each(codes)('says what happened with $code in what it names', async ({ code }) => {
			service.mockServer.intercept = async (_request, reply) =>
				await reply.code(400).send({ message: code });
			const values = valuesWith(code);
			const { error } = await run(values);
			expect(error?.message).toMatch(/^Referral Rocket did not accept the request for /);
			expect(error?.message).toContain(`"${values.campaign}"`);
		});
	});

	test.each(codes)('says which address is none, with $code in it', async ({ code }) => {
		const email = `k${code.toLowerCase()}media.com`;
		const { error } = await runNode({
			credential: credentialFor(service.mockServer),
			parameters: { ...parametersFor({ resource: 'participant', operation: 'get' }, all), email },
			asTool,
		});
		expect(error?.message).toMatch(`'Email' "${email}" is not an email address.`);
	});
});

test.each(codes)('the message that stops several items survives $code', async ({ code }) => {
	const email = `k${code.toLowerCase()}media.com`;
	const { error } = await runNode({
		credential: credentialFor(service.mockServer),
		parameters: { ...parametersFor({ resource: 'participant', operation: 'get' }, all), email },
		items: [{ json: {} }, { json: {} }],
	});
	expect(error?.message).toMatch(`'Email' "${email}" is not an email address.`);
	expect(error?.message).toMatch(/This was item 1 of 2\.$/);
});

test.each(codes)('the credential test and the triggers survive $code', async ({ code }) => {
	const baseUrl = `http://k${code.toLowerCase()}media.com`;
	const { testCredential } = new ReferralRocket().methods.credentialTest;
	const result = await testCredential.call(new CredentialTestContext({} as never), {
		id: '1',
		name: 'Referral Rocket',
		type: 'referralRocketApi',
		data: { ...credentialFor(service.mockServer), baseUrl },
	});
	const protect = `'Base URL' "${baseUrl}" would send the API key unprotected.`;
	expect(result.message).toContain(protect);
	const poll = async (credential: object, campaign: string) =>
		await new Polling(
			{ ...credentialFor(service.mockServer), ...credential },
			{ event: 'participantAdded', campaignId: locator(campaign) },
		).poll();
	await expect(poll({ baseUrl }, 'A')).rejects.toThrow(protect);
	service.mockServer.intercept = async (_request, reply) => await reply.code(404).send();
	await expect(poll({}, code)).rejects.toThrow(`campaign "${code}"`);
	const hook = new Hook(
		{ ...credentialFor(service.mockServer), webhookSecret: 's' },
		{ events: ['any'], campaignId: locator(`https://k${code}.example/`) },
	);
	await expect(hook.activate()).rejects.toThrow(
		`The link "https://k${code}.example/" contains no campaign ID.`,
	);
});
