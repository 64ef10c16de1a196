import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';
import jestConfig from './jest.config.cjs';

const pathOf = (file) => fileURLToPath(new URL(file, import.meta.url));

const texts = ['displayName', 'description', 'placeholder', 'action', 'documentationUrl'];

const nameOf = ({ node }) => node.key?.name;

/** Texts that the editor shows to people: tests should not repeat them. */
const editorTexts = {
	shouldIgnore(code) {
		const owner = code.parentPath;
		if (!code.isStringLiteral() || !(owner?.isObjectProperty() || owner?.isClassProperty())) return;
		if (code.key !== 'value') return;
		// A user message also has a description, which is tested.
		const siblings = owner.container.map((property) => property.key?.name);
		const isName = nameOf(owner) === 'name' && siblings.includes('value');
		if (isName || (texts.includes(nameOf(owner)) && !siblings.includes('message'))) {
			return 'Editor text';
		}
	},
};

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, 'editorTexts', editorTexts)];

export default {
	plugins: ['@stryker-mutator/jest-runner', import.meta.url],
	mutate: ['nodes/**/*.ts', 'credentials/**/*.ts'],
	ignorers: ['editorTexts'],
	testRunner: 'jest',
	coverageAnalysis: 'perTest',
	jest: {
		configFile: 'jest.config.cjs',
		enableFindRelatedTests: false,
		config: {
			...jestConfig.projects[0],
			projects: [],
			testTimeout: 10_000,
			testMatch: ['<rootDir>/test/mutation/tests.mts'],
			testEnvironment: pathOf('test/mutation/environment.cjs'),
		},
	},
	// Code that runs once, when a file is loaded, would need all tests for each mutant. Most of it is the
	// fields of the nodes, which fields.test.mts checks.
	ignoreStatic: true,
	// Outside the project, because n8n's lint would check it.
	tempDirName: path.join(tmpdir(), 'n8n-nodes-referral-rocket-mutation'),
	cleanTempDir: 'always',
	concurrency: 2,
	// Long enough that a survivor on a busy machine is not mistaken for a hang, which takes the full time.
	timeoutMS: 10_000,
	timeoutFactor: 2,
	reporters: ['progress-append-only', 'clear-text', 'html', 'json'],
	htmlReporter: { fileName: 'reports/mutation.html' },
	jsonReporter: { fileName: 'reports/mutation.json' },
	incrementalFile: 'reports/mutation-incremental.json',
	clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
	thresholds: { high: 95, low: 85, break: 85 },
};
