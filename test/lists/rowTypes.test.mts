import { endpoints, rowTypes } from '../../nodes/ReferralRocket/api/specification.ts';
import { locator, useMockServer } from '../support/mockServer.mts';

/*
 * A list compares rows by the fields that identify its row type. Several rows can have the same email: no
 * list of the service has them yet, so this test describes one of rewards.
 */

const service = useMockServer();
const endpoint = endpoints.getAllParticipants;
const reward = {
	singular: 'reward',
	plural: 'rewards',
	parameter: 'email' as const,
	identityFields: ['rewardId'],
	fields: ['rewardId', 'email', 'amount'],
	simplified: ['rewardId', 'email', 'amount'],
};

beforeAll(() => void Object.assign(endpoint, { rowType: reward }));
afterAll(() => void Object.assign(endpoint, { rowType: rowTypes.participant }));

const rewards = Array.from({ length: 10 }, (_, number) => ({
	rewardId: `R${number}`,
	email: 'jo@example.com',
	amount: 20,
}));

test.each([
	['in one page', 10],
	['in pages of 3', 3],
	['in pages of 1', 1],
])('ten rewards of one participant are ten rows (%s)', async (_, pageSize) => {
	service.mockServer.intercept = ({ path, query: { page, size } }, reply) => {
		// The campaign reports no total of rewards.
		if (path !== endpoint.path) return reply.code(404).send();
		const start = Number(page) * Number(size);
		return reply.send(rewards.slice(start, start + Number(size)));
	};
	const { error, rows } = await service.run({
		resource: 'participant',
		operation: 'list',
		campaignId: locator('JCu82f30F1'),
		returnAll: true,
		options: { pageSize },
	});
	expect(error).toBeUndefined();
	expect(rows).toEqual(rewards);
});
