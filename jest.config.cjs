/** @type {import('jest').Config} */
module.exports = {
	testEnvironment: 'node',
	// Most of the time goes into waiting for answers, so every core can have a file.
	maxWorkers: '100%',
	maxConcurrency: 200,
	// For a busy machine; what hangs is found all the same.
	testTimeout: 30_000,
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
