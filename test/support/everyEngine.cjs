/** Fails a full test run if no test ran on one of the engines, which would otherwise go unnoticed. */
module.exports = class {
	#missing = new Set();

	constructor({ projects, testPathPatterns, testNamePattern, selectProjects }) {
		const isPartialRun = testPathPatterns.patterns.length > 0 || testNamePattern || selectProjects;
		if (!isPartialRun) this.#missing = new Set(projects.map(({ displayName }) => displayName));
	}

	onTestFileResult({ context }, { numPassingTests }) {
		if (numPassingTests > 0) this.#missing.delete(context.config.displayName.name);
	}

	getLastError() {
		const engines = [...this.#missing].join(', ');
		return engines ? new Error(`No test ran on the engine of ${engines}.`) : undefined;
	}
};
