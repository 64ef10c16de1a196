import { randomUUID } from 'node:crypto';
import { CredentialTestContext } from 'n8n-core';
import type { ICredentialDataDecryptedObject, INodePropertyOptions } from 'n8n-workflow';
import { ReferralRocketApi } from '../../credentials/ReferralRocketApi.credentials.ts';
import { usualAuthentications } from '../../nodes/ReferralRocket/api/specification.ts';
import { ReferralRocket } from '../../nodes/ReferralRocket/ReferralRocket.node.ts';
import { startMockServer } from '../../tools/mock-server/service.mts';
import { credentialFor, locator, runErrorMessage, useMockServer } from '../support/mockServer.mts';

const service = useMockServer();
const parameters = {
	resource: 'campaign',
	operation: 'get',
	campaignId: locator('JCu82f30F1'),
	output: 'raw',
};

/** Tests a credential as the Save button does; fields that aren't given are as they should be. */
async function tested(fields: ICredentialDataDecryptedObject = {}) {
	const data = { ...credentialFor(service.mockServer), ...fields };
	const { testCredential } = new ReferralRocket().methods.credentialTest;
	const result = await testCredential.call(new CredentialTestContext({} as never), {
		id: '1',
		name: 'Referral Rocket',
		type: 'referralRocketApi',
		data,
	});
	expect(result.message).not.toContain(service.mockServer.apiKey);
	expect(result.message).not.toMatch(/\b(error|problem|failure|mistake)/i);
	return result;
}

const answering = (status: number, body: string, type = 'application/json') => {
	service.mockServer.intercept = (_, reply) =>
		void reply.code(status).header('retry-after', '0').type(type).send(body);
};

const page = (key: string) => `<!doctype html><html><p>${key}</p></html>`;
const headerMode = { authentication: 'header', headerName: 'X-Rocket-Key' };

