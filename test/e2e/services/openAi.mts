import assert from 'node:assert/strict';
import { step } from '../../../tools/command-line/progress.mts';
import { hosts, type Cloud } from './cloud.mts';
import type { ExampleRun } from './exampleRun.mts';

const constraints = { host: hosts.openAi };

interface Completion {
	messages: Array<{ role: string; content: string }>;
	tools: Array<{ function: { name: string; parameters: { properties: object } } }>;
}

/** A simulated OpenAI model: it looks up the person in the question and replies with the total, or with what it read instead. */
export function simulateOpenAi({ server }: Cloud) {
	const requests: Completion[] = [];
	server.post('/v1/chat/completions', { constraints }, ({ body }) => {
		const { messages, tools } = body as Completion;
		requests.push({ messages, tools });
		const last = messages[messages.length - 1];
		const [email] = /\S+@\S+\w/.exec(last.content) ?? [];
		const [, total] = /"totalReferrals":\s*(\d+)/.exec(last.content) ?? [];
		const call = {
			id: 'call_1',
			type: 'function',
			function: { name: 'Get_participant', arguments: JSON.stringify({ email }) },
		};
		const hasResult = last.role === 'tool';
		const answer = total ? `They have brought ${total} friends.` : `I read: ${last.content}`;
		return {
			id: 'chatcmpl-1',
			object: 'chat.completion',
			created: 1_760_000_000,
			model: 'gpt-4.1-mini',
			choices: [
				{
					index: 0,
					message: hasResult
						? { role: 'assistant', content: answer }
						: { role: 'assistant', content: null, tool_calls: [call] },
					finish_reason: hasResult ? 'stop' : 'tool_calls',
				},
			],
			usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
		};
	});
	return { requests };
}

/** The example "AI agent that knows your referrals", with the question that is pinned in it. */
export async function openAiExample(run: ExampleRun): Promise<void> {
	await step('AI agent that knows your referrals', async () => {
		const openAiApi = await run.addCredential('openAiApi', { apiKey: 'sk-1' });
		const workflow = await run.import('ai-agent', {
			'@n8n/n8n-nodes-langchain.lmChatOpenAi': openAiApi,
		});
		const ask = async () => {
			const { rows } = await run.runFrom(workflow, 'Question');
			const [{ output }] = rows('Answer with the campaign');
			return String(output);
		};
		// What the model reads if there is no participant, which varies.
		assert.match(await ask(), /could not find participant .*jo@example\.com/);
		run.mockServer.intercept = (_request, reply) => reply.code(401).send({});
		assert.match(await ask(), /refused the API key/);
		run.mockServer.intercept = undefined;
		const jo = run.mockServer.campaign.add('jo@example.com', undefined, { totalReferrals: 12 });
		assert.equal(await ask(), 'They have brought 12 friends.');
		const [{ tools }] = run.services.openAi.requests;
		assert.deepEqual(
			tools
				.map((tool) => [tool.function.name, Object.keys(tool.function.parameters.properties)])
				.sort(),
			[
				['Get_participant', ['email']],
				['List_referrals', ['email']],
			],
		);
		assert.ok(run.mockServer.requests.some(({ query }) => query.email === jo.email));
	});
}
