import type { Behaviour } from '../../../tools/mock-server/service.mts';
import { locator, useMockServer, type Service } from '../../support/mockServer.mts';

/*
 * How many requests for a list must wait for one another, and how many there are. The service notes
 * which answers it had given before each question; it answers once nothing more is asked, which it
 * tells by turns of the event loop and not by the clock.
 */

const turns = 100;

function countWaits(service: Service) {
	const counted = { longest: 0 };
	let answered = 0;
	let asked = 0;
	service.mockServer.intercept = async (_request, reply) => {
		const depth = answered + 1;
		counted.longest = Math.max(counted.longest, depth);
		asked++;
		for (let turn = 0, before = asked; turn < turns; turn++) {
			await new Promise(setImmediate);
			if (asked !== before) turn = 0;
			before = asked;
		}
		reply.raw.once('finish', () => (answered = Math.max(answered, depth)));
		return false;
	};
	return counted;
}

const run = async (
	service: Service,
	behaviour: Partial<Behaviour>,
	waits: number,
	requests: number,
) => {
	Object.assign(service.mockServer.behaviour, behaviour);
	const counted = countWaits(service);
	const { rows } = await service.run({
		resource: 'participant',
		operation: 'list',
		campaignId: locator('JCu82f30F1'),
		returnAll: true,
	});
	const { participants } = service.mockServer.campaign;
	expect(rows.map(({ email }) => email)).toEqual(participants.map(({ email }) => email));
	expect(service.mockServer.requests.length).toBeLessThanOrEqual(requests);
	expect(counted.longest).toBeLessThanOrEqual(waits);
};

describe('10,000 participants', () => {
	const service = useMockServer({ participants: 10_000 });
	test.each<[string, Partial<Behaviour>, number, number]>([
		['a Page', { listShape: 'page' }, 3, 24],
		['a PagedModel', { listShape: 'pagedModel' }, 3, 24],
		['an array, with the total of the campaign', { listShape: 'array' }, 5, 34],
		['an array without a total', { listShape: 'array', campaignTotal: 'omitted' }, 6, 34],
	])('come as %s', async (_, behaviour, waits, requests) => {
		await run(service, behaviour, waits, requests);
	});
});

describe('400 participants', () => {
	const service = useMockServer({ participants: 400 });
	test.each<[string, Partial<Behaviour>, number, number]>([
		['a Page', { listShape: 'page' }, 1, 2],
		['an array', { listShape: 'array' }, 2, 4],
		['an array without a total', { listShape: 'array', campaignTotal: 'omitted' }, 2, 4],
	])('come as %s', async (_, behaviour, waits, requests) => {
		await run(service, behaviour, waits, requests);
	});
});
