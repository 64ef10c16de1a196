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
	operator: 'HAS_PROPERTY' | 'NOT_HAS_PROPERTY' | 'EQ' | 'GTE' | 'LT';
	value?: string;
}
interface Search {
	filterGroups: Array<{ filters: Filter[] }>;
	sorts?: Array<{ propertyName: string; direction: string }>;
	properties: string[];
	limit: number;
}

/** A contact or a deal. */
interface Stored {
	id: string;
	properties: Record<string, string>;
	/** Of a contact: the IDs of its deals. */
	deals?: string[];
}

const passes = ({ properties, deals }: Stored, { propertyName, operator, value }: Filter) => {
	if (propertyName === 'associations.deal') {
		assert.equal(operator, 'EQ');
		return deals?.includes(String(value));
	}
	const property = properties[propertyName];
	if (operator === 'HAS_PROPERTY') return Boolean(property);
	if (operator === 'NOT_HAS_PROPERTY') return !property;
	if (operator === 'EQ') return property === value;
	assert.match(String(value), /^\d{13}$/);
	return operator === 'GTE' ? Number(property) >= Number(value) : Number(property) < Number(value);
};

/** What the search of contacts or deals returns, as documented by HubSpot's API. */
function search(stored: Stored[], { filterGroups, sorts, properties, limit }: Search) {
	if (sorts) assert.deepEqual(sorts, [{ propertyName: 'createdate', direction: 'DESCENDING' }]);
	const found = stored
		.filter((one) =>
			filterGroups.some(({ filters }) => filters.every((filter) => passes(one, filter))),
		)
		.toSorted((a, b) => Number(b.properties.createdate) - Number(a.properties.createdate));
	return {
		total: found.length,
		results: found.slice(0, limit).map((one) => ({
			id: one.id,
			properties: Object.fromEntries(
				properties.map((name) => [name, one.properties[name] ?? null]),
			),
		})),
	};
}

