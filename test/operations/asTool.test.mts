import type { FastifyReply } from 'fastify';
import type { INodeParameters } from 'n8n-workflow';
import { lookUpPausesMs } from '../../nodes/ReferralRocket/resources/participant/lookUp.ts';
import { startMockServer } from '../../tools/mock-server/service.mts';
import { runNode } from '../support/engine.mts';
import { credentialFor, locator, receivedRequests } from '../support/mockServer.mts';
import { operations } from '../support/operations.mts';

/*
 * n8n runs an operation by its custom operation in a workflow, and by its routing as a tool of an agent or
 * an MCP server. Both send the same requests and end in the same way, so other tests run workflows only.
 */

lookUpPausesMs.splice(0, Infinity, 10);

const campaignId = locator('JCu82f30F1');
const email = 'participant3@example.com';
const answer = (status: number, body: unknown, type = 'application/json') =>
	((reply: FastifyReply) => reply.code(status).type(type).send(body)) as Answer;

type Answer = (reply: FastifyReply) => unknown;
type Case = [name: string, parameters: INodeParameters, answer?: Answer];

const cases: Case[] = [
	['everything works', {}],
	['all fields of the output are chosen', { output: 'raw' }],
	['some fields of the output are chosen', { output: 'selectedFields', fields: ['email'] }],
	['everything is returned, in small pages', { returnAll: true, options: { pageSize: 7 } }],
	['the limit is low', { limit: 2 }],
	[
		'values come from the item',
		{ campaignId: locator('={{ $json.id }}'), email: '={{ $json.email }}' },
	],
	[
		'a campaign is given by link',
		{ campaignId: locator('https://a.example/?id=JCu82f30F1', 'url') },
	],
	['the campaign is blank', { campaignId: locator(' ') }],
	['an expression gives nothing', { campaignId: locator('={{ $json.nope }}') }],
	['the email is not an email', { email: 'Jo' }],
	['the campaign does not exist', { campaignId: locator('nope') }],
	['the proxy is not there', { requestOptions: { proxy: 'http://127.0.0.1:9' } }],
	['the request is refused', {}, answer(400, { message: 'The moon is full' })],
	['the key is refused', {}, answer(401, {})],
	['the service finds nothing', {}, answer(404, { message: 'Nothing' })],
	['the service cannot do it', {}, answer(501, { message: 'Not today' })],
	['the service redirects', {}, (reply) => reply.redirect('https://example.com/')],
	['a web page comes', {}, answer(200, '<html>Sign in</html>', 'text/html')],
	['something else comes', {}, answer(200, { status: 404, error: 'Not Found' })],
	['half of the JSON comes', {}, answer(200, '{"email":')],
	['nothing comes', {}, answer(200, '')],
];

/** What a user gets, without what differs between two runs of the same. */
async function outcomeOf(
	asTool: boolean,
	[, parameters, intercept]: Case,
	onError?: 'continueRegularOutput',
) {
	const mockServer = await startMockServer({ participants: 30 });
	if (intercept) mockServer.intercept = (_, reply) => intercept(reply);
	try {
		const { rows, error } = await runNode({
			credential: credentialFor(mockServer),
			parameters,
			items: [{ json: { id: mockServer.campaign.id, email } }],
			onError,
			asTool,
		});
		const { message, description, httpCode } = error ?? {};
		const status = httpCode ?? undefined;
		return JSON.parse(
			JSON.stringify({ rows, message, description, status, requests: receivedRequests(mockServer) })
				.replaceAll(new URL(mockServer.url).port, 'PORT')
				.replaceAll(/"createdOn":"[^"]*"/g, '"createdOn":""'),
		) as { rows: object[]; requests: object[]; message?: string };
	} finally {
		await mockServer.close();
	}
}

describe.each(operations)('$label', ({ resource, operation }) => {
	const usual = {
		resource,
		operation,
		campaignId,
		// Someone who was referred, or who has referred others.
		email: operation === 'listReferrals' ? 'participant0@example.com' : email,
		code: 'C000001',
	};

	test.each(cases)('when %s, does as a tool what it does in a workflow', async (...given) => {
		const [name, parameters, intercept] = given;
		const one: Case = [name, { ...usual, ...parameters }, intercept];
		const inWorkflow = await outcomeOf(false, one);
		expect(await outcomeOf(true, one)).toEqual(inWorkflow);
		if (inWorkflow.message === undefined) return;
		const continued = await outcomeOf(false, one, 'continueRegularOutput');
		expect(await outcomeOf(true, one, 'continueRegularOutput')).toEqual(continued);
		expect(continued.rows).toEqual([{ error: expect.stringContaining(inWorkflow.message) }]);
	});
});
