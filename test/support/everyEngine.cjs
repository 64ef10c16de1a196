/** Fails a full test run if no test ran on one of the engines, which would otherwise go unnoticed. */
module.exports = class {
	#missing = new Set();

	constructor({ projects, testPathPatterns, testNamePattern }) {
		const isOneEngine = process.argv.some((argument) => argument.startsWith('--selectProjects'));
		const isPartialRun = testPathPatterns.patterns.length > 0 || testNamePattern || isOneEngine;
		if (!isPartialRun) this.#missing = new Set(projects.map(({ displayName }) => displayName));
	}

	onTestFileResult({ context }, { numPassingTests }) {
		if (numPassingTests > 0) this.#missing.delete(context.config.displayName.name);
	}

	/** Jest fails the run without showing the error. */
	getLastError() {
		if (this.#missing.size === 0) return undefined;
		const message = `No test ran on the engine of ${[...this.#missing].join(', ')}.`;
		console.error(message);
		return new Error(message);
	}
};
