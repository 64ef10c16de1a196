const os = require('node:os');

/** Settings for both versions of n8n's engine. */
const project = {
	testEnvironment: '<rootDir>/test/support/environment.cjs',
	runtime: '<rootDir>/test/support/runtime.cjs',
	testMatch: ['<rootDir>/test/**/*.test.mts'],
	moduleFileExtensions: ['js', 'cjs', 'mjs', 'ts', 'mts', 'json', 'node'],
	transform: {
		'\\.m?ts$': [
			'@swc/jest',
			{
				module: { type: 'commonjs' },
				jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
			},
		],
	},
	globalSetup: '<rootDir>/test/support/setup.mjs',
	globalTeardown: '<rootDir>/test/support/teardown.mjs',
};

/** @type {import('jest').Config} */
module.exports = {
	// Some files mostly wait, so more files run than there are cores. Jest reads '200%' as 200 workers.
	maxWorkers: os.availableParallelism() * 2,
	maxConcurrency: 200,
	// Generous, for busy machines; a test that hangs still fails.
	testTimeout: 30_000,
	reporters: ['default', '<rootDir>/test/support/everyEngine.cjs'],
	projects: [
		{
			...project,
			displayName: 'n8n-2',
			globals: { n8nMajor: 2 },
		},
		{
			...project,
			displayName: 'n8n-1',
			globals: { n8nMajor: 1 },
			// These don't run the nodes: they read files or call our own functions.
			testPathIgnorePatterns: [
				'/node_modules/',
				'<rootDir>/test/tools/',
				'<rootDir>/test/(package|structure|schemas|documentation)\\.test',
				'<rootDir>/test/triggers/samples\\.test',
				// Requests, stored bytes and turns of the event loop don't depend on the engine.
				'<rootDir>/test/triggers/pollingCost\\.test',
				// Random lists and histories: one engine is enough, as the list and polling tests run on both.
				'<rootDir>/test/lists/(exactness|rowTypes)\\.test',
				'<rootDir>/test/triggers/pollingHistories\\.test',
				'<rootDir>/test/api/(authentication|errorMessages)\\.test',
				'<rootDir>/test/(fields/fields|validation/validate)\\.test',
			],
		},
	],
};
