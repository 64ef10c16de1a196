import type {
	INode,
	INodeParameters,
	INodeProperties,
	INodePropertyOptions,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeHelpers } from 'n8n-workflow';
import { ReferralRocketApi } from '../../credentials/ReferralRocketApi.credentials.ts';
import { ReferralRocket } from '../../nodes/ReferralRocket/ReferralRocket.node.ts';
import { ReferralRocketPollingTrigger } from '../../nodes/ReferralRocket/ReferralRocketPollingTrigger.node.ts';
import { ReferralRocketTrigger } from '../../nodes/ReferralRocket/ReferralRocketTrigger.node.ts';
import { operations } from '../support/operations.mts';

/*
 * How n8n interprets the fields. The names and values repeated here are stored in saved workflows: changing
 * one of them breaks workflows that people have built.
 */

const action = new ReferralRocket().description;
const polling = new ReferralRocketPollingTrigger().description;
const webhook = new ReferralRocketTrigger().description;

function inEditor(description: INodeTypeDescription, values: INodeParameters) {
	const node: INode = {
		id: '1',
		name: 'Referral Rocket',
		type: description.name,
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
	};
	const { properties } = description;
	const filled = NodeHelpers.getNodeParameters(properties, values, true, false, node, description);
	node.parameters = filled ?? {};
	const issues = NodeHelpers.getNodeParametersIssues(properties, node, description);
	return { fields: node.parameters, missing: Object.keys(issues?.parameters ?? {}) };
}

const campaignId = { __rl: true, mode: 'id', value: '' };

describe('a new operation shows its fields and requires the necessary ones', () => {
	test.each(operations)('$label', ({ resource, operation, fields }) => {
		const node = { typeVersion: 1 };
		const initial = Object.fromEntries(fields.map((field) => [field.name, field.default]));
		const shown = fields.filter((field) =>
			NodeHelpers.displayParameter({ ...initial, resource, operation }, field, node, action),
		);
		const required = shown.filter((field) => field.required);
		expect(required.map(({ name }) => name)).toContain('campaignId');
		expect(inEditor(action, { resource, operation })).toEqual({
			fields: {
				resource,
				operation,
				...Object.fromEntries(shown.map(({ name }) => [name, initial[name]])),
				campaignId,
			},
			missing: required.map(({ name }) => name),
		});
	});

	test('a link without a campaign ID shows a notice while it is typed, an expression does not', () => {
		const showsNotice = (campaignId: unknown) => {
			const values = { operation: 'list', campaignId } as INodeParameters;
			return 'campaignNotice' in inEditor(action, values).fields;
		};
		const link = 'https://referralrocket.io/campaign?id=JCu82f30F1';
		const by = (mode: string, value: string) => ({ __rl: true, mode, value });
		expect(showsNotice(by('url', 'https://referralrocket.io/campaign'))).toBe(true);
		expect(showsNotice(by('id', 'https://referralrocket.io/campaign'))).toBe(true);
		for (const values of [
			by('url', ''),
			by('url', link),
			by('url', '={{ $json.link }}'),
			by('id', 'JCu82f30F1'),
			by('id', 'zCu82f30F1'),
			by('id', link),
			by('list', 'JCu82f30F1'),
			'={{ $json.campaign }}',
		]) {
			expect([values, showsNotice(values)]).toEqual([values, false]);
		}
	});

	test('the field pickers explain fields and name them like n8n', () => {
		const { properties } = action;
		const picker = properties.find(({ name, displayOptions }) => {
			return name === 'fields' && displayOptions?.show?.resource?.includes('participant');
		});
		const options = picker?.options as INodePropertyOptions[];
		const namesOf = (some: INodePropertyOptions[]) => some.map(({ name }) => name);
		expect(namesOf(options)).toEqual(namesOf(options).toSorted());
		expect(namesOf(options)).toContain('Campaign ID');
		expect(namesOf(options.filter(({ description }) => description))).toEqual([
			'Fraud Score',
			'Referee Reward Balance',
			'Referral Reward Balance',
			'Reward Event Completed',
		]);
	});

	test('Return All hides Limit', () => {
		const { fields } = inEditor(action, { operation: 'list', returnAll: true });
		expect(Object.keys(fields)).not.toContain('limit');
	});
});

