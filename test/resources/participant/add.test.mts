import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { testBadItems, testServiceFailures } from '../../support/failures.mts';
import { testCampaignField, testEmailField } from '../../support/inputs.mts';
import {
	runErrorMessage,
	toItems,
	locator,
	pairedItems,
	receivedRequests,
	useMockServer,
	useRateLimitWindow,
	runModes,
} from '../../support/mockServer.mts';

const service = useMockServer();
const parameters = {
	resource: 'participant',
	operation: 'add',
	campaignId: locator('JCu82f30F1'),
	email: 'jo@example.com',
	output: 'raw',
};
const bodies = () => service.mockServer.requests.map(({ body }) => body);

test('adds a participant with one request', async () => {
	const { rows } = await service.run(parameters);
	const added = service.mockServer.campaign.find('jo@example.com');
	expect(added).toBeDefined();
	expect(rows).toEqual([added]);
	expect(receivedRequests(service.mockServer)).toEqual([
		{
			method: 'POST',
			path: '/api/v1/addParticipant',
			query: {},
			body: { id: 'JCu82f30F1', email: 'jo@example.com' },
		},
	]);
	expect(service.mockServer.requests[0].headers).toMatchObject({
		'content-type': expect.stringContaining('application/json'),
		accept: 'application/json',
	});
});

