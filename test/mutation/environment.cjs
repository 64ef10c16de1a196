const { TestEnvironment } = require('jest-environment-node');

/** Tests that take seconds and are run for almost every mutant; the second list is read as the first is. */
const large =
	/5,000 adds|100,000 participants|listReferrals (gives everyone once|when people sign up)/;

const nameOf = ({ name, parent }) => (parent ? `${nameOf(parent)} ${name}` : '');

/** One test that fails is enough to kill a mutant, so the others are left out then. */
module.exports = class extends TestEnvironment {
	hasFailed = false;

	async handleTestEvent({ name, test }) {
		if (name === 'test_done') this.hasFailed ||= test.errors.length > 0;
		if (name === 'test_start' && (this.hasFailed || large.test(nameOf(test)))) test.mode = 'skip';
	}
};
