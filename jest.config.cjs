const os = require('node:os');
const path = require('node:path');

const core1 = path.dirname(require.resolve('n8n-core-1/package.json'));
const workflow1 = require.resolve('n8n-workflow', { paths: [core1] });

/** Settings for both versions of n8n's engine. */
const project = {
	testEnvironment: '<rootDir>/test/support/environment.cjs',
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
	// Some files mostly wait, so more files run than there are cores. Jest reads '150%' as 150 workers.
	maxWorkers: Math.ceil(os.availableParallelism() * 1.5),
	maxConcurrency: 200,
	// Generous, for busy machines; a test that hangs still fails.
	testTimeout: 30_000,
	reporters: ['default', '<rootDir>/test/support/everyEngine.cjs'],
	projects: [
		{
			...project,
			displayName: 'n8n-2',
			globals: { n8nMajor: 2 },
			runtime: '<rootDir>/test/support/runtime.cjs',
		},
		{
			...project,
			displayName: 'n8n-1',
			globals: { n8nMajor: 1 },
			// A single copy of each for n8n, the nodes and the tests.
			moduleNameMapper: { '^n8n-core$': core1, '^n8n-workflow$': workflow1 },
			setupFiles: ['<rootDir>/test/support/setupN8n1.cjs'],
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