/** HubSpot's contacts and deals: search and update by ID, as documented by its API. */
export function simulateHubspot({ server }: Cloud) {
	const contacts: Stored[] = [];
	const deals: Stored[] = [];
	const updates: string[] = [];
	/** IDs of contacts and deals that can't be changed. */
	const locked = new Set<string>();
	const kinds = { contacts, deals };
	const storedOf = ({ params }: { params: unknown }) =>
		kinds[(params as { kind: keyof typeof kinds }).kind];
	server.post('/crm/v3/objects/:kind/search', { constraints }, (request, reply) => {
		const body = request.body as Search;
		return body.limit > 200 ? reply.code(400).send({}) : search(storedOf(request), body);
	});
	server.patch('/crm/v3/objects/:kind/:id', { constraints }, (request, reply) => {
		const { id } = request.params as { id: string };
		const one = storedOf(request).find((stored) => stored.id === id);
		if (!one || locked.has(id)) return reply.code(404).send({ message: 'resource not found' });
		const { properties } = request.body as { properties: Record<string, string> };
		const now = String(Date.now());
		Object.assign(one.properties, properties, { lastmodifieddate: now, hs_lastmodifieddate: now });
		updates.push(one.properties.email ?? id);
		return { id, properties: one.properties };
	});
	return {
		contacts,
		deals,
		updates,
		locked,
		/** Adds a contact. An email is unique. */
		add(properties: Record<string, string>, createdAgo = 0): Stored {
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
		/** Adds a won deal with these contacts. */
		win(dealContacts: Stored[], properties: Record<string, string> = {}): Stored {
			const now = String(Date.now() + deals.length);
			const deal = {
				id: String(9000 + deals.length),
				properties: {
					...{ amount: '49.90', deal_currency_code: 'USD', hs_is_closed_won: 'true' },
					...{ createdate: now, closedate: now, hs_lastmodifieddate: now },
					...properties,
				},
			};
			deals.push(deal);
			for (const contact of dealContacts) contact.deals = [...(contact.deals ?? []), deal.id];
			return deal;
		},
		/** Makes the last change of each contact and deal a day older. */
		passADay() {
			for (const { properties } of [...contacts, ...deals]) {
				for (const name of ['lastmodifieddate', 'hs_lastmodifieddate'])
					if (name in properties) properties[name] = String(Number(properties[name]) - day);
			}
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

const importDealExample = async (run: ExampleRun) => {
	const hubspotAppToken = await run.addCredential('hubspotAppToken', { appToken: 'pat-1' });
	const credentials = { hubspot: hubspotAppToken, httpRequest: hubspotAppToken };
	return await run.import('hubspot-deal-to-qualification', credentials);
};

/** Where a deal says what has happened to it. */
const placeOfDeal = ({ properties }: Stored) => {
	const { referral_outcome: outcome, referral_note: note = '' } = properties;
	if (outcome) return `outcome in the deal: ${outcome}`;
	const [, reason] = /^\d{4}-\d\d-\d\d: (.*)$/.exec(note) ?? [];
	return reason ? `reason in the deal: ${reason}` : 'deal with nothing';
};

export const hubspotDealEntrance: Entrance = {
	kind: 'payment',
	async open(run) {
		const { hubspot } = run.services;
		const workflow = await importDealExample(run);
		// Too old for the other example, which would add them.
		const addOldContact = (properties: Record<string, string>) => hubspot.add(properties, 8 * day);
		/** By the entry's ID. */
		const entered = new Map<string, Stored>();
		const passADay = async () => {
			hubspot.passADay();
			await run.runNow(workflow);
		};
		const notInCampaign = 'reason in the deal: Not in the campaign.';
		return {
			workflow,
			visible: {
				done: 'outcome in the deal: Qualified',
				already: 'outcome in the deal: Already qualified',
				notReferred: 'outcome in the deal: Not referred',
				refused: 'outcome in the deal: Rejected',
				waiting: notInCampaign,
				notInCampaign,
				noAddress: 'reason in the deal: No contact of the deal has an email address.',
				failed: 'reason from Qualify in the deal',
			},
			async enter(entries) {
				for (const { id, email } of entries)
					entered.set(id, hubspot.win([addOldContact({ email: email ?? '', lastname: id })]));
				// Waiting deals are tried again once a day.
				await passADay();
			},
			placeOf({ id }) {
				const deal = entered.get(id) ?? assert.fail(`No deal ${id}`);
				return placeOfDeal(deal).replace(
					/reason (in the deal): .*Not accepted.*/,
					'reason from Qualify $1',
				);
			},
			repeat: passADay,
		};
	},
};

/** The example "HubSpot deal to qualification", beyond the shared entries. */
export async function hubspotDealExample(run: ExampleRun): Promise<void> {
	const { campaign } = run.mockServer;
	const { hubspot } = run.services;
	const referrer = campaign.add('deal-referrer@hubspot.example.com');
	const workflow = await importDealExample(run);
	const friend = (name: string) =>
		hubspot.add({ email: campaign.add(`${name}@deals.hubspot.example.com`, referrer).email });
	const [ana, bo, cy] = ['ana', 'bo', 'cy'].map(friend);
	const qualified = run.qualifications();
	const several = hubspot.win([ana, bo]);
	await step('HubSpot deal: only won, with an amount in the currency of the campaign', async () => {
		const old = hubspot.win([ana], { closedate: String(Date.now() - 31 * day) });
		const open = hubspot.win([ana], { hs_is_closed_won: 'false' });
		const unpriced = hubspot.win([ana], { amount: '' });
		const euros = hubspot.win([ana], { deal_currency_code: 'EUR' });
		const locked = hubspot.win([cy]);
		hubspot.locked.add(locked.id);
		const { rows } = await run.runNow(workflow);
		assert.deepEqual([several, old, open, unpriced, euros].map(placeOfDeal), [
			'reason in the deal: The deal has several contacts. Enter the address of the referred one in referral_email.',
			'deal with nothing',
			'deal with nothing',
			'reason in the deal: The deal has no amount.',
			'reason in the deal: The deal is in EUR.',
		]);
		assert.deepEqual(
			rows('Not saved').map(({ deal }) => deal),
			[locked.id],
		);
		// Saved at the next run, and not qualified again.
		hubspot.locked.clear();
		await run.runNow(workflow);
		assert.equal(placeOfDeal(locked), 'outcome in the deal: Already qualified');
		assert.deepEqual(qualified(), [[cy.properties.email, 49.9]]);
	});
	await step('HubSpot deal: re-opened, edited and won again, it qualifies once', async () => {
		several.properties.referral_email = bo.properties.email;
		hubspot.passADay();
		await run.runNow(workflow);
		assert.equal(placeOfDeal(several), 'outcome in the deal: Qualified');
		assert.equal(several.properties.referral_note, '');
		const won = hubspot.win([ana], { amount: '1200', deal_currency_code: '' });
		await run.runNow(workflow);
		// Someone chooses another contact and closes the deal again.
		several.properties.referral_email = friend('di').properties.email;
		for (const { properties } of [several, won]) properties.closedate = String(Date.now());
		hubspot.passADay();
		await run.runNow(workflow);
		assert.deepEqual(qualified(), [
			[cy.properties.email, 49.9],
			[bo.properties.email, 49.9],
			[ana.properties.email, 1200],
		]);
	});
	hubspot.contacts.splice(0);
	hubspot.deals.splice(0);
}
