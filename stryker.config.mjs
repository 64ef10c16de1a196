import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';
import jestConfig from './jest.config.cjs';

const pathOf = (file) => fileURLToPath(new URL(file, import.meta.url));

const texts = ['displayName', 'description', 'placeholder', 'action', 'documentationUrl'];

const nameOf = ({ node }) => node.key?.name;

/** What only people read in the editor: no test should repeat it. */
const editorTexts = {
	shouldIgnore(code) {
		const owner = code.parentPath;
		if (!code.isStringLiteral() || !(owner?.isObjectProperty() || owner?.isClassProperty())) return;
		if (code.key !== 'value') return;
		// A message to people has a description as well, and that one is tested.
		const beside = owner.container.map((property) => property.key?.name);
		const isName = nameOf(owner) === 'name' && beside.includes('value');
		if (isName || (texts.includes(nameOf(owner)) && !beside.includes('message'))) {
			return 'A text in the editor';
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
			runtime: pathOf('test/mutation/runtime.cjs'),
			testEnvironment: pathOf('test/mutation/environment.cjs'),
		},
	},
	// What is made once, when a file is loaded, needs all tests for each mutant: most of it is the fields of
	// the nodes, as fields.test.mts knows them.
	ignoreStatic: true,
	// Outside the project, where n8n's lint would read it.
	tempDirName: path.join(tmpdir(), 'n8n-nodes-referral-rocket-mutation'),
	cleanTempDir: 'always',
	concurrency: 2,
	// Enough that a survivor on a busy machine does not look like one that hangs: a hang costs all of it.
	timeoutMS: 10_000,
	timeoutFactor: 2,
	reporters: ['progress-append-only', 'clear-text', 'html', 'json'],
	htmlReporter: { fileName: 'reports/mutation.html' },
	jsonReporter: { fileName: 'reports/mutation.json' },
	incrementalFile: 'reports/mutation-incremental.json',
	clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
	thresholds: { high: 95, low: 85, break: 85 },
};
