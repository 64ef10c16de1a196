import { operations } from '../support/operations.mts';

/*
 * The tests that each mutant must pass, in one file, so that n8n is loaded once and not fifteen times.
 * The tests of faults are excluded: they run concurrently, so coverage can't be attributed to them.
 */

const files = [
	'validation/validate',
	'fields/fields',
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
	'lists/exactness',
];

process.env.RANDOM_CASES = '50';

describe.each(files)('%s', (file) => {
	jest.requireActual(`../${file}.test.mts`);
});
