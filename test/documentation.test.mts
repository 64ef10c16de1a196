import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { project } from './support/projectCopy.mts';

/*
 * Every link and every name in the documentation leads to something that exists.
 */

const textOf = (file: string) => readFileSync(path.join(project, file), 'utf8');
const isThere = (file: string) => existsSync(path.join(project, file));
const inFolder = (folder: string) =>
	readdirSync(path.join(project, folder))
		.filter((file) => file.endsWith('.md'))
		.map((file) => path.join(folder, file));
const documents = [...inFolder('.'), ...inFolder('docs'), ...inFolder('examples')];

/** @returns the anchors that GitHub gives the headings of a document */
const anchorsOf = (file: string) =>
	[...textOf(file).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
		heading
			.replace(/\[(.*?)\]\(.*?\)/g, '$1')
			.toLowerCase()
			.replace(/[^\p{L}\p{N} _-]/gu, '')
			.replaceAll(' ', '-'),
	);

const ours =
	'https://raw.githubusercontent.com/n8n-nodes-referral-rocket/n8n-nodes-referral-rocket/main/';

test.each(documents)('every link within the project leads somewhere: %s', (document) => {
	const targets = [...textOf(document).matchAll(/\]\(([^)\s]+)\)/g)]
		.map(([, target]) => (target.startsWith(ours) ? `/${target.slice(ours.length)}` : target))
		.filter((target) => !/^(https?|mailto):/.test(target));
	const broken = targets.filter((target) => {
		const [name, anchor] = target.split('#');
		const file = name.startsWith('/')
			? name.slice(1)
			: path.join(path.dirname(document), name || path.basename(document));
		return !isThere(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor));
	});
	expect(broken).toEqual([]);
});

test.each(documents)('every file that is mentioned exists: %s', (document) => {
	const named = [
		...textOf(document).matchAll(
			/`((?:\.ci|\.github|docs|examples|nodes|test|tools)\/[^`<*\s]*)`/g,
		),
	];
	// A released version is an example, and a failing end-to-end test creates its folder.
	const files = named
		.map(([, file]) => file)
		.filter((file) => !file.includes('1.2.3') && file !== 'test/e2e/failures/');
	expect(files.filter((file) => !isThere(file))).toEqual([]);
});

test('every command that is mentioned is a script of package.json', () => {
	const { scripts } = JSON.parse(textOf('package.json'));
	const named = documents.flatMap((document) =>
		[...textOf(document).matchAll(/npm run ([\w:]+)/g)].map(([, script]) => script),
	);
	expect([...new Set(named)].filter((script) => !(script in scripts))).toEqual([]);
});
