import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import axios from 'axios';
import type { INode, INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { NodeHelpers } from 'n8n-workflow';
import { ReferralRocketApi } from '../credentials/ReferralRocketApi.credentials.ts';
import { endpoints } from '../nodes/ReferralRocket/api/specification.ts';
import { knownNodeTypes } from './support/engine.mts';
import { useMockServer } from './support/mockServer.mts';
import { endpointOf, operations } from './support/operations.mts';
import { project } from './support/projectCopy.mts';

/*
 * Nothing is missing: an operation has its endpoint, schema, test and documentation, a node has its codex and
 * example, and the nodes understand the examples.
 */

const fileExists = (file: string) => existsSync(path.join(project, file));
const readText = (file: string) => readFileSync(path.join(project, file), 'utf8');
const packageJson = JSON.parse(readText('package.json')) as {
	name: string;
	n8n: { nodes: string[] };
};

/** The nodes that n8n loads. */
const nodes = packageJson.n8n.nodes.map((built) => {
	const source = built.replace(/^dist\/(.*)\.js$/, '$1');
	const [className] = path.basename(source).split('.');
	const name = className[0].toLowerCase() + className.slice(1);
	return {
		name,
		codex: `${source}.json`,
		description: knownNodeTypes.getByNameAndVersion(name).description,
	};
});

interface Example {
	file: string;
	node: INode;
}

/** Our nodes in the example workflows. */
const examples = readdirSync(path.join(project, 'examples'))
	.filter((file) => file.endsWith('.json'))
	.flatMap((file): Example[] => {
		const workflow = JSON.parse(readText(`examples/${file}`)) as { nodes: INode[] };
		return workflow.nodes.map((node) => ({ file, node }));
	})
	.filter(({ node }) => node.type.startsWith(`${packageJson.name}.`));

/** @returns which of the parts are missing */
const missing = (parts: Record<string, boolean>) =>
	Object.keys(parts).filter((part) => !parts[part]);

const optionValues = ({ options = [] }: INodeProperties) =>
	(options as INodePropertyOptions[]).map(({ value }) => value);

describe('an operation', () => {
	const readme = readText('README.md');
	const changelog = readText('CHANGELOG.md');
	const service = useMockServer();

	test.each(operations)('$label is complete', async ({ label, resource, operation, option }) => {
		const schema = `nodes/ReferralRocket/__schema__/v1.0.0/${resource}/${operation}.json`;
		const testFile = `test/resources/${resource}/${operation}.test.mts`;
		const [resourceName, operationName] = label.split(' → ');
		const { method, url = '' } = option.routing?.request ?? {};
		const { data } = await axios.request({
			method,
			url: service.mockServer.url + url,
			headers: { authorization: `Bearer ${service.mockServer.apiKey}` },
			params: { id: 'JCu82f30F1' },
			data: { id: 'JCu82f30F1' },
			validateStatus: () => true,
		});
		const parts = {
			'a description': Boolean(option.description),
			'an action in sentence case': /^[A-Z][a-z ]+$/.test(option.action ?? ''),
			[`a schema, ${schema}`]: fileExists(schema),
			[`a test, ${testFile}`]: fileExists(testFile),
			[`the shared tests, testServiceFailures and testBadItems, in ${testFile}`]:
				fileExists(testFile) && /testServiceFailures\(.*testBadItems\(/s.test(readText(testFile)),
			'a response of the mock server, in tools/mock-server/service.mts': !/^Route /.test(
				data.message,
			),
			'a line in README.md under Operations': new RegExp(
				`^\\| ${resourceName} +\\| \\[?${operationName}\\b`,
				'm',
			).test(readme),
			'its name in CHANGELOG.md': new RegExp(`${resourceName} \\([^)]*\\b${operationName}\\b`).test(
				changelog,
			),
		};
		expect(missing(parts)).toEqual([]);
	});
});

describe('an endpoint', () => {
	test.each(operations)(
		'of $label gets each of its parameters from a field',
		({ fields, resource, operation }) => {
			const { page, referredByEmail, ...others } = endpointOf({ resource, operation }).parameters;
			const sent = fields
				.flatMap((field) => [field, ...((field.options ?? []) as INodeProperties[])])
				.flatMap(({ routing }) => routing?.send?.property ?? []);
			// Lists are read page by page, and 'Referrer' contains a code or an email.
			expect(sent).not.toContain(page);
			expect(sent).not.toContain(referredByEmail);
			expect([...new Set(sent)].sort()).toEqual(Object.values(others).sort());
		},
	);

	test('is called by an operation', () => {
		const called = operations.map(({ option }) => option.routing?.request?.url);
		const known = Object.values(endpoints).map((endpoint) => endpoint.path);
		expect(called.toSorted()).toEqual(known.toSorted());
	});
});

describe('a node', () => {
	/** n8n's lint forbids a description of the first two; n8n itself adds the third. */
	const excluded = ['resource', 'operation', 'requestOptions'];

	/** The categories that n8n's nodes panel knows, from its documentation of codex files. */
	const n8nCategories = [
		'Analytics',
		'Communication',
		'Data & Storage',
		'Development',
		'Finance & Accounting',
		'Marketing & Content',
		'Miscellaneous',
		'Productivity',
		'Sales',
		'Utility',
	];

	test.each(nodes)(
		'$name has the expected categories and search aliases',
		({ name, codex, description }) => {
			const { node, nodeVersion, categories, alias, ...rest } = JSON.parse(readText(codex));
			expect(node).toBe(`${packageJson.name}.${name}`);
			expect([description.version].flat()).toContain(Number(nodeVersion));
			expect(categories).not.toEqual([]);
			expect(n8nCategories).toEqual(expect.arrayContaining(categories));
			// n8n accepts subcategories for AI nodes only.
			expect(rest).not.toHaveProperty('subcategories');
			for (const search of [
				'referral',
				'refer a friend',
				'affiliate',
				'share link',
				'participant',
				'advocate',
				'word of mouth',
				'partner',
				'campaign',
			]) {
				expect(alias).toContain(search);
			}
		},
	);

	test.each(nodes.filter(({ description }) => description.group.includes('trigger')))(
		'$name has an example and a test',
		({ name, description }) => {
			const testFile = `test/triggers/${description.polling ? 'polling' : 'webhook'}.test.mts`;
			const isUsed = examples.some(({ node }) => node.type === `${packageJson.name}.${name}`);
			const parts = {
				'an example, a workflow in examples/ that uses it': isUsed,
				[`a test, ${testFile}`]: fileExists(testFile),
			};
			expect(missing(parts)).toEqual([]);
		},
	);

	test.each([
		...nodes.map(({ name, description }) => ({ name, properties: description.properties })),
		{ name: 'referralRocketApi', properties: new ReferralRocketApi().properties },
	])('every field of $name has a description longer than its label', ({ properties }) => {
		const unexplained = properties
			.filter(({ name, type }) => !excluded.includes(name) && type !== 'notice')
			.flatMap((field) =>
				field.type === 'collection' ? (field.options as INodeProperties[]) : [field],
			)
			.filter(({ displayName, description = '' }) => description.length <= displayName.length);
		expect(unexplained.map(({ displayName }) => displayName)).toEqual([]);
	});
});

describe("n8n's UX guidelines", () => {
	/** Every field, including nested ones. */
	const allFields = (properties: INodeProperties[]): INodeProperties[] =>
		properties.flatMap((field) => [
			field,
			...allFields(
				((field.options ?? []) as Array<INodeProperties & { values?: INodeProperties[] }>)
					.flatMap((option) => option.values ?? [option])
					.filter(({ type }) => type),
			),
		]);

	test.each(nodes)('$name keeps its hints to 120 characters', ({ description }) => {
		const hints = [
			...(description.hints ?? []).map(({ message }) => message),
			...allFields(description.properties).flatMap(({ hint, modes = [] }) => [
				hint,
				...modes.map((mode) => mode.hint),
			]),
		].filter((hint) => hint !== undefined);
		expect(hints.filter(({ length }) => length > 120)).toEqual([]);
	});

	test.each(operations)('the action of $label has no article', ({ option }) => {
		expect(option.action).not.toMatch(/\b(a|an|the)\b/i);
	});

	test('Sort is a separate field, below Options', () => {
		for (const { label, fields } of operations.filter(({ operation }) => /list/.test(operation))) {
			expect([label, ...fields.map(({ name }) => name).slice(-2)]).toEqual([
				label,
				'options',
				'sort',
			]);
		}
	});
});

describe('an example', () => {
	/** What n8n itself adds to polling triggers and to tools. */
	const fromN8n = ['pollTimes', 'descriptionType', 'toolDescription'];

	test.each(examples.map(({ file, node }) => ({ file, node, name: node.name })))(
		'$file configures $name with values that the node knows',
		({ node }) => {
			// n8n offers a node that is usable as a tool under a second name.
			const types = nodes.flatMap(({ name, description }) => [
				{ type: `${packageJson.name}.${name}`, description },
				...(description.usableAsTool
					? [{ type: `${packageJson.name}.${name}Tool`, description }]
					: []),
			]);
			expect(types.map(({ type }) => type)).toContain(node.type);
			const { description } = types.find(({ type }) => type === node.type) as (typeof types)[0];

			const values = Object.fromEntries(
				Object.entries(node.parameters).filter(([name]) => !fromN8n.includes(name)),
			);
			const { properties } = description;
			expect(
				NodeHelpers.getNodeParameters(properties, values, true, false, node, description),
			).toMatchObject(values);

			const menus = properties
				.filter(({ type }) => ['options', 'multiOptions'].includes(type))
				.filter((menu) => NodeHelpers.displayParameter(values, menu, node, description));
			for (const menu of menus) {
				const chosen = [values[menu.name] ?? []].flat();
				expect(optionValues(menu)).toEqual(expect.arrayContaining(chosen));
			}
		},
	);
});

test('every action of a workflow on GitHub is pinned to a commit', () => {
	const workflows = readdirSync(path.join(project, '.github/workflows'));
	const used = workflows.flatMap((file) =>
		[...readText(`.github/workflows/${file}`).matchAll(/uses: (.*)/g)].map(([, action]) => action),
	);
	expect(used).not.toEqual([]);
	expect(
		used.filter((action) => !/^(\.\/.*|[\w-]+\/[\w-]+@[0-9a-f]{40} # v[\d.]+)$/.test(action)),
	).toEqual([]);
});

test('notices have only the markup that n8n shows', () => {
	const notices = nodes.flatMap(({ description }) =>
		description.properties.filter(({ type }) => type === 'notice'),
	);
	expect(notices.length).toBeGreaterThan(1);
	for (const { displayName } of notices) {
		const tags = [...displayName.matchAll(/<\/?(\w+)/g)].map(([, tag]) => tag);
		// N8nNotice of both versions removes all others, so that lines run together.
		expect(tags.filter((tag) => !['a', 'ul', 'li'].includes(tag))).toEqual([]);
	}
});
