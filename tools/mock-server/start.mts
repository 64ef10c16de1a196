import { parseArgs } from 'node:util';
import { startMockServer, type Behaviour } from './service.mts';

const { values } = parseArgs({
	options: {
		port: { type: 'string', default: '0' },
		participants: { type: 'string', default: '1250' },
		delay: { type: 'string', default: '0' },
		/** The shape of a list: page, slice or array. */
		shape: { type: 'string', default: 'page' },
	},
});
const mockServer = await startMockServer({
	port: Number(values.port),
	participants: Number(values.participants),
	behaviour: {
		delay: Number(values.delay),
		listShape: values.shape as Behaviour['listShape'],
	},
});
console.log(`The mock server for Referral Rocket is running. Enter this in the n8n credential:
  Base URL     ${mockServer.url}
  API Key      ${mockServer.apiKey}
and use this campaign, which has ${mockServer.campaign.participants.length} participants:
  Campaign ID  ${mockServer.campaign.id}
Press Ctrl-C to stop it.`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
	process.once(signal, () => void mockServer.close().then(() => process.exit(0)));
}
