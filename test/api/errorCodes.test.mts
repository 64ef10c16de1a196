import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CredentialTestContext } from 'n8n-core';
import type { INodeParameters } from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';
import { ReferralRocket } from '../../nodes/ReferralRocket/ReferralRocket.node.ts';
import type { RunOptions } from '../support/engine.mts';
import { operations } from '../support/operations.mts';
import { project } from '../support/projectCopy.mts';
import { credentialFor, locator, useMockServer } from '../support/mockServer.mts';
import { ActiveWebhookTrigger, ActivePollingTrigger } from '../support/triggerContexts.mts';

/*
 * n8n replaces a message that contains one of its network codes, even inside a word: keepermedia.com would
 * become "The operation is not permitted". This must not happen to any message of this package, whatever a
 * campaign, an email or a referral code contains.
 */

const service = useMockServer();

/** n8n's own table of codes and replacement messages, read from n8n's source. */
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

test('the table contains the codes that n8n is known to replace', () => {
	const names = codes.map(({ code }) => code);
	expect(names).toEqual(expect.arrayContaining(['EPERM', 'ENOENT', 'ECONNRESET', 'EACCES']));
});

test.each(codes)('n8n replaces a message with $code', ({ code, says: instead }) => {
	const { email } = valuesWith(code);
	const node = { name: 'Node', parameters: {} } as never;
	expect(new NodeApiError(node, { message: `Nobody has ${email}.` }).message).toBe(instead);
});

/** All codes at once, in every value. */
const all = valuesWith(codes.map(({ code }) => code).join('-'));

test.each(operations)('$label says what happened, with all codes in it', async (operation) => {
	service.mockServer.intercept = async (_request, reply) =>
		await reply.code(400).send({ message: all.email });
	const run = async (more: Partial<RunOptions>) =>
		await service.run(parametersFor(operation, all), more);
	const { error } = await run({});
	expect(error?.message).toContain(`"${all.campaign}"`);
	const words = [error?.message, error?.description].filter(Boolean).join(' ');
	for (const other of says) expect(words).not.toContain(other);
	expect((await run({ onError: 'continueErrorOutput' })).errorItems[0].json.error).toBe(words);
	expect((await run({ asTool: true })).error?.message).toBe(error?.message);
});

test('the message that stops several items survives all codes', async () => {
	const email = `k${all.campaign.toLowerCase()}media.com`;
	const { error } = await service.run(
		{ ...parametersFor({ resource: 'participant', operation: 'get' }, all), email },
		{ items: [{ json: {} }, { json: {} }] },
	);
	expect(error?.message).toMatch(`'Email' "${email}" is not an email address.`);
	expect(error?.message).toMatch(/This was item 1 of 2\.$/);
});

test.each(codes)(
	'the messages of the credential test and the triggers are kept with $code',
	async ({ code }) => {
		const baseUrl = `http://k${code.toLowerCase()}media.com`;
		const { testCredential } = new ReferralRocket().methods.credentialTest;
		const result = await testCredential.call(new CredentialTestContext({} as never), {
			id: '1',
			name: 'Referral Rocket',
			type: 'referralRocketApi',
			data: { ...credentialFor(service.mockServer), baseUrl },
		});
		const insecure = `'Base URL' "${baseUrl}" would send the API key unprotected.`;
		expect(result.message).toContain(insecure);
		const poll = async (credential: object, campaign: string) =>
			await new ActivePollingTrigger(
				{ ...credentialFor(service.mockServer), ...credential },
				{ event: 'participantAdded', campaignId: locator(campaign) },
			).poll();
		await expect(poll({ baseUrl }, 'A')).rejects.toThrow(insecure);
		service.mockServer.intercept = async (_request, reply) => await reply.code(404).send();
		await expect(poll({}, code)).rejects.toThrow(`campaign "${code}"`);
		const hook = new ActiveWebhookTrigger(
			{ ...credentialFor(service.mockServer), webhookSecret: 'whsec_of_codes' },
			{ events: ['any'], campaignId: locator(`https://k${code}.example/`) },
		);
		await expect(hook.activate()).rejects.toThrow(
			`The link "https://k${code}.example/" is from another site.`,
		);
	},
);