test.each([
	['campaign', 'get'],
	['participant', 'add'],
	['referralCode', 'validate'],
])('the default operation of %s is %s', (resource, operation) => {
	expect(inEditor(action, { resource }).fields.operation).toBe(operation);
});

test('the default resource is participant', () => {
	expect(inEditor(action, {}).fields.resource).toBe('participant');
});

test('a new polling trigger waits for new participants and requires a campaign', () => {
	expect(inEditor(polling, {})).toEqual({
		fields: { events: ['participantAdded'], campaignId, simplify: true },
		missing: ['campaignId'],
	});
	expect(inEditor(polling, { events: [] }).missing).toEqual(['events', 'campaignId']);
});

test('a new webhook trigger waits for new referrers in all campaigns', () => {
	expect(inEditor(webhook, {})).toEqual({
		fields: { setUp: '', events: ['referrerCreated'], campaignId, simplify: true, options: {} },
		missing: [],
	});
	expect(inEditor(webhook, { events: [] }).missing).toEqual(['events']);
});

interface Field {
	type: string;
	default: unknown;
	/** The options. */
	values?: unknown[];
	/** The minimum and the maximum. */
	range?: [number | undefined, number | undefined];
}

/** @returns the fields of a collection, or the options of a menu, by its name */
function within(
	properties: INodeProperties[],
	name: string,
	show: { operation?: string; resource?: string } = {},
) {
	const found = properties.filter(
		({ name: other, displayOptions }) =>
			other === name &&
			Object.entries(show).every(([menu, value]) => displayOptions?.show?.[menu]?.includes(value)),
	);
	expect(found.length).toBe(1);
	return found[0].options as INodeProperties[];
}

const shapes = (properties: INodeProperties[]) =>
	Object.fromEntries(
		properties.map((property): [string, Field] => {
			const { name, type, default: initial, options, typeOptions } = property;
			const choices = type === 'options' || type === 'multiOptions' ? options : undefined;
			const { minValue, maxValue } = typeOptions ?? {};
			return [
				name,
				{
					type,
					default: initial,
					...(choices && { values: choices.map((choice) => 'value' in choice && choice.value) }),
					...(typeOptions && { range: [minValue, maxValue] }),
				},
			];
		}),
	);

describe('optional fields of a participant operation', () => {
	const text = { type: 'string', default: '' };
	const paging = {
		pageSize: { type: 'number', default: 500, range: [1, 2000] },
	};
	test.each<[string, string, Record<string, unknown>]>([
		[
			'add',
			'additionalFields',
			{
				firstName: text,
				lastName: text,
				referrer: text,
				customFields: { type: 'fixedCollection', default: {}, range: [undefined, undefined] },
			},
		],
		[
			'add',
			'options',
			{
				ifExists: { type: 'options', default: 'return', values: ['return', 'fail'] },
				lookUpFirst: { type: 'boolean', default: false },
			},
		],
		[
			'qualify',
			'additionalFields',
			// n8n's number field drops the comma of 49,90.
			{ amount: text },
		],
		['list', 'options', paging],
		['listReferrals', 'options', paging],
	])('%s %s', (operation, collection, expected) => {
		const show = { resource: 'participant', operation };
		expect(shapes(within(action.properties, collection, show))).toMatchObject(expected);
	});

	test('the webhook trigger verifies signatures and ignores repeats by default', () => {
		const on = { type: 'boolean', default: true };
		expect(shapes(within(webhook.properties, 'options'))).toEqual({
			ignoreRepeats: on,
			verifySignature: on,
		});
	});
});

