const { TestEnvironment } = require('jest-environment-node');

/** Slow tests that almost every mutant would run. listReferrals reads lists in the same way as list. */
const slow =
	/2,000 adds|a list of 100000|listReferrals (returns every row exactly once|if rows are added)/;

const nameOf = ({ name, parent }) => (parent ? `${nameOf(parent)} ${name}` : '');

/** One failing test is enough to kill a mutant, so the rest are skipped. */
module.exports = class extends TestEnvironment {
	hasFailed = false;

	async handleTestEvent({ name, test }) {
		if (name === 'test_done') this.hasFailed ||= test.errors.length > 0;
		if (name === 'test_start' && (this.hasFailed || slow.test(nameOf(test)))) test.mode = 'skip';
	}
};
