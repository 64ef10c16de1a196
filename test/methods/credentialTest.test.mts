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

/** Tests a credential like the Save button; missing fields have valid values. */
async function testCredentialWith(fields: ICredentialDataDecryptedObject = {}) {
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

const respondWith = (status: number, body: string, type = 'application/json') => {
	service.mockServer.intercept = (_, reply) =>
		void reply.code(status).header('retry-after', '0').type(type).send(body);
};

const page = (key: string) => `<!doctype html><html><p>${key}</p></html>`;
const headerMode = { authentication: 'header', headerName: 'X-Rocket-Key' };

describe('the credential test', () => {
	test('passes with a valid key, by requesting a campaign that does not exist', async () => {
		expect(await testCredentialWith()).toEqual({ status: 'OK', message: 'The key works.' });
		const [request, control, ...others] = service.mockServer.requests;
		expect(others).toEqual([]);
		expect(request).toMatchObject({ method: 'GET', path: '/api/v1/getCampaign' });
		expect(Object.keys(request.query)).toEqual(['id']);
		expect(request.query.id).not.toBe('JCu82f30F1');
		// The same request with an invalid key shows that keys are checked.
		expect(control).toMatchObject({ method: 'GET', path: request.path, query: request.query });
		expect(control.headers.authorization).toBe('Bearer n8n-credential-test');
	});

	test("passes with usable entries in 'Campaigns' and names the others", async () => {
		const link = 'https://referralrocket.io/campaign?id=JCu82f30F1';
		expect(await testCredentialWith({ campaigns: `JCu82f30F1, ${link}` })).toEqual({
			status: 'OK',
			message: 'The key works.',
		});
		const other = 'https://example.com/?id=1';
		const { status, message } = await testCredentialWith({
			campaigns: `${link}, Spring, ${other}`,
		});
		expect(status).toBe('Error');
		expect(message).toMatch(
			/^The key works, but .*: "Spring", "https:\/\/example\.com\/\?id=1"\. Enter links/,
		);
		// A key in the wrong field is not shown.
		await testCredentialWith({ campaigns: service.mockServer.apiKey });
	});

	test("a campaign that is listed twice in 'Campaigns' is requested once, and each of its entries is named", async () => {
		const link = 'https://referralrocket.io/campaign?id=';
		const campaigns = `JCu82f30F1, ${link}JCu82f30F1, Old, ${link}Old, Old`;
		const { message } = await testCredentialWith({ campaigns });
		expect(message).toContain(`: "Old", "${link}Old". Enter links`);
		const requested = service.mockServer.requests.map(({ query }) => query.id);
		expect(requested.slice(2)).toEqual(['JCu82f30F1', 'Old']);
	});

	test.each([
		['__n8n_BLANK_VALUE_e5362baf, whsec_12345678', 'n8n hides a saved secret'],
		['Production-URL: whsec_12345678', 'not a secret'],
		['abc123,def456', 'not a secret'],
	])('fails with %s as a webhook secret', async (entered, message) => {
		for (const field of ['webhookSecret', 'testWebhookSecret']) {
			const result = await testCredentialWith({ [field]: entered });
			expect(result).toEqual({ status: 'Error', message: expect.stringContaining(message) });
			expect(result.message).not.toContain(entered);
		}
	});

	const hasKey = (headers: object) =>
		Object.values(headers).join().includes(service.mockServer.apiKey);
	/** Sends one response to requests with the valid key, and another to all others. */
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
		['200 and an empty body', [200, ''], [401, '']],
		['200 and null', [200, 'null'], [401, '{}']],
		['204', [204, ''], [403, '']],
		['404', [404, '{"status": 404, "message": "Campaign not found"}'], [401, '{}']],
		['404 and an empty body', [404, ''], [401, '']],
		['404, others with a redirect to a sign-in page', [404, '{}'], [302, '']],
		['404, others with 400', [404, '{}'], [400, '{"message": "Invalid key"}']],
		['404, others with 500', [404, '{}'], [500, '{"message": "Invalid key"}']],
		['400', [400, '{"message": "Invalid campaign"}'], [401, '{}']],
		['500', [500, '{"message": "No such campaign"}'], [401, '{}']],
	])('passes if a valid key gets %s', async (_, right, wrong) => {
		respond(right, wrong);
		expect(await testCredentialWith()).toMatchObject({ status: 'OK' });
	});

	test('passes if campaigns are public, but participants are not', async () => {
		service.mockServer.intercept = ({ path }, reply) =>
			path.endsWith('/getCampaign') && reply.code(404).send({ message: 'No such campaign' });
		expect(await testCredentialWith()).toMatchObject({ status: 'OK' });
		expect(await testCredentialWith({ apiKey: 'wrong' })).toMatchObject({ status: 'Error' });
	});

	const notShown =
		/^Referral Rocket responded, but the response doesn't show whether the API key is right\. .*'Base URL'.* Campaign → Get/;

	test.each<[string, () => [status: number, body: string, type?: string]]>([
		['an empty object', () => [200, '{}']],
		['an error message with status 200', () => [200, '{"error":"invalid api key"}']],
		['an empty body', () => [200, '']],
		['no content', () => [204, '']],
		['OK', () => [200, 'OK', 'text/plain']],
		['a text about signing in', () => [200, 'Please sign in', 'text/plain']],
		['a campaign that was not requested', () => [200, '{"campaignId":"A"}']],
		['404', () => [404, '{"message":"not found"}']],
		['404 and an empty body', () => [404, '']],
		['404 and a text', () => [404, '404 page not found', 'text/plain']],
		['404 with a random ID', () => [404, `{"requestId":"${randomUUID()}"}`]],
		["404 in Spring's format", () => [404, `{"timestamp":"${Date.now()}","status":404}`]],
	])('does not say that the key works if everyone gets %s', async (_, answer) => {
		service.mockServer.intercept = (_request, reply) => {
			const [status, body, type = 'application/json'] = answer();
			return void reply.code(status).type(type).send(body);
		};
		const { status, message } = await testCredentialWith();
		expect(status).toBe('Error');
		expect(message).toMatch(notShown);
		expect(service.mockServer.requests.length).toBeLessThanOrEqual(4);
	});

	test.each<[string, [number, string, string?]]>([
		['an empty object', [200, '{}']],
		['an error message', [200, '{"error":"invalid api key"}']],
	])('does not say that the key works if it gets %s, and other keys 401', async (_, right) => {
		respond(right, [401, '{}']);
		expect((await testCredentialWith()).message).toMatch(notShown);
	});

	test('does not say that the key works if other keys are only rate limited', async () => {
		respond([404, '{}'], [429, '{}']);
		expect((await testCredentialWith()).message).toMatch(notShown);
	});

	test('quotes the response if it does not show whether the key is right', async () => {
		respondWith(200, '{"error":"invalid api key"}');
		expect((await testCredentialWith()).message).toContain('Status 200: "invalid api key"');
	});

	test.each([401, 403])('says that the key was refused on status %i', async (status) => {
		respondWith(status, JSON.stringify({ message: `Bad key ${service.mockServer.apiKey}` }));
		const { status: outcome, message } = await testCredentialWith();
		expect(outcome).toBe('Error');
		expect(message).toMatch(/refused the API key/);
	});

	test.each([
		[401, /refused the API key/],
		[403, /refused the API key/],
		[429, /Too many requests/],
		[500, /could not complete/],
	])('does not pass on status %i without a body', async (status, expected) => {
		respondWith(status, '');
		const { status: outcome, message } = await testCredentialWith();
		expect(outcome).toBe('Error');
		expect(message).toMatch(expected);
	});

	test('says that a wrong key was refused', async () => {
		const { status, message } = await testCredentialWith({ apiKey: 'wrong' });
		expect(status).toBe('Error');
		expect(message).toMatch(/refused the API key/);
		expect(message).not.toContain('wrong');
	});

	test('says that an empty key was refused', async () => {
		const { status, message } = await testCredentialWith({ apiKey: '' });
		expect(status).toBe('Error');
		expect(message).toMatch(/refused the API key/);
	});

	test.each([
		[400, /did not accept the request/],
		[429, /Too many requests/],
		[500, /could not complete/],
		[503, /could not complete/],
	])('does not pass on status %i', async (status, expected) => {
		respondWith(status, JSON.stringify({ message: `No, ${service.mockServer.apiKey}` }));
		const { status: outcome, message } = await testCredentialWith();
		expect(outcome).toBe('Error');
		expect(message).toMatch(expected);
	});

	test.each([
		['200', 200, 'text/html', /web page/],
		['200, declared as JSON', 200, 'application/json', /web page/],
		['403, from a firewall', 403, 'text/html', /web page.* firewall/],
		['404', 404, 'text/html', /web page/],
		['502', 502, 'text/html', /could not complete/],
	])('does not pass on a web page with status %s', async (_, status, type, expected) => {
		respondWith(status, page(service.mockServer.apiKey), type);
		const { status: outcome, message } = await testCredentialWith();
		expect(outcome).toBe('Error');
		expect(message).toMatch(expected);
	});

	test('does not pass if nothing listens at the address', async () => {
		await service.mockServer.close();
		const { status, message } = await testCredentialWith();
		expect(status).toBe('Error');
		expect(message).toMatch(/Could not reach.*Base URL/);
	});

	test.each([
		[301, {}],
		[302, headerMode],
		[307, headerMode],
	])('does not pass or follow a redirect with status %i', async (code, fields) => {
		const other = await startMockServer({ participants: 0, apiKey: service.mockServer.apiKey });
		try {
			service.mockServer.intercept = ({ path }, reply) =>
				void reply
					.code(code)
					.header('location', `${other.url}${path}?key=${service.mockServer.apiKey}`)
					.send();
			const { status, message } = await testCredentialWith(fields);
			expect(other.requests).toEqual([]);
			expect(status).toBe('Error');
			expect(message).toMatch(/another address/);
		} finally {
			await other.close();
		}
	});

	test('sends the bare key in a header of the chosen name', async () => {
		service.mockServer.behave({ keyHeader: 'x-rocket-key', keyPrefix: '' });
		expect(await testCredentialWith(headerMode)).toMatchObject({ status: 'OK' });
		expect(service.mockServer.requests[0].headers.authorization).toBeUndefined();
		expect(await testCredentialWith()).toMatchObject({ status: 'Error' });
	});

	test.each([
		['a slash at the end', '/'],
		['slashes at the end', '//'],
		['a space at the end', ' '],
	])('passes if Base URL has %s', async (_, end) => {
		expect(await testCredentialWith({ baseUrl: service.mockServer.url + end })).toMatchObject({
			status: 'OK',
		});
		expect(new Set(service.mockServer.requests.map(({ path }) => path))).toEqual(
			new Set(['/api/v1/getCampaign']),
		);
	});

	test.each(['  KEY\n', 'Bearer KEY', ' bearer  KEY', '"KEY"', '“Bearer KEY” ', "Bearer 'KEY'"])(
		'passes if the key is pasted as %j, and the node works too',
		async (pasted) => {
			const apiKey = pasted.replace('KEY', service.mockServer.apiKey);
			expect(await testCredentialWith({ apiKey })).toMatchObject({ status: 'OK' });
			const credential = { ...credentialFor(service.mockServer), apiKey };
			expect((await service.run(parameters, { credential })).error).toBeUndefined();
		},
	);

	test.each(['/api/v1', '/api/v1/', '/API/V1//'])(
		'passes if Base URL ends in %s, and the node works too',
		async (end) => {
			const baseUrl = service.mockServer.url + end;
			expect(await testCredentialWith({ baseUrl })).toMatchObject({ status: 'OK' });
			const credential = { ...credentialFor(service.mockServer), baseUrl };
			expect((await service.run(parameters, { credential })).error).toBeUndefined();
		},
	);

	test('does not mention a campaign, as none was chosen', async () => {
		for (const status of [400, 429, 500]) {
			respondWith(status, '{}');
			const { message } = await testCredentialWith();
			expect(message).toMatch(status === 429 ? /press Retry/ : /the credential test/);
			expect(message).not.toMatch(/campaign|undefined/);
		}
	});
});

