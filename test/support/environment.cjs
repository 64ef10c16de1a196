const { setImmediate: turn } = require('node:timers/promises');
const { TestEnvironment } = require('jest-environment-node');

/** Node.js, except that a warning fails the test that caused it. */
module.exports = class extends TestEnvironment {
	#warnings = [];
	#warn = (warning) => this.#warnings.push(warning);

	async setup() {
		await super.setup();
		process.on('warning', this.#warn);
	}

	async handleTestEvent({ name, test }) {
		if (name !== 'test_done') return;
		// Warnings are emitted with a delay.
		await turn();
		test.errors.push(...this.#warnings.splice(0));
	}

	async teardown() {
		process.off('warning', this.#warn);
		await super.teardown();
	}
};