describe('field types', () => {
	const choices = (description: INodeTypeDescription, name: string) =>
		shapes(description.properties.filter((property) => property.name === name))[name];

	test('resources and events in saved workflows keep their names', () => {
		expect(choices(action, 'resource').values).toEqual(
			expect.arrayContaining(['campaign', 'participant', 'referralCode']),
		);
		expect(choices(webhook, 'events').values).toEqual(
			expect.arrayContaining(['any', 'refereeCreated', 'referrerCreated', 'rewardUnlocked']),
		);
	});

	test.each([
		['resource', 'options'],
		['operation', 'options'],
		['events', 'multiOptions'],
		['campaignId', 'resourceLocator'],
		['email', 'string'],
		['code', 'string'],
		['referralCode', 'string'],
		['findBy', 'options'],
		['output', 'options'],
		['fields', 'multiOptions'],
		['returnAll', 'boolean'],
		['limit', 'number'],
		['sort', 'fixedCollection'],
		['simplify', 'boolean'],
		['additionalFields', 'collection'],
		['options', 'collection'],
	])('the values of %s in saved workflows fit its type, %s', (name, type) => {
		const fields = [action, polling, webhook].flatMap(({ properties }) =>
			properties.filter((field) => field.name === name),
		);
		expect([...new Set(fields.map((field) => field.type))]).toEqual([type]);
	});

	test.each([action, polling, webhook])(
		'$displayName accepts a campaign from a list, by ID or by link',
		(node) => {
			const locators = node.properties.filter(({ name }) => name === 'campaignId');
			expect(locators.length).toBeGreaterThan(0);
			for (const { modes } of locators) {
				expect(modes?.map(({ name, type }) => [name, type])).toEqual([
					['list', 'list'],
					['id', 'string'],
					['url', 'string'],
				]);
			}
		},
	);

	test('a resource and an operation cannot be an expression, nor a limit below 1', () => {
		const menus = action.properties.filter(({ name }) => /^(resource|operation)$/.test(name));
		const { values = [] } = choices(action, 'resource');
		expect(menus.length).toBe(1 + values.length);
		expect(menus.every(({ noDataExpression }) => noDataExpression)).toBe(true);
		const limits = action.properties.filter(({ name }) => name === 'limit');
		expect([...new Set(limits.map(({ typeOptions }) => typeOptions?.minValue))]).toEqual([1]);
	});
});

describe('every node', () => {
	test.each([action, polling, webhook])(
		'$displayName requires a credential and tests it',
		(node) => {
			expect(node.credentials).toEqual([
				{ name: new ReferralRocketApi().name, required: true, testedBy: 'testCredential' },
			]);
		},
	);

	test('has its role: one transforms items, two start a workflow', () => {
		expect([action, polling, webhook].map(({ name, group }) => [name, group])).toEqual([
			['referralRocket', ['transform']],
			['referralRocketPollingTrigger', ['trigger']],
			['referralRocketTrigger', ['trigger']],
		]);
		expect([action.inputs, action.outputs]).toEqual([['main'], ['main']]);
		for (const trigger of [polling, webhook]) {
			expect([trigger.inputs, trigger.outputs]).toEqual([[], ['main']]);
		}
		expect(action.usableAsTool).toBe(true);
		expect(polling.polling).toBe(true);
		expect(webhook.webhooks).toEqual([
			{
				name: 'default',
				httpMethod: 'POST',
				responseMode: 'onReceived',
				responseData: '',
				path: 'referral-rocket',
			},
		]);
	});
});

describe('the credential', () => {
	const { properties } = new ReferralRocketApi();
	const filled = (values: INodeParameters) =>
		NodeHelpers.getNodeParameters(properties, values, true, false, null, null);
	const usual = {
		apiKey: '',
		authentication: 'bearer',
		baseUrl: 'https://app.referralrocket.io',
		campaigns: '',
		testWebhookSecret: '',
		webhookSecret: '',
	};

	test('sends a bearer token to Referral Rocket by default', () => {
		expect(filled({})).toEqual(usual);
	});

	test('asks for the name of the header if Header is chosen', () => {
		const values = { authentication: 'header' };
		expect(filled(values)).toEqual({ ...usual, ...values, headerName: 'X-API-Key' });
	});

	test('hides the key and the secrets, and requires the key and the header name', () => {
		const names = (those: INodeProperties[]) => those.map(({ name }) => name);
		expect(names(properties.filter(({ typeOptions }) => typeOptions?.password))).toEqual([
			'apiKey',
			'webhookSecret',
			'testWebhookSecret',
		]);
		expect(names(properties.filter(({ required }) => required))).toEqual(['apiKey', 'headerName']);
	});

	test('offers a bearer token or a header', () => {
		const { authentication, ...others } = shapes(properties);
		expect(authentication).toMatchObject({ type: 'options', values: ['bearer', 'header'] });
		expect(Object.values(others).map(({ type }) => type)).toEqual(Array(6).fill('string'));
	});
});