describe('a key that is refused in the chosen way', () => {
	const describeWay = ({ authentication, headerName }: (typeof usualAuthentications)[number]) =>
		authentication === 'bearer' ? 'Bearer Token' : headerName;
	/** Makes the service accept the key only in this way. */
	const acceptOnly = ({ authentication, headerName }: (typeof usualAuthentications)[number]) =>
		service.mockServer.behave(
			authentication === 'bearer'
				? { keyHeader: 'authorization', keyPrefix: 'Bearer ' }
				: { keyHeader: headerName.toLowerCase(), keyPrefix: '' },
		);
	const pairs = [...usualAuthentications, headerMode].flatMap((chosen) =>
		usualAuthentications
			.filter((accepted) => accepted !== chosen)
			.map((accepted) => ({
				chosen,
				accepted,
				sent: describeWay(chosen),
				works: describeWay(accepted),
			})),
	);
	const options = new ReferralRocketApi().properties.find(({ name }) => name === 'authentication')
		?.options as INodePropertyOptions[];
	/** The headers that contain the key, for each request in order of arrival. */
	const sentHeaders = () =>
		service.mockServer.requests.map(({ headers }) =>
			Object.entries(headers).filter(([, value]) => value?.includes(service.mockServer.apiKey)),
		);

	test.each(pairs)('as $sent, is found to work as $works', async ({ chosen, accepted }) => {
		acceptOnly(accepted);
		const { status, message } = await testCredentialWith(chosen);
		expect(status).toBe('Error');
		expect(message).toMatch(/^The API key is right/);
		const option = options.find(({ value }) => value === accepted.authentication);
		expect(message).toContain(`Choose ${option?.name} in 'Authentication'`);
		if (accepted.headerName)
			expect(message).toContain(`enter ${accepted.headerName} in 'Header Name'`);
		else expect(message).not.toContain('Header Name');
		expect(await testCredentialWith(accepted)).toEqual({ status: 'OK', message: 'The key works.' });
	});

	test.each([...usualAuthentications, headerMode, { ...headerMode, headerName: 'x-API-key' }])(
		'is sent once in each usual way if none works, chosen %j',
		async (chosen) => {
			service.mockServer.behave({ keyHeader: 'x-secret', keyPrefix: '' });
			const { status, message } = await testCredentialWith(chosen);
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

	test('is not said to be right if the service needs none', async () => {
		service.mockServer.intercept = ({ headers }, reply) =>
			void reply.code(headers.authorization ? 401 : 404).send({ message: 'No' });
		const { status, message } = await testCredentialWith();
		expect(status).toBe('Error');
		expect(message).toMatch(/refused the API key/);
		expect(message).not.toMatch(/is right/);
	});

	test('is found to work despite other ways that the service cannot handle', async () => {
		acceptOnly(usualAuthentications[4]);
		service.mockServer.intercept = ({ headers }, reply) => {
			if (headers.authorization && !/^Bearer/.test(String(headers.authorization))) {
				return reply.code(500).send();
			}
			if (headers['x-api-key']) return reply.code(302).header('location', '/login').send();
			if (headers['api-key']) return reply.type('text/html').send('<html>Sign in</html>');
			return false;
		};
		expect((await testCredentialWith()).message).toMatch(/is right.* X-Auth-Token /);
	});

	test('is not tried any further after a rate limit', async () => {
		service.mockServer.intercept = (_request, reply, count) =>
			void reply.code(count === 1 ? 401 : 429).send();
		expect((await testCredentialWith()).message).toMatch(/Too many requests/);
		expect(service.mockServer.requests).toHaveLength(2);
	});

	test('is not tried in other ways if it is empty', async () => {
		const { message } = await testCredentialWith({ apiKey: ' ' });
		expect(message).toMatch(/refused the API key/);
		expect(service.mockServer.requests).toHaveLength(1);
	});

	test('makes an operation point to the credential test', async () => {
		acceptOnly({ authentication: 'header', headerName: 'X-API-Key' });
		const { error } = await service.run(parameters);
		expect(error?.message).toMatch(/refused the API key/);
		expect(error?.description).toMatch(/credential.*the test says what to change/);
	});
});

describe('Base URL', () => {
	/** Addresses at which the mock server can be reached, but which are not known to be local. */
	const elsewhere = ['http://0.0.0.0', 'HTTP://0.0.0.0', 'http://0'];
	const port = () => new URL(service.mockServer.url).port;

	test('reaches the mock server at an address like those below', async () => {
		expect((await fetch(`http://0.0.0.0:${port()}/api/v1/getCampaign`)).status).toBe(401);
	});

	test.each(elsewhere)('%s is rejected by the test, and the key is not sent', async (address) => {
		const { status, message } = await testCredentialWith({ baseUrl: `${address}:${port()}` });
		expect(status).toBe('Error');
		expect(message).toMatch(/'Base URL' .*would send the API key unprotected.*https:\/\//);
		expect(service.mockServer.requests).toEqual([]);
	});

	test.each(elsewhere)('%s is rejected by the node, and the key is not sent', async (address) => {
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
		'%s is rejected as not an address',
		async (baseUrl) => {
			const expected = `'Base URL' "${baseUrl}" is not an address`;
			expect((await testCredentialWith({ baseUrl })).message).toContain(expected);
			const credential = { ...credentialFor(service.mockServer), baseUrl };
			expect(await runErrorMessage(service.run(parameters, { credential }))).toContain(expected);
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
	])('%s is rejected, and its password not quoted', async (baseUrl) => {
		const { status, message } = await testCredentialWith({ baseUrl });
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
		expect(await testCredentialWith({ baseUrl })).toMatchObject({ status: 'OK' });
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
		['unchanged', ''],
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
		['a name with spaces around it', ' X-Rocket-Key ', 'x-rocket-key'],
		['the default name if none is chosen', ' ', 'x-api-key'],
	])('is sent alone in a header of %s', async (_, headerName, keyHeader) => {
		const { apiKey } = service.mockServer;
		service.mockServer.behave({ keyHeader, keyPrefix: '' });
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
	])('that is missing is sent as an empty value, as %s', async (_, fields, header, sent) => {
		const credential = { ...credentialFor(service.mockServer), ...fields };
		const stored = credential as unknown as ICredentialDataDecryptedObject;
		const { error } = await service.run(parameters, { credential: stored });
		expect(service.mockServer.requests.map(({ headers }) => headers[header])).toEqual([sent]);
		expect(error?.message).toMatch(/refused the API key/);
		// Without a key, nothing is redacted.
		expect(error?.message).toContain('Full authentication is required');
	});

	test.each(['\n', '\r\n', '\t', ' ', '\u0001'])(
		'with %j in the middle is redacted in the response',
		async (space) => {
			service.mockServer.intercept = ({ headers }, reply) =>
				reply.code(400).send({ message: `Bad ${headers.authorization}, not key${space}half` });
			const apiKey = `key${space}half`;
			const credential = { ...credentialFor(service.mockServer), apiKey };
			const { error, stored } = await service.run(parameters, { credential });
			expect(error?.message).toContain('"Bad Bearer [API key], not [API key]"');
			expect(stored).not.toMatch(/half/);
		},
	);

	test('is sent in the default header if the credential names none', async () => {
		const { apiKey } = service.mockServer;
		service.mockServer.behave({ keyHeader: 'x-api-key', keyPrefix: '' });
		const credential = { ...credentialFor(service.mockServer), authentication: 'header' };
		await service.run(parameters, { credential });
		expect(service.mockServer.requests[0].headers['x-api-key']).toBe(apiKey);
	});

	test('is not sent without TLS, which the test and the node report', async () => {
		// By name: Node warns of a TLS server name that is an IP address.
		const baseUrl = service.mockServer.url.replace('http://127.0.0.1', 'https://localhost');
		const expected = /Could not establish a secure connection .*Base URL/;
		expect((await testCredentialWith({ baseUrl })).message).toMatch(expected);
		const credential = { ...credentialFor(service.mockServer), baseUrl };
		const { error } = await service.run(parameters, { credential });
		expect(`${error?.message} ${error?.description}`).toMatch(expected);
		expect(service.mockServer.requests).toEqual([]);
	});

	test('is not sent in a header with an invalid name, which the test reports', async () => {
		const { message } = await testCredentialWith({ authentication: 'header', headerName: 'a b' });
		expect(message).toMatch(/header name contains an invalid character/);
		expect(service.mockServer.requests).toEqual([]);
	});

	test('does not follow a redirect in a custom header', async () => {
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