describe('the credential test', () => {
	test('passes with a good key, by requesting a campaign that nobody has', async () => {
		expect(await tested()).toEqual({ status: 'OK', message: 'The key works.' });
		const [request, control, ...others] = service.mockServer.requests;
		expect(others).toEqual([]);
		expect(request).toMatchObject({ method: 'GET', path: '/api/v1/getCampaign' });
		expect(Object.keys(request.query)).toEqual(['id']);
		expect(request.query.id).not.toBe('JCu82f30F1');
		// The same request with a key that nobody has shows that keys are checked.
		expect(control).toMatchObject({ method: 'GET', path: request.path, query: request.query });
		expect(control.headers.authorization).toBe('Bearer n8n-credential-test');
	});

	test.each([
		['__n8n_BLANK_VALUE_e5362baf, whsec_12345678', 'n8n hides a saved secret'],
		['Production-URL: whsec_12345678', 'not a secret'],
		['abc123,def456', 'not a secret'],
	])('fails with %s as a webhook secret', async (entered, message) => {
		for (const field of ['webhookSecret', 'testWebhookSecret']) {
			const result = await tested({ [field]: entered });
			expect(result).toEqual({ status: 'Error', message: expect.stringContaining(message) });
			expect(result.message).not.toContain(entered);
		}
	});

	const hasKey = (headers: object) =>
		Object.values(headers).join().includes(service.mockServer.apiKey);
	/** Sends one response to requests with the right key, and another one to all others. */
	const respond = (
		[status, body, type = 'application/json']: [number, string, string?],
		[otherStatus, otherBody, otherType = 'application/json']: [number, string, string?],
	) => {
		service.mockServer.intercept = ({ headers }, reply) =>
			hasKey(headers)
				? void reply.code(status).type(type).send(body)
				: void reply.code(otherStatus).type(otherType).send(otherBody);
	};

	test.each<[string, [number, string], [number, string]]>([
		['200 and nothing', [200, ''], [401, '']],
		['200 and null', [200, 'null'], [401, '{}']],
		['204', [204, ''], [403, '']],
		['404', [404, '{"status": 404, "message": "Campaign not found"}'], [401, '{}']],
		['404 and nothing', [404, ''], [401, '']],
		['404, others with a redirect to a sign-in page', [404, '{}'], [302, '']],
		['404, others with 400', [404, '{}'], [400, '{"message": "Invalid key"}']],
		['404, others with 500', [404, '{}'], [500, '{"message": "Invalid key"}']],
		['400', [400, '{"message": "Invalid campaign"}'], [401, '{}']],
		['500', [500, '{"message": "No such campaign"}'], [401, '{}']],
	])('passes if a good key gets %s', async (_, right, wrong) => {
		respond(right, wrong);
		expect(await tested()).toMatchObject({ status: 'OK' });
	});

	test('passes if campaigns are public, but participants are not', async () => {
		service.mockServer.intercept = ({ path }, reply) =>
			path.endsWith('/getCampaign') && reply.code(404).send({ message: 'No such campaign' });
		expect(await tested()).toMatchObject({ status: 'OK' });
		expect(await tested({ apiKey: 'wrong' })).toMatchObject({ status: 'Error' });
	});

	const notShown =
		/^Referral Rocket responded, but the response doesn't show whether the API key is right\. .*'Base URL'.* Campaign → Get/;

	test.each<[string, () => [status: number, body: string, type?: string]]>([
		['an empty object', () => [200, '{}']],
		['the text of a refusal with status 200', () => [200, '{"error":"invalid api key"}']],
		['an empty body', () => [200, '']],
		['no content', () => [204, '']],
		['OK', () => [200, 'OK', 'text/plain']],
		['a text about signing in', () => [200, 'Please sign in', 'text/plain']],
		['a campaign that nobody asked for', () => [200, '{"campaignId":"A"}']],
		['404', () => [404, '{"message":"not found"}']],
		['404 and nothing', () => [404, '']],
		['404 and a text', () => [404, '404 page not found', 'text/plain']],
		['404 with a random ID', () => [404, `{"requestId":"${randomUUID()}"}`]],
		['404 as Spring words it', () => [404, `{"timestamp":"${Date.now()}","status":404}`]],
	])('does not say that the key works if everyone gets %s', async (_, answer) => {
		service.mockServer.intercept = (_request, reply) => {
			const [status, body, type = 'application/json'] = answer();
			return void reply.code(status).type(type).send(body);
		};
		const { status, message } = await tested();
		expect(status).toBe('Error');
		expect(message).toMatch(notShown);
		expect(service.mockServer.requests.length).toBeLessThanOrEqual(4);
	});

	test.each<[string, [number, string, string?]]>([
		['an empty object', [200, '{}']],
		['the text of a refusal', [200, '{"error":"invalid api key"}']],
	])('does not say that the key works if it gets %s, and other keys 401', async (_, right) => {
		respond(right, [401, '{}']);
		expect((await tested()).message).toMatch(notShown);
	});

	test('does not say that the key works if others are refused for a moment only', async () => {
		respond([404, '{}'], [429, '{}']);
		expect((await tested()).message).toMatch(notShown);
	});

	test('quotes what the service said if that does not show whether the key is right', async () => {
		answering(200, '{"error":"invalid api key"}');
		expect((await tested()).message).toContain('status 200: "invalid api key"');
	});

	test.each([401, 403])('says that the key was refused on status %i', async (status) => {
		answering(status, JSON.stringify({ message: `Bad key ${service.mockServer.apiKey}` }));
		const { status: outcome, message } = await tested();
		expect(outcome).toBe('Error');
		expect(message).toMatch(/refused the API key/);
	});

	test.each([
		[401, /refused the API key/],
		[403, /refused the API key/],
		[429, /Too many requests/],
		[500, /could not complete/],
	])('does not pass on status %i without a body', async (status, says) => {
		answering(status, '');
		const { status: outcome, message } = await tested();
		expect(outcome).toBe('Error');
		expect(message).toMatch(says);
	});

	test('says that the key was refused when it is wrong', async () => {
		const { status, message } = await tested({ apiKey: 'wrong' });
		expect(status).toBe('Error');
		expect(message).toMatch(/refused the API key/);
		expect(message).not.toContain('wrong');
	});

	test('says that the key was refused when it is empty', async () => {
		const { status, message } = await tested({ apiKey: '' });
		expect(status).toBe('Error');
		expect(message).toMatch(/refused the API key/);
	});

	test.each([
		[400, /did not accept the request/],
		[429, /Too many requests/],
		[500, /could not complete/],
		[503, /could not complete/],
	])('does not pass on status %i', async (status, says) => {
		answering(status, JSON.stringify({ message: `No, ${service.mockServer.apiKey}` }));
		const { status: outcome, message } = await tested();
		expect(outcome).toBe('Error');
		expect(message).toMatch(says);
	});

	test.each([
		['200', 200, 'text/html', /web page/],
		['200, said to be JSON', 200, 'application/json', /web page/],
		['403, from a firewall', 403, 'text/html', /web page.* firewall/],
		['404', 404, 'text/html', /web page/],
		['502', 502, 'text/html', /could not complete/],
	])('does not pass on a web page with status %s', async (_, status, type, says) => {
		answering(status, page(service.mockServer.apiKey), type);
		const { status: outcome, message } = await tested();
		expect(outcome).toBe('Error');
		expect(message).toMatch(says);
	});

	test('does not pass when nothing listens at the address', async () => {
		await service.mockServer.close();
		const { status, message } = await tested();
		expect(status).toBe('Error');
		expect(message).toMatch(/Could not reach.*Base URL/);
	});

	test.each([
		[301, {}],
		[302, headerMode],
		[307, headerMode],
	])('does not follow a redirect with status %i, nor pass', async (code, fields) => {
		const other = await startMockServer({ participants: 0, apiKey: service.mockServer.apiKey });
		try {
			service.mockServer.intercept = ({ path }, reply) =>
				void reply
					.code(code)
					.header('location', `${other.url}${path}?key=${service.mockServer.apiKey}`)
					.send();
			const { status, message } = await tested(fields);
			expect(other.requests).toEqual([]);
			expect(status).toBe('Error');
			expect(message).toMatch(/another address/);
		} finally {
			await other.close();
		}
	});

	test('sends the bare key in a header of the chosen name', async () => {
		Object.assign(service.mockServer.behaviour, { keyHeader: 'x-rocket-key', keyPrefix: '' });
		expect(await tested(headerMode)).toMatchObject({ status: 'OK' });
		expect(service.mockServer.requests[0].headers.authorization).toBeUndefined();
		expect(await tested()).toMatchObject({ status: 'Error' });
	});

	test.each([
		['a slash at the end', '/'],
		['slashes at the end', '//'],
		['a space at the end', ' '],
	])('passes when Base URL has %s', async (_, end) => {
		expect(await tested({ baseUrl: service.mockServer.url + end })).toMatchObject({ status: 'OK' });
		expect(new Set(service.mockServer.requests.map(({ path }) => path))).toEqual(
			new Set(['/api/v1/getCampaign']),
		);
	});

	test.each(['  KEY\n', 'Bearer KEY', ' bearer  KEY'])(
		'passes when the key is pasted as %j, and so works the node',
		async (pasted) => {
			const apiKey = pasted.replace('KEY', service.mockServer.apiKey);
			expect(await tested({ apiKey })).toMatchObject({ status: 'OK' });
			const credential = { ...credentialFor(service.mockServer), apiKey };
			expect((await service.run(parameters, { credential })).error).toBeUndefined();
		},
	);

	test.each(['/api/v1', '/api/v1/', '/API/V1//'])(
		'passes when Base URL ends in %s, and so works the node',
		async (end) => {
			const baseUrl = service.mockServer.url + end;
			expect(await tested({ baseUrl })).toMatchObject({ status: 'OK' });
			const credential = { ...credentialFor(service.mockServer), baseUrl };
			expect((await service.run(parameters, { credential })).error).toBeUndefined();
		},
	);

	test('says nothing about a campaign, as nobody has chosen one', async () => {
		for (const status of [400, 429, 500]) {
			answering(status, '{}');
			const { message } = await tested();
			expect(message).toContain('the credential test');
			expect(message).not.toMatch(/campaign|undefined/);
		}
	});
});

