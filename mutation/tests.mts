/*
 * The tests that judge a mutant, in one file, so that n8n is loaded once for it and not fifteen times.
 * Left out are faults, whose tests run at the same time, so that nobody can tell which of them runs what.
 */

const files = [
	'checks',
	'fields',
	'messages',
	'credential',
	'campaign/get',
	'referralCode/validate',
	'participant/get',
	'participant/add',
	'participant/qualify',
	'triggers/webhook',
	'triggers/polling',
	'participant/list',
	'participant/listReferrals',
	'politeness',
	'exactness',
];

process.env.RANDOM_SERVERS = '50';

describe.each(files)('%s', (file) => {
	jest.requireActual(`../test/${file}.test.mts`);
});
