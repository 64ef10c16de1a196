import assert from 'node:assert/strict';
import { step } from '../../../tools/command-line/progress.mts';
import { hosts, type Cloud } from './cloud.mts';
import type { ExampleRun } from './exampleRun.mts';

const constraints = { host: hosts.hubspot };

interface Filter {
	propertyName: string;
	operator: 'HAS_PROPERTY' | 'NOT_HAS_PROPERTY';
}
interface Search {
	filterGroups: Array<{ filters: Filter[] }>;
	sorts: Array<{ propertyName: string; direction: string }>;
	properties: string[];
	limit: number;
	after?: string;
}

/** HubSpot's contacts: the search and the update by email address, as its API documents them. */
export function playHubspot({ server }: Cloud) {
	const contacts: Array<Record<string, string>> = [];
	const updates: string[] = [];
	server.post('/crm/v3/objects/contacts/search', { constraints }, ({ body }, reply) => {
		const { filterGroups, sorts, properties, limit, after = '0' } = body as Search;
		if (limit > 200 || Number(after) + limit > 10_000) return reply.code(400).send({});
		assert.deepEqual(sorts, [{ propertyName: 'createdate', direction: 'DESCENDING' }]);
		const [{ filters }] = filterGroups;
		const found = contacts
			.toReversed()
			.filter((contact) =>
				filters.every(
					({ propertyName, operator }) =>
						(contact[propertyName] !== undefined) === (operator === 'HAS_PROPERTY'),
				),
			);
		const end = Number(after) + limit;
		return {
			total: found.length,
			results: found.slice(Number(after), end).map((contact, index) => ({
				id: String(index),
				properties: Object.fromEntries(properties.map((name) => [name, contact[name] ?? null])),
			})),
			...(end < found.length && { paging: { next: { after: String(end) } } }),
		};
	});
	server.post('/contacts/v1/contact/createOrUpdate/email/:email', { constraints }, (request) => {
		const { email } = request.params as { email: string };
		const { properties } = request.body as {
			properties: Array<{ property: string; value: string }>;
		};
		const contact = contacts.find((one) => one.email === email);
		assert.ok(contact, `No contact ${email}`);
		for (const { property, value } of properties) contact[property] = value;
		updates.push(email);
		return { vid: contacts.indexOf(contact), isNew: false };
	});
	return { contacts, updates };
}

/** The example "HubSpot contact to participant", run until everyone has a link, and again. */
export async function hubspotExample(run: ExampleRun): Promise<void> {
	const { campaign } = run.mockServer;
	const { contacts, updates } = run.services.hubspot;
	const referrer = campaign.add('hubspot-referrer@example.com');
	const hubspotAppToken = await run.addCredential('hubspotAppToken', { appToken: 'pat-1' });
	const workflow = await run.import('hubspot-contact-to-participant', { hubspot: hubspotAppToken });
	const sync = async () => await run.runNow(workflow);
	const linkOf = (email: string) => campaign.find(email)?.shareLink;

	await step('HubSpot contact to participant: each contact has its link, once', async () => {
		const many = Array.from({ length: 120 }, (_, number) => `contact${number}@hubspot.example.com`);
		contacts.push(
			{ email: 'first@hubspot.example.com' },
			...many.map((email) => ({ email })),
			{ email: 'ana@hubspot.example.com', referred_by_code: referrer.referralCode },
			{ email: 'eve@hubspot.example.com', referred_by_code: 'unknown' },
			{ email: 'done@hubspot.example.com', referral_share_link: 'https://example.com/done' },
			{ firstname: 'Nobody' },
		);
		const { rows } = await sync();
		// The newest hundred, of whom one is refused, and then the others.
		assert.equal(updates.length, 99);
		assert.ok(updates.includes('ana@hubspot.example.com'));
		await sync();
		const added = ['first@hubspot.example.com', ...many, 'ana@hubspot.example.com'];
		assert.deepEqual(updates.toSorted(), added.toSorted());
		for (const contact of contacts.filter(({ email }) => added.includes(email)))
			assert.equal(contact.referral_share_link, linkOf(contact.email));
		assert.equal(campaign.find('ana@hubspot.example.com')?.referredByCode, referrer.referralCode);
		const [refused, ...others] = rows('Not added');
		assert.deepEqual(others, []);
		assert.equal(refused.contact, 'eve@hubspot.example.com');
		assert.match(String(refused.reason), /"unknown"/);
		assert.equal(campaign.find('eve@hubspot.example.com'), undefined);
	});
	await step(
		'HubSpot contact to participant: run again, it only tries who was refused',
		async () => {
			updates.splice(0);
			await sync();
			assert.deepEqual(updates, []);
			const eve = contacts.find(({ email }) => email === 'eve@hubspot.example.com');
			Object.assign(eve ?? {}, { referred_by_code: referrer.referralCode });
			await sync();
			assert.deepEqual(updates, ['eve@hubspot.example.com']);
			assert.equal(eve?.referral_share_link, linkOf('eve@hubspot.example.com'));
		},
	);
}
