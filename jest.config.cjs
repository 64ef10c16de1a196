const path = require('node:path');

const core1 = path.dirname(require.resolve('n8n-core-1/package.json'));
const workflow1 = require.resolve('n8n-workflow', { paths: [core1] });

/** What holds for the tests on both versions of n8n's engine. */
const project = {
	testEnvironment: 'node',
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
	// Most of the time goes into waiting for answers, so every core can have a file.
	maxWorkers: '100%',
	maxConcurrency: 200,
	// For a busy machine; what hangs is found all the same.
	testTimeout: 30_000,
	reporters: ['default', '<rootDir>/test/support/everyEngine.cjs'],
	projects: [
		{ ...project, displayName: 'n8n-2', globals: { n8nMajor: 2 } },
		{
			...project,
			displayName: 'n8n-1',
			globals: { n8nMajor: 1 },
			// One copy of each, for n8n, the nodes and the tests.
			moduleNameMapper: { '^n8n-core$': core1, '^n8n-workflow$': workflow1 },
			setupFiles: ['<rootDir>/test/support/setupN8n1.cjs'],
			// These don't run the node: they read files, or call a function of our own.
			testPathIgnorePatterns: [
				'/node_modules/',
				'<rootDir>/test/tools/',
				'<rootDir>/test/(package|structure|schemas|documentation)\\.test',
				'<rootDir>/test/triggers/samples\\.test',
				'<rootDir>/test/api/(authentication|errorMessages)\\.test',
				'<rootDir>/test/parameters/(fields|validate)\\.test',
			],
		},
	],
};