describe('a key that is refused as it is sent', () => {
	const wayOf = ({ authentication, headerName }: (typeof usualAuthentications)[number]) =>
		authentication === 'bearer' ? 'Bearer Token' : headerName;
	/** Lets the service take the key in this way alone. */
	const taking = ({ authentication, headerName }: (typeof usualAuthentications)[number]) =>
		Object.assign(
			service.mockServer.behaviour,
			authentication === 'bearer'
				? { keyHeader: 'authorization', keyPrefix: 'Bearer ' }
				: { keyHeader: headerName.toLowerCase(), keyPrefix: '' },
		);
	const pairs = [...usualAuthentications, headerMode].flatMap((chosen) =>
		usualAuthentications
			.filter((taken) => taken !== chosen)
			.map((taken) => ({ chosen, taken, sent: wayOf(chosen), wanted: wayOf(taken) })),
	);
	const options = new ReferralRocketApi().properties.find(({ name }) => name === 'authentication')
		?.options as INodePropertyOptions[];
	/** The headers with the key, in the order in which the service got them. */
	const sentHeaders = () =>
		service.mockServer.requests.map(({ headers }) =>
			Object.entries(headers).filter(([, value]) => value?.includes(service.mockServer.apiKey)),
		);

	test.each(pairs)('as $sent, is found to work as $wanted', async ({ chosen, taken }) => {
		taking(taken);
		const { status, message } = await tested(chosen);
		expect(status).toBe('Error');
		expect(message).toMatch(/^The API key is right/);
		const option = options.find(({ value }) => value === taken.authentication);
		expect(message).toContain(`Choose ${option?.name} in 'Authentication'`);
		if (taken.headerName) expect(message).toContain(`enter ${taken.headerName} in 'Header Name'`);
		else expect(message).not.toContain('Header Name');
		expect(await tested(taken)).toEqual({ status: 'OK', message: 'The key works.' });
	});

	test.each([...usualAuthentications, headerMode, { ...headerMode, headerName: 'x-API-key' }])(
		'in all usual ways, is sent once in each, chosen %j',
		async (chosen) => {
			Object.assign(service.mockServer.behaviour, { keyHeader: 'x-secret', keyPrefix: '' });
			const { status, message } = await tested(chosen);
			expect(status).toBe('Error');
			expect(message).toMatch(/refused the API key.*'API Key'.*All usual ways .* were tried/);
			const ways = sentHeaders().map((headers) => JSON.stringify(headers));
			expect(new Set(ways).size).toBe(ways.length);
			const isUsual = chosen.headerName !== headerMode.headerName;
			expect(ways).toHaveLength(usualAuthentications.length + (isUsual ? 0 : 1));
			expect(sentHeaders().filter((headers) => headers.length !== 1)).toEqual([]);
			expect(new Set(service.mockServer.requests.map(({ path }) => path)).size).toBe(1);
		},
	);

	test('is not said to be right where nobody needs one', async () => {
		service.mockServer.intercept = ({ headers }, reply) =>
			void reply.code(headers.authorization ? 401 : 404).send({ message: 'No' });
		const { status, message } = await tested();
		expect(status).toBe('Error');
		expect(message).toMatch(/refused the API key/);
		expect(message).not.toMatch(/is right/);
	});

	test('is found behind ways that the service can not cope with', async () => {
		taking(usualAuthentications[4]);
		service.mockServer.intercept = ({ headers }, reply) => {
			if (headers.authorization && !/^Bearer/.test(String(headers.authorization))) {
				return reply.code(500).send();
			}
			if (headers['x-api-key']) return reply.code(302).header('location', '/login').send();
			if (headers['api-key']) return reply.type('text/html').send('<html>Sign in</html>');
			return false;
		};
		expect((await tested()).message).toMatch(/is right.* X-Auth-Token /);
	});

	test('is not tried further once the service has had enough', async () => {
		service.mockServer.intercept = (_request, reply, count) =>
			void reply.code(count === 1 ? 401 : 429).send();
		expect((await tested()).message).toMatch(/Too many requests/);
		expect(service.mockServer.requests).toHaveLength(2);
	});

	test('is not tried at all when it is empty', async () => {
		const { message } = await tested({ apiKey: ' ' });
		expect(message).toMatch(/refused the API key/);
		expect(service.mockServer.requests).toHaveLength(1);
	});

	test('lets an operation say that the test of the credential helps', async () => {
		taking({ authentication: 'header', headerName: 'X-API-Key' });
		const { error } = await service.run(parameters);
		expect(error?.message).toMatch(/refused the API key/);
		expect(error?.description).toMatch(/credential.*test finds out how to send the key/);
	});
});

