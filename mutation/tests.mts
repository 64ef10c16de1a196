import { operations } from '../test/operations.mts';

/*
 * The tests that judge a mutant, in one file, so that n8n is loaded once for it and not fifteen times.
 * Left out are faults, whose tests run at the same time, so that nobody can tell which of them runs what.
 */

const files = [
	'checks',
	'fields',
	'messages',
	'credential',
	'triggers/webhook',
	'triggers/polling',
	...operations.map(({ resource, operation }) => `${resource}/${operation}`),
	'politeness',
	'items',
	'requestOptions',
	'codes',
	'exactness',
];

process.env.RANDOM_SERVERS = '50';

describe.each(files)('%s', (file) => {
	jest.requireActual(`../test/${file}.test.mts`);
});
