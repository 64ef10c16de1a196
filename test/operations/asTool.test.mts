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
const answer = (status: number, body: unknown, type = 'application/json') =>
	((reply: FastifyReply) => reply.code(status).type(type).send(body)) as Answer;

type Answer = (reply: FastifyReply) => unknown;
type Case = [name: string, parameters: INodeParameters, answer?: Answer];

const cases: Case[] = [
	['everything works', {}],
	['the output is Raw', { output: 'raw' }],
	['the output is Selected Fields', { output: 'selectedFields', fields: ['email'] }],
	['everything is returned, in small pages', { returnAll: true, options: { pageSize: 7 } }],
	['the limit is low', { limit: 2 }],
	[
		'values come from the item',
		{ campaignId: locator('={{ $json.id }}'), email: '={{ $json.email }}' },
	],
	[
		'the campaign is entered as a link',
		{ campaignId: locator('https://referralrocket.io/campaign?id=JCu82f30F1', 'url') },
	],
	['the campaign is blank', { campaignId: locator(' ') }],
	['an expression returns nothing', { campaignId: locator('={{ $json.nope }}') }],
	['the email is not an email', { email: 'Jo' }],
	['the campaign does not exist', { campaignId: locator('nope') }],
	['the proxy is unreachable', { requestOptions: { proxy: 'http://127.0.0.1:9' } }],
	['the request is refused', {}, answer(400, { message: 'The moon is full' })],
	['the key is refused', {}, answer(401, {})],
	['the service finds nothing', {}, answer(404, { message: 'Nothing' })],
	['the service does not support the request', {}, answer(501, { message: 'Not today' })],
	['the service redirects', {}, (reply) => reply.redirect('https://example.com/')],
	['the response is a web page', {}, answer(200, '<html>Sign in</html>', 'text/html')],
	['the response is another object', {}, answer(200, { status: 404, error: 'Not Found' })],
	['the response is cut off', {}, answer(200, '{"email":')],
	['the response is empty', {}, answer(200, '')],
];

/** What a user gets, without values that differ between two identical runs. */
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
			parameters: { ...mockServer.examples, ...parameters },
			items: [{ json: { id: mockServer.campaign.id, ...mockServer.examples } }],
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
	const usual = { resource, operation, campaignId };

	test.each(cases)('if %s, does the same as a tool as in a workflow', async (...tested) => {
		const [name, parameters, intercept] = tested;
		const complete: Case = [name, { ...usual, ...parameters }, intercept];
		const inWorkflow = await outcomeOf(false, complete);
		expect(await outcomeOf(true, complete)).toEqual(inWorkflow);
		if (inWorkflow.message === undefined) return;
		const continued = await outcomeOf(false, complete, 'continueRegularOutput');
		expect(await outcomeOf(true, complete, 'continueRegularOutput')).toEqual(continued);
		expect(continued.rows).toEqual([{ error: expect.stringContaining(inWorkflow.message) }]);
	});
});
