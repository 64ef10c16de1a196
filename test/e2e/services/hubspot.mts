import assert from 'node:assert/strict';
import { step } from '../../../tools/command-line/progress.mts';
import { hosts, type Cloud } from './cloud.mts';
import type { Entrance } from './entrance.mts';
import type { ExampleRun } from './exampleRun.mts';

const constraints = { host: hosts.hubspot };

/** In milliseconds. */
const day = 24 * 60 * 60 * 1000;

interface Filter {
	propertyName: string;
	operator: 'HAS_PROPERTY' | 'NOT_HAS_PROPERTY' | 'GTE' | 'LT';
	value?: string;
}
interface Search {
	filterGroups: Array<{ filters: Filter[] }>;
	sorts: Array<{ propertyName: string; direction: string }>;
	properties: string[];
	limit: number;
}

interface Contact {
	id: string;
	properties: Record<string, string>;
}

const passes = ({ properties }: Contact, { propertyName, operator, value }: Filter) => {
	const property = properties[propertyName];
	if (operator === 'HAS_PROPERTY') return Boolean(property);
	if (operator === 'NOT_HAS_PROPERTY') return !property;
	assert.match(String(value), /^\d{13}$/);
	return operator === 'GTE' ? Number(property) >= Number(value) : Number(property) < Number(value);
};

/** HubSpot's contacts: search and update by ID, as documented by its API. */
export function simulateHubspot({ server }: Cloud) {
	const contacts: Contact[] = [];
	const updates: string[] = [];
	/** IDs of contacts that can't be changed. */
	const locked = new Set<string>();
	server.post('/crm/v3/objects/contacts/search', { constraints }, ({ body }, reply) => {
		const { filterGroups, sorts, properties, limit } = body as Search;
		if (limit > 200) return reply.code(400).send({});
		assert.deepEqual(sorts, [{ propertyName: 'createdate', direction: 'DESCENDING' }]);
		const found = contacts
			.filter((contact) =>
				filterGroups.some(({ filters }) => filters.every((filter) => passes(contact, filter))),
			)
			.toSorted((a, b) => Number(b.properties.createdate) - Number(a.properties.createdate));
		return {
			total: found.length,
			results: found.slice(0, limit).map((contact) => ({
				id: contact.id,
				properties: Object.fromEntries(
					properties.map((name) => [name, contact.properties[name] ?? null]),
				),
			})),
		};
	});
	server.patch('/crm/v3/objects/contacts/:id', { constraints }, (request, reply) => {
		const { id } = request.params as { id: string };
		const contact = contacts.find((one) => one.id === id);
		if (!contact || locked.has(id)) return reply.code(404).send({ message: 'resource not found' });
		const { properties } = request.body as { properties: Record<string, string> };
		Object.assign(contact.properties, properties, { lastmodifieddate: String(Date.now()) });
		updates.push(contact.properties.email);
		return { id, properties: contact.properties };
	});
	return {
		contacts,
		updates,
		locked,
		/** Adds a contact. An email is unique. */
		add(properties: Record<string, string>, createdAgo = 0): Contact {
			const existing = contacts.find(
				(one) => properties.email && one.properties.email === properties.email,
			);
			if (existing) return existing;
			const createdate = String(Date.now() - createdAgo + contacts.length);
			const contact = {
				id: String(contacts.length + 1),
				properties: { ...properties, createdate, lastmodifieddate: createdate },
			};
			contacts.push(contact);
			return contact;
		},
		/** Makes the last change of each contact a day older. */
		passADay() {
			for (const { properties } of contacts)
				properties.lastmodifieddate = String(Number(properties.lastmodifieddate) - day);
		},
	};
}

const importExample = async (run: ExampleRun, limit = 100) => {
	const hubspotAppToken = await run.addCredential('hubspotAppToken', { appToken: 'pat-1' });
	const credentials = { hubspot: hubspotAppToken, httpRequest: hubspotAppToken };
	return await run.import('hubspot-contact-to-participant', credentials, (nodes) => {
		assert.equal(nodes['New contacts'].parameters.limit, 100);
		nodes['New contacts'].parameters.limit = limit;
	});
};

export const hubspotEntrance: Entrance = {
	kind: 'person',
	async open(run) {
		const { hubspot } = run.services;
		const workflow = await importExample(run);
		return {
			workflow,
			visible: {
				done: 'link in the contact',
				noAddress: 'contact without an address',
				refused: 'reason in the contact',
				unknownCode: 'reason in the contact',
				failed: 'reason in the contact',
			},
			async enter(entries) {
				for (const { id, email, code } of entries) {
					hubspot.add({ email: email ?? '', lastname: id, referred_by_code: code ?? '' });
				}
				await run.runNow(workflow);
			},
			placeOf({ id, email }) {
				const { properties } =
					hubspot.contacts.find((one) => email && one.properties.email === email) ??
					hubspot.contacts.find((one) => one.properties.lastname === id) ??
					assert.fail(`No contact ${id}`);
				if (properties.referral_share_link) return 'link in the contact';
				if (properties.referral_note) return 'reason in the contact';
				return properties.email ? 'contact with nothing' : 'contact without an address';
			},
			async repeat() {
				hubspot.passADay();
				await run.runNow(workflow);
			},
		};
	},
};

/** The example "HubSpot contact to participant", beyond the shared entries. */
export async function hubspotExample(run: ExampleRun): Promise<void> {
	const { campaign } = run.mockServer;
	const { hubspot } = run.services;
	const { updates } = hubspot;
	// Instead of a hundred, so that a few contacts fill a run.
	const limit = 5;
	const workflow = await importExample(run, limit);

	await step('HubSpot contact to participant: nobody delays the others', async () => {
		const old = hubspot.add({ email: 'old@hubspot.example.com' }, 8 * day);
		const first = hubspot.add({ email: 'a#b?c/d@hubspot.example.com' });
		// The newest ones can't be added.
		for (let number = 0; number < limit; number++)
			hubspot.add({ email: `${number}@hubspot.example.com`, referred_by_code: 'unknown' });
		const lockedContact = hubspot.add({ email: 'locked@hubspot.example.com' });
		hubspot.locked.add(lockedContact.id);
		await run.runNow(workflow);
		const { rows } = await run.runNow(workflow);
		assert.equal(
			first.properties.referral_share_link,
			campaign.find(first.properties.email)?.shareLink,
		);
		assert.equal(old.properties.referral_share_link, undefined);
		assert.deepEqual(
			rows('Not saved').map(({ contact }) => contact),
			['locked@hubspot.example.com'],
		);
		const [, , refused] = hubspot.contacts;
		assert.match(refused.properties.referral_note, /^\d{4}-\d\d-\d\d: .*"unknown"/);
	});
	await step(
		'HubSpot contact to participant: the reason is cleared once someone is added',
		async () => {
			updates.splice(0);
			await run.runNow(workflow);
			assert.deepEqual(updates, []);
			const [, , refused] = hubspot.contacts;
			refused.properties.referred_by_code = campaign.participants[0].referralCode;
			hubspot.passADay();
			// The newest come first, and this one is the oldest.
			await run.runNow(workflow);
			await run.runNow(workflow);
			assert.ok(refused.properties.referral_share_link);
			assert.equal(refused.properties.referral_note, '');
		},
	);
	hubspot.locked.clear();
	hubspot.contacts.splice(0);
}