describe('Base URL', () => {
	/** Addresses at which the mock server can be reached, though they are not this machine by name. */
	const elsewhere = ['http://0.0.0.0', 'HTTP://0.0.0.0', 'http://0'];
	const port = () => new URL(service.mockServer.url).port;

	test('reaches the mock server at an address like those below', async () => {
		expect((await fetch(`http://0.0.0.0:${port()}/api/v1/getCampaign`)).status).toBe(401);
	});

	test.each(elsewhere)('%s is refused by the test, and the key not sent', async (address) => {
		const { status, message } = await tested({ baseUrl: `${address}:${port()}` });
		expect(status).toBe('Error');
		expect(message).toMatch(/'Base URL' .*would send the API key unprotected.*https:\/\//);
		expect(service.mockServer.requests).toEqual([]);
	});

	test.each(elsewhere)('%s is refused by the node, and the key not sent', async (address) => {
		const credential = {
			...credentialFor(service.mockServer),
			baseUrl: `${address}:${port()}`,
		};
		expect(await runErrorMessage(service.run(parameters, { credential }))).toMatch(
			/'Base URL' .*https:\/\//,
		);
		expect(service.mockServer.requests).toEqual([]);
	});

	test.each(['referralrocket', 'app.referralrocket.io', 'ftp://app.referralrocket.io', 'https://'])(
		'%s is refused as no address',
		async (baseUrl) => {
			const says = `'Base URL' "${baseUrl}" is not an address`;
			expect((await tested({ baseUrl })).message).toContain(says);
			const credential = { ...credentialFor(service.mockServer), baseUrl };
			expect(await runErrorMessage(service.run(parameters, { credential }))).toContain(says);
		},
	);

	test.each([
		'https://jo:geheim@app.referralrocket.io',
		'https://geheim@app.referralrocket.io',
		'https://:geheim@app.referralrocket.io',
		'http://jo:geheim@127.0.0.1:9',
		'http://jo:geheim@0.0.0.0:9',
		'https:\\\\jo:geheim@app.referralrocket.io',
		'jo:geheim@app.referralrocket.io',
		'https//jo:geheim@app.referralrocket.io',
		'https://jo:geheim@',
	])('%s is refused and its password not repeated', async (baseUrl) => {
		const { status, message } = await tested({ baseUrl });
		expect(status).toBe('Error');
		expect(message).toMatch(/'Base URL' contains a user name or password/);
		expect(message).not.toMatch(/geheim/);
		const credential = { ...credentialFor(service.mockServer), baseUrl };
		const { error, stored } = await service.run(parameters, { credential });
		expect(error?.message).toMatch(/'Base URL' contains a user name or password/);
		expect(stored).not.toMatch(/geheim/);
	});

	test.each(['localhost', '127.0.0.1'])('may be plain http to %s', async (host) => {
		const baseUrl = `http://${host}:${port()}`;
		expect(await tested({ baseUrl })).toMatchObject({ status: 'OK' });
	});

	test.each(['/', '//', ' '])('may end with %j in the node', async (end) => {
		const credential = {
			...credentialFor(service.mockServer),
			baseUrl: service.mockServer.url + end,
		};
		const { rows } = await service.run(parameters, { credential });
		expect(rows).toEqual([service.mockServer.campaign.details()]);
		expect(service.mockServer.requests.map(({ path }) => path)).toEqual(['/api/v1/getCampaign']);
	});
});

describe('the key in the node', () => {
	test.each([
		['as it is', ''],
		['without the spaces around it', ' \n'],
	])('is sent as a bearer token, %s', async (_, space) => {
		const { apiKey } = service.mockServer;
		const credential = {
			...credentialFor(service.mockServer),
			apiKey: space + apiKey + space,
		};
		const { rows } = await service.run(parameters, { credential });
		expect(rows).toEqual([service.mockServer.campaign.details()]);
		expect(service.mockServer.requests[0].headers.authorization).toBe(`Bearer ${apiKey}`);
	});

	test.each([
		['the chosen name', 'X-Rocket-Key', 'x-rocket-key'],
		['a name with spaces around', ' X-Rocket-Key ', 'x-rocket-key'],
		['the usual name when none is chosen', ' ', 'x-api-key'],
	])('is sent alone in a header of %s', async (_, headerName, keyHeader) => {
		const { apiKey } = service.mockServer;
		Object.assign(service.mockServer.behaviour, { keyHeader, keyPrefix: '' });
		const credential = {
			...credentialFor(service.mockServer),
			authentication: 'header',
			headerName,
		};
		const { rows } = await service.run(parameters, { credential });
		expect(rows).toEqual([service.mockServer.campaign.details()]);
		expect(service.mockServer.requests[0].headers[keyHeader]).toBe(apiKey);
		expect(service.mockServer.requests[0].headers.authorization).toBeUndefined();
	});

	test.each([
		['a bearer token', { apiKey: undefined }, 'authorization', 'Bearer'],
		['a header', { apiKey: undefined, ...headerMode }, 'x-rocket-key', ''],
	])('that is missing is sent as nothing, as %s', async (_, fields, header, sent) => {
		const credential = { ...credentialFor(service.mockServer), ...fields };
		const given = credential as unknown as ICredentialDataDecryptedObject;
		const { error } = await service.run(parameters, { credential: given });
		expect(service.mockServer.requests.map(({ headers }) => headers[header])).toEqual([sent]);
		expect(error?.message).toMatch(/refused the API key/);
		// Nothing is hidden where there is no key to hide.
		expect(error?.description).toContain('Full authentication is required');
	});

	test.each(['\n', '\r\n', '\t', ' ', '\u0001'])(
		'with %j in the middle of it is hidden in what the service says',
		async (space) => {
			service.mockServer.intercept = ({ headers }, reply) =>
				reply.code(400).send({ message: `Bad ${headers.authorization}, not key${space}half` });
			const apiKey = `key${space}half`;
			const credential = { ...credentialFor(service.mockServer), apiKey };
			const { error, stored } = await service.run(parameters, { credential });
			expect(error?.description).toContain('"Bad Bearer [API key], not [API key]"');
			expect(stored).not.toMatch(/half/);
		},
	);

	test('is sent in the usual header when the credential names none', async () => {
		const { apiKey } = service.mockServer;
		Object.assign(service.mockServer.behaviour, { keyHeader: 'x-api-key', keyPrefix: '' });
		const credential = { ...credentialFor(service.mockServer), authentication: 'header' };
		await service.run(parameters, { credential });
		expect(service.mockServer.requests[0].headers['x-api-key']).toBe(apiKey);
	});

	test('is not sent where no https is spoken, which the test and the node say', async () => {
		// By name: Node warns of a TLS server name that is an IP address.
		const baseUrl = service.mockServer.url.replace('http://127.0.0.1', 'https://localhost');
		const says = /Could not establish a secure connection .*Base URL/;
		expect((await tested({ baseUrl })).message).toMatch(says);
		const credential = { ...credentialFor(service.mockServer), baseUrl };
		const { error } = await service.run(parameters, { credential });
		expect(`${error?.message} ${error?.description}`).toMatch(says);
		expect(service.mockServer.requests).toEqual([]);
	});

	test('is not sent in a header whose name can not be sent, which the test says', async () => {
		const { message } = await tested({ authentication: 'header', headerName: 'a b' });
		expect(message).toMatch(/header name contains an invalid character/);
		expect(service.mockServer.requests).toEqual([]);
	});

	test('does not follow a redirect in a header of its own', async () => {
		const other = await startMockServer({ participants: 0, apiKey: service.mockServer.apiKey });
		try {
			service.mockServer.intercept = ({ path }, reply) =>
				void reply.code(302).header('location', `${other.url}${path}`).send();
			const credential = { ...credentialFor(service.mockServer), ...headerMode };
			const { error } = await service.run(parameters, { credential });
			expect(other.requests).toEqual([]);
			expect(error?.message).toMatch(/another address/);
		} finally {
			await other.close();
		}
	});
});
