import { operations } from '../support/operations.mts';

/*
 * The tests that judge a mutant, in one file, so that n8n is loaded once for it and not fifteen times.
 * Left out are faults, whose tests run at the same time, so that nobody can tell which of them runs what.
 */

const files = [
	'parameters/validate',
	'parameters/fields',
	'api/errorMessages',
	'methods/credentialTest',
	'methods/searchCampaigns',
	'triggers/webhook',
	'triggers/polling',
	'triggers/pollingEvents',
	'triggers/pollingHistories',
	...operations.map(({ resource, operation }) => `resources/${resource}/${operation}`),
	'api/retry',
	'operations/runItems',
	'operations/requestOptions',
	'api/errorCodes',
	'api/pagination/exactness',
];

process.env.RANDOM_SERVERS = '50';

describe.each(files)('%s', (file) => {
	jest.requireActual(`../${file}.test.mts`);
});
