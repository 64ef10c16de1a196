import axios from 'axios';
import type { MockServer } from '../../../tools/mock-server/service.mts';
import { hosts, type Cloud } from './cloud.mts';

const constraints = { host: hosts.referralRocket };

/**
 * The mock server at Referral Rocket's own address, so that a credential needs no other Base URL.
 * @param mockServer returns the mock server, which may start later
 */
export function simulateReferralRocket({ server }: Cloud, mockServer: () => MockServer): void {
	server.all('/api/v1/*', { constraints }, async (request, reply) => {
		const { method, url, body, headers } = request;
		const { status, data } = await axios.request<Buffer>({
			method,
			url: mockServer().url + url,
			data: body,
			headers: { authorization: headers.authorization, 'content-type': headers['content-type'] },
			responseType: 'arraybuffer',
			validateStatus: () => true,
		});
		return reply.code(status).type('application/json').send(data);
	});
}
