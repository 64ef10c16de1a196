/*
 * The tests that judge a mutant, in one file, so that n8n is loaded once for it and not fourteen times.
 * Left out are faults, whose tests run at the same time, so that nobody can tell which of them runs
 * what, and exactness, which takes too long to be run for every mutant.
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
];

describe.each(files)('%s', (file) => {
	jest.requireActual(`../test/${file}.test.mts`);
});
