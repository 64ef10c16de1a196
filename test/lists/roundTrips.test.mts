import type { Behaviour } from '../../tools/mock-server/service.mts';
import { locator, useMockServer, type Service } from '../support/mockServer.mts';

/*
 * How many requests for a list are sequential, and how many there are in total. The service counts how many
 * responses preceded each request. It responds once no more requests arrive, which it detects by turns of
 * the event loop instead of the clock.
 */

const turns = 100;

function countRoundTrips(service: Service) {
	const sequential = { longest: 0 };
	let responded = 0;
	let requested = 0;
	service.mockServer.intercept = async (_request, reply) => {
		const depth = responded + 1;
		sequential.longest = Math.max(sequential.longest, depth);
		requested++;
		for (let turn = 0, before = requested; turn < turns; turn++) {
			await new Promise(setImmediate);
			if (requested !== before) turn = 0;
			before = requested;
		}
		reply.raw.once('finish', () => (responded = Math.max(responded, depth)));
		return false;
	};
	return sequential;
}

const run = async (
	service: Service,
	behaviour: Partial<Behaviour>,
	roundTrips: number,
	requests: number,
) => {
	service.mockServer.behave(behaviour);
	const sequential = countRoundTrips(service);
	const { rows } = await service.run({
		resource: 'participant',
		operation: 'list',
		campaignId: locator('JCu82f30F1'),
		returnAll: true,
	});
	const { participants } = service.mockServer.campaign;
	expect(rows.map(({ email }) => email)).toEqual(participants.map(({ email }) => email));
	expect(service.mockServer.requests.length).toBeLessThanOrEqual(requests);
	expect(sequential.longest).toBeLessThanOrEqual(roundTrips);
};

describe('10,000 participants', () => {
	const service = useMockServer({ participants: 10_000 });
	test.each<[string, Partial<Behaviour>, number, number]>([
		['a Page', { listShape: 'page' }, 3, 24],
		['a PagedModel', { listShape: 'pagedModel' }, 3, 24],
		['an array, with the total of the campaign', { listShape: 'array' }, 5, 34],
		['an array without a total', { listShape: 'array', campaignTotal: 'omitted' }, 6, 34],
	])('as %s', async (_, behaviour, roundTrips, requests) => {
		await run(service, behaviour, roundTrips, requests);
	});
});

describe('400 participants', () => {
	const service = useMockServer({ participants: 400 });
	test.each<[string, Partial<Behaviour>, number, number]>([
		['a Page', { listShape: 'page' }, 1, 2],
		['an array', { listShape: 'array' }, 2, 4],
		['an array without a total', { listShape: 'array', campaignTotal: 'omitted' }, 2, 4],
	])('as %s', async (_, behaviour, roundTrips, requests) => {
		await run(service, behaviour, roundTrips, requests);
	});
});
