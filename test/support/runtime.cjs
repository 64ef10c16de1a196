const { createRequire } = require('node:module');
const path = require('node:path');
const { default: Runtime } = require('jest-runtime');

/**
 * Requires packages through Node, so that n8n's 2,000 modules are loaded once and not for each test file or
 * mutant. Their errors are not `instanceof` a test's Error. Only `sleep` is reloaded, so that it uses Jest's fake
 * timers.
 */
module.exports = class extends Runtime {
	requireModuleOrMock(from, name) {
		const isPackage = !name.startsWith('.') && !name.startsWith('node:') && !path.isAbsolute(name);
		if (!isPackage || from.includes('node_modules')) return super.requireModuleOrMock(from, name);
		const loaded = createRequire(from)(name);
		return name === 'n8n-workflow'
			? { ...loaded, sleep: this.requireModule(from, '@n8n/utils/sleep').sleep }
			: loaded;
	}
};
