import nodesBase from 'eslint-plugin-n8n-nodes-base';
import tseslint from 'typescript-eslint';

/** Rules that n8n's own lint also turns off, as newer rules require the opposite. */
const replaced = Object.fromEntries(
	[
		'cred-class-field-documentation-url-miscased',
		'node-class-description-inputs-wrong-regular-node',
		'node-class-description-outputs-wrong',
	].map((rule) => [`n8n-nodes-base/${rule}`, 'off']),
);

/*
 * What n8n's own lint does not cover: tests and tools, which may use timers, processes and files, and
 * additional rules for nodes and credentials.
 */
export default tseslint.config(
	{ ignores: ['dist', 'coverage', 'reports', 'test/e2e/failures'] },
	{
		files: ['**/*.{ts,mts,mjs,cjs,js}'],
		extends: [tseslint.configs.strict],
	},
	{ files: ['**/*.{cjs,js}'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
	{
		files: ['nodes/**/*.ts'],
		plugins: { 'n8n-nodes-base': nodesBase },
		rules: { ...nodesBase.configs.nodes.rules, ...replaced },
	},
	{
		files: ['credentials/**/*.ts'],
		plugins: { 'n8n-nodes-base': nodesBase },
		rules: { ...nodesBase.configs.credentials.rules, ...replaced },
	},
);