test('adds the participant of every input item', async () => {
	const emails = ['a@example.com', 'b@example.com', 'c@example.com'];
	const { items, rows } = await service.run(
		{ ...parameters, email: '={{ $json.email }}' },
		{ items: toItems(...emails.map((email) => ({ email }))) },
	);
	expect(rows.map(({ email }) => email)).toEqual(emails);
	expect(pairedItems(items)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
	expect(service.mockServer.requests).toHaveLength(3);
});

test('returns every field, known or unknown', async () => {
	const participant = { email: 7, 'odd name': '', new: { deep: [1, null, { a: 'ß' }] } };
	service.mockServer.intercept = (_, reply) => void reply.send(participant);
	const { rows } = await service.run(parameters);
	expect(rows).toEqual([participant]);
});

describe('the referrer', () => {
	const referrer = {
		code: 'C000001',
		email: 'participant0@example.com',
		link: 'https://referralrocket.io/campaign?id=JCu82f30F1&referralCode=C000001',
	};
	const byCode = { referredByCode: referrer.code };
	const byEmail = { referredByEmail: referrer.email };

	describe.each(runModes)('%s', (_mode, asTool) => {
		test.each<[string, IDataObject, IDataObject]>([
			['by code', { referrer: referrer.code }, byCode],
			['by email', { referrer: referrer.email }, byEmail],
			['by share link', { referrer: referrer.link }, byCode],
			['by share link without https', { referrer: referrer.link.slice(8) }, byCode],
			['by share link with an address', { referrer: `${referrer.link}&email=sam@x.co` }, byCode],
			[
				'by share link with an address, without https',
				{ referrer: `${referrer.link.slice(8)}&email=sam@x.co` },
				byCode,
			],
			['with spaces around', { referrer: ` ${referrer.code} ` }, byCode],
			['by an expression', { referrer: '={{ $json.referrer }}' }, byEmail],
		])('is sent %s', async (_, additionalFields, sent) => {
			const { rows } = await service.run(
				{ ...parameters, additionalFields: additionalFields as INodeParameters },
				{ items: toItems({ referrer: referrer.email }), asTool },
			);
			expect(bodies()).toEqual([{ id: 'JCu82f30F1', email: 'jo@example.com', ...sent }]);
			expect(rows).toMatchObject([{ email: 'jo@example.com', referredByCode: referrer.code }]);
		});
	});

	test.each([
		['empty', { referrer: '' }],
		['blank', { referrer: ' ' }],
		['an expression without a value', { referrer: '={{ $json.nope }}' }],
	])('is not sent if it is %s', async (_, additionalFields) => {
		const { error } = await service.run({ ...parameters, additionalFields });
		expect(error).toBeUndefined();
		expect(bodies()).toEqual([{ id: 'JCu82f30F1', email: 'jo@example.com' }]);
	});

	test.each<[string, INodeParameters, RegExp]>([
		['that is not an email', { referrer: 'Sam@' }, /'Referrer' "Sam@" is not an email/],
		['that is an object', { referrer: '={{ ({ a: 1 }) }}' }, /'Referrer' must be text/],
		[
			'in a link without a code',
			{ referrer: 'https://referralrocket.io/campaign?id=JCu82f30F1' },
			/contains no referral code\. In 'Referrer', use a link with "referralCode=" in it/,
		],
		[
			'in a link with an address, but without a code',
			{ referrer: 'https://referralrocket.io/campaign?id=JCu82f30F1&email=sam@x.co' },
			/contains no referral code/,
		],
	])('%s is rejected and nothing is sent', async (_, additionalFields, expectedMessage) => {
		const run = service.run({ ...parameters, additionalFields });
		expect(await runErrorMessage(run)).toMatch(expectedMessage);
		expect(service.mockServer.requests).toEqual([]);
	});

	test.each(['Nope1234', 'nobody@example.com'])(
		'is named if the service does not know %s',
		async (name) => {
			const { error } = await service.run({ ...parameters, additionalFields: { referrer: name } });
			expect(error?.message).toContain(`referrer "${name}"`);
			expect(service.mockServer.campaign.find('jo@example.com')).toBeUndefined();
		},
	);
});

describe('whether the referrer was recorded', () => {
	const code = 'C000001';
	const email = 'participant0@example.com';
	const recorded = async (referrer: string, participant?: object, options = {}) => {
		service.mockServer.intercept = ({ method }, reply) =>
			participant && method === 'POST' ? void reply.send(participant) : false;
		const { rows } = await service.run({
			...parameters,
			additionalFields: { referrer },
			options,
		});
		return rows[0].referrerRecorded;
	};
	const added = { email: 'jo@example.com', referralCode: 'C1' };

	test.each<[unknown, string, object]>([
		[true, code, { referredByCode: code }],
		[false, code, { referredByCode: 'C000002' }],
		[false, code, { referredByCode: null }],
		[false, email, { referredByCode: null }],
		[true, email, { referredByCode: code, referrerEmail: 'Participant0@example.com' }],
		[false, email, { referredByCode: code, referrerEmail: 'sam@example.com' }],
		// Nothing is reported if it isn't known.
		[undefined, code, {}],
		[undefined, email, { referredByCode: code }],
	])('is %s for %s and %j', async (expected, referrer, fields) => {
		expect(await recorded(referrer, { ...added, ...fields })).toBe(expected);
	});

	test('is known by email for someone new', async () => {
		expect(await recorded(email, undefined, { lookUpFirst: true })).toBe(true);
	});

	test('is not reported if none was passed', async () => {
		const { rows } = await service.run(parameters);
		expect(rows[0]).not.toHaveProperty('referrerRecorded');
	});
});

describe('an email with capital letters', () => {
	const parametersOf = (email: string) => ({ ...parameters, email });

	test('is looked up as entered and in lower case, so that nobody is added twice', async () => {
		const { rows } = await service.run(parametersOf('Participant3@Example.com'));
		expect(rows).toMatchObject([{ email: 'participant3@example.com', isNew: false }]);
		expect(service.mockServer.requests.map(({ query }) => query.email)).toEqual([
			'Participant3@Example.com',
			'participant3@example.com',
		]);
	});

	test('is added as entered if neither is known', async () => {
		const { rows } = await service.run(parametersOf('Jo@Example.com'));
		expect(rows).toMatchObject([{ email: 'Jo@Example.com', isNew: true }]);
	});

	test('is found as entered', async () => {
		service.mockServer.campaign.add('Jo@Example.com');
		const { rows } = await service.run(parametersOf('Jo@Example.com'));
		expect(rows).toMatchObject([{ email: 'Jo@Example.com', isNew: false }]);
		expect(service.mockServer.requests).toHaveLength(1);
	});
});

test('first and last name are sent, with the joiners of their script, and left out if empty', async () => {
	const { rows } = await service.run(
		{
			...parameters,
			email: '={{ $json.email }}',
			additionalFields: { firstName: '={{ $json.first }}', lastName: '={{ $json.last }}' },
		},
		{
			items: toItems(
				{ email: 'ali@example.com', first: ' علی\u200cرضا ', last: 'Doe' },
				{ email: 'jo@example.com', first: null, last: '' },
			),
		},
	);
	expect(bodies()).toEqual([
		{ id: 'JCu82f30F1', email: 'ali@example.com', fName: 'علی\u200cرضا', lName: 'Doe' },
		{ id: 'JCu82f30F1', email: 'jo@example.com' },
	]);
	expect(rows.map(({ lastName }) => lastName)).toEqual(['Doe', '']);
});

describe('custom fields', () => {
	const withFields = (...field: IDataObject[]) =>
		({ ...parameters, additionalFields: { customFields: { field } } }) as INodeParameters;

	describe.each(runModes)('%s', (_mode, asTool) => {
		test('are sent unchanged, along with the others', async () => {
			await service.run(
				withFields(
					{ name: ' company ', value: 'Acme' },
					{ name: 'phone', value: '' },
					{ name: 'age', value: '={{ $json.age }}' },
				),
				{ items: toItems({ age: 42 }), asTool },
			);
			expect(bodies()).toEqual([
				{ id: 'JCu82f30F1', email: 'jo@example.com', company: 'Acme', phone: '', age: 42 },
			]);
		});
	});

	test.each([
		['without a name', '', /'Name' of a custom field is empty/],
		['with the name of another field', 'email', /"email" has its own field/],
		['with the name of First Name', 'fName', /"fName" has its own field/],
		['with a name that n8n drops', '__proto__', /n8n can't send .* "__proto__"/],
		['with another name that n8n drops', 'constructor', /n8n can't send .* "constructor"/],
		['with a third name that n8n drops', 'prototype', /n8n can't send .* "prototype"/],
		['with the same name', 'phone ', /two custom fields with the name "phone"/],
	])('%s are rejected and nothing is sent', async (_, name, expectedMessage) => {
		const { error } = await service.run(
			withFields({ name: 'phone', value: '1' }, { name, value: 'a' }),
		);
		expect(error?.message).toMatch(expectedMessage);
		expect(service.mockServer.requests).toEqual([]);
	});
});

test("the error output also contains the service's message", async () => {
	service.mockServer.intercept = (_, reply) =>
		reply.code(400).send({ message: 'Campaign has ended' });
	const { errorItems } = await service.run(parameters, { onError: 'continueErrorOutput' });
	expect(errorItems[0].json.error).toBe(
		`Referral Rocket did not accept the request for participant "jo@example.com" in campaign "JCu82f30F1": "Campaign has ended". If that doesn't say what to change, check the campaign ID and the email address. Status 400.`,
	);
});

describe('someone who already exists', () => {
	const known = { ...parameters, email: 'participant3@example.com' };
	const failing = { ...known, options: { ifExists: 'fail' } };
	const existing = () => service.mockServer.campaign.find('participant3@example.com');
	const post = { method: 'POST', path: '/api/v1/addParticipant', query: {} };
	const refusing = (status: number, message: string) => {
		service.mockServer.intercept = ({ method }, reply) => {
			if (method === 'GET') return false;
			void reply.code(status).send({ status, error: 'Refused', message, path: '/api' });
			return true;
		};
	};

	test('is returned if the service accepts duplicates silently', async () => {
		const { rows } = await service.run(known);
		expect(rows).toEqual([existing()]);
		expect(service.mockServer.requests).toHaveLength(1);
	});

	test('stops the execution if an expression for If Participant Exists has no value', async () => {
		const { error } = await service.run({
			...known,
			options: { ifExists: '={{ $json.missing }}' },
		});
		expect(error?.message).toMatch(/is already in campaign/);
	});

	test('stops the execution with Fail, and nothing is added', async () => {
		const { error, items } = await service.run(failing);
		expect(items).toEqual([]);
		expect(error?.message).toBe(
			'Participant "participant3@example.com" is already in campaign "JCu82f30F1".',
		);
		expect(service.mockServer.requests.map(({ method }) => method)).toEqual(['GET']);
	});

	test.each(['returned', 'refused'] as const)(
		'is distinguished from someone new by a look-up first (duplicates are %s)',
		async (addingAgain) => {
			service.mockServer.behaviour.duplicateAdd = addingAgain;
			const options = { lookUpFirst: true };
			const email = '={{ $json.email }}';
			const items = toItems({ email: 'new@example.com' }, { email: known.email });
			const { rows } = await service.run({ ...parameters, email, options }, { items });
			expect(rows.map(({ email: who, isNew }) => [who, isNew])).toEqual([
				['new@example.com', true],
				[known.email, false],
			]);
			const sent = service.mockServer.requests.filter(({ method }) => method === 'POST');
			expect(sent.map(({ body }) => body?.email)).toEqual(['new@example.com']);
		},
	);

	test.each([
		['an unnamed refusal with status 409', 409, 'No'],
		['"already enrolled" with status 500', 500, 'Participant is already enrolled in this campaign'],
		['"already" with status 400', 400, 'ALREADY registered'],
	])('is looked up after %s', async (_, status, message) => {
		refusing(status, message);
		const { items, rows } = await service.run(known);
		expect(rows).toEqual([{ ...existing(), isNew: false }]);
		expect(pairedItems(items)).toEqual([{ item: 0 }]);
		expect(receivedRequests(service.mockServer)).toEqual([
			{ ...post, body: { id: 'JCu82f30F1', email: 'participant3@example.com' } },
			{
				method: 'GET',
				path: '/api/v1/getParticipant',
				query: { id: 'JCu82f30F1', email: 'participant3@example.com' },
			},
		]);
	});

	test('is looked up without the referrer, who makes no difference', async () => {
		service.mockServer.behaviour.duplicateAdd = 'refused';
		const additionalFields = { referrer: 'C000001' };
		const { rows } = await service.run({
			...known,
			additionalFields,
			options: { ifExists: 'return' },
		});
		expect(rows).toEqual([{ ...existing(), isNew: false, referrerRecorded: false }]);
		expect(service.mockServer.requests[1].query).toEqual({
			id: 'JCu82f30F1',
			email: 'participant3@example.com',
		});
	});

	test.each([
		['status 409', 409, 'No'],
		['"already enrolled"', 500, 'Participant is already enrolled in this campaign'],
	])('stops the execution after %s with Fail', async (_, status, message) => {
		// Someone else adds the same person between the look-up and the addition.
		service.mockServer.intercept = ({ method }, reply, count) => {
			if (count === 1) return reply.send('');
			return method === 'GET' ? false : reply.code(status).send({ message });
		};
		const { error, items } = await service.run(failing);
		expect(items).toEqual([]);
		expect(error?.message).toContain(
			'Participant "participant3@example.com" is already in campaign "JCu82f30F1"',
		);
		expect(error?.description).toContain('If Participant Exists');
	});

	describe.each(['return', 'fail'])('with If Participant Exists at %s', (ifExists) => {
		const unknown = { ...parameters, options: { ifExists } };

		test.each(['nothing', 'null', 'notFound'] as const)(
			'is not assumed if a look-up returns %s: the refusal had another reason',
			async (unknownParticipant) => {
				refusing(500, 'No participant exists with code XYZ');
				service.mockServer.behaviour.unknownParticipant = unknownParticipant;
				const { error, items } = await service.run(unknown);
				expect(items).toEqual([]);
				expect(error?.message).toMatch(
					/could not complete the request for participant "jo@example.com" in campaign "JCu82f30F1"/,
				);
				expect(error?.message).toContain('No participant exists with code XYZ');
			},
		);

		test('stops the execution if the look-up after a refusal fails', async () => {
			service.mockServer.intercept = ({ method }, reply, count) => {
				if (method === 'POST') return reply.code(409).send({});
				const isBefore = count === 1;
				return isBefore ? reply.send('') : reply.code(400).send({ message: 'Not now' });
			};
			const { error, items } = await service.run(unknown);
			expect(items).toEqual([]);
			expect(error?.message).toMatch(
				/Before that, .* refused to add the participant, who already exists\.$/,
			);
			expect(error?.message).toContain('Not now');
		});
	});

	test('is not assumed if someone is added whose name resembles a refusal', async () => {
		const participant = { email: 'jo@example.com', lastName: 'Already Exists' };
		service.mockServer.intercept = (_, reply) => void reply.send(participant);
		const { rows } = await service.run(parameters);
		expect(rows).toEqual([participant]);
		expect(service.mockServer.requests).toHaveLength(1);
	});

	test('adds nobody if the look-up was rejected', async () => {
		service.mockServer.intercept = (_, reply) => reply.code(400).send({ message: 'Not now' });
		const { error, items } = await service.run(failing);
		expect(items).toEqual([]);
		expect(error?.message).toContain('Not now');
		expect(service.mockServer.requests.map(({ method }) => method)).toEqual(['GET']);
	});

	// Only a 404 and an empty success say that someone isn't in the campaign.
	describe.each([
		['Report Whether New', { lookUpFirst: true }],
		['If Participant Exists at Fail', { ifExists: 'fail' }],
	])('with %s', (_option, options) => {
		test.each([
			...[302, 400, 401, 403, 429, 503, 524].map((status) => ({ status, body: '' })),
			{ status: 400, body: 'null' },
			{ status: 404, body: '<html>No such page</html>' },
			{ status: 200, body: '{}' },
			{ status: 200, body: '{"status":404,"error":"Not Found"}' },
			{ status: 200, body: '{"message":"Not now"}' },
			{ status: 200, body: '{"email":null,"referralCode":null}' },
		])('nobody is new and nobody is added after a look-up with $status $body', async (answer) => {
			service.mockServer.intercept = (_, reply) =>
				reply.code(answer.status).header('retry-after', '0').send(answer.body);
			const { error, items } = await service.run({ ...known, options });
			expect(items).toEqual([]);
			expect(error?.message).not.toContain('could not find');
			expect(error?.message).not.toContain('is already in campaign');
			expect(service.mockServer.requests.filter(({ method }) => method === 'POST')).toEqual([]);
		});
	});

	test.each(['return', 'fail'])('is not assumed after any other refusal (%s)', async (ifExists) => {
		refusing(422, 'No');
		const { error, items } = await service.run({ ...parameters, options: { ifExists } });
		expect(items).toEqual([]);
		expect(error?.message).toMatch(/did not accept/);
		expect(bodies().filter(Boolean)).toHaveLength(1);
	});

	test.each([
		['the referrer does not exist', 'Referrer does not exist'],
		['the campaign does not exist', 'Campaign does not exist'],
		['it has no room for an address like "already@example.com"', 'No room for already@example.com'],
	])('is not assumed if the service says that %s', async (_, message) => {
		refusing(500, message);
		const { error } = await service.run({
			...failing,
			email: 'already@example.com',
		});
		expect(error).toBeDefined();
		expect(error?.message).not.toContain('is already in campaign');
	});

	useRateLimitWindow(60);
	test.each([
		[401, /refused the API key/],
		[403, /refused the API key/],
		[404, /could not find/],
		[429, /Too many requests/],
	])('is not assumed after status %i, whatever the message', async (status, expectedMessage) => {
		service.mockServer.intercept = (_, reply) =>
			void reply.code(status).header('retry-after', '0').send({ message: 'It already exists' });
		const { error } = await service.run(known);
		expect(error?.message).toMatch(expectedMessage);
		expect(service.mockServer.requests.filter(({ method }) => method === 'GET')).toEqual([]);
	});
});

testCampaignField(service, parameters);
testEmailField(service, parameters);

testServiceFailures(service, {
	parameters,
	names: ['jo@example.com', 'JCu82f30F1'],
	wrongShapes: [[], [{ email: 'jo@example.com' }], 'added', 1, true],
});

testBadItems(service, {
	parameters: {
		...parameters,
		email: '={{ $json.email }}',
		additionalFields: { referrer: '={{ $json.referrer }}' },
	},
	good: [{ email: 'a@example.com' }, { email: 'b@example.com', referrer: 'C000001' }],
	bad: [
		{ name: 'one without an email', json: {}, message: /'Email' is empty/ },
		{ name: 'one that is not an email', json: { email: 'Jo' }, message: /'Email' "Jo"/ },
		{
			name: 'one with an unknown referrer',
			json: { email: 'jo@example.com', referrer: 'Nope' },
			message: /referrer "Nope"/,
		},
	],
});
