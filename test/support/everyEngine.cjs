/** Fails a run of all tests if one of the engines ran none of them: nobody would notice otherwise. */
module.exports = class {
	#missing = new Set();

	constructor({ projects, testPathPatterns, testNamePattern, selectProjects }) {
		const isPart = testPathPatterns.patterns.length > 0 || testNamePattern || selectProjects;
		if (!isPart) this.#missing = new Set(projects.map(({ displayName }) => displayName));
	}

	onTestFileResult({ context }, { numPassingTests }) {
		if (numPassingTests > 0) this.#missing.delete(context.config.displayName.name);
	}

	getLastError() {
		const engines = [...this.#missing].join(', ');
		return engines ? new Error(`No test ran on the engine of ${engines}.`) : undefined;
	}
};
