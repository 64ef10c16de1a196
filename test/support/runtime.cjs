require('./timers.cjs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { default: Runtime } = require('jest-runtime');

const core1 = path.dirname(require.resolve('n8n-core-1/package.json'));
const workflow1 = require.resolve('n8n-workflow', { paths: [core1] });

/** For each version of n8n, the packages that tests load under another name, and the module of n8n's `sleep`. */
const versions = {
	1: {
		packages: { 'n8n-core': core1, 'n8n-workflow': workflow1 },
		sleepModule: path.join(path.dirname(workflow1), 'utils.js'),
	},
	2: { packages: {}, sleepModule: '@n8n/utils/sleep' },
};

/**
 * Loads packages outside Jest's sandbox, so that n8n's 2,000 modules are loaded once and not for each test file or
 * mutant. Their errors are not `instanceof` a test's Error. Only `sleep` is loaded inside, so that it uses Jest's fake
 * timers.
 */
module.exports = class extends Runtime {
	requireModuleOrMock(from, name) {
		const isPackage = !name.startsWith('.') && !name.startsWith('node:') && !path.isAbsolute(name);
		if (!isPackage || from.includes('node_modules')) return super.requireModuleOrMock(from, name);
		const { packages, sleepModule } = versions[this._config.globals.n8nMajor];
		const loaded = createRequire(from)(packages[name] ?? name);
		if (name !== 'n8n-workflow') return loaded;
		return { ...loaded, sleep: this.requireModule(from, sleepModule).sleep };
	}
};
