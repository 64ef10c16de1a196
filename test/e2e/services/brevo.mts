import assert from 'node:assert/strict';
import { step } from '../../../tools/command-line/progress.mts';
import { waitUntil } from '../../../tools/command-line/waitUntil.mts';
import { hosts, type Cloud } from './cloud.mts';
import type { ExampleRun } from './exampleRun.mts';
import { everyTenSeconds } from './polling.mts';

const constraints = { host: hosts.brevo };

interface Contact {
	email: string;
	attributes: Record<string, unknown>;
	listIds?: number[];
	/** Has unsubscribed. */
	emailBlacklisted?: boolean;
}

/** The types of the attributes in the account. */
const attributeTypes: Record<string, string> = {
	REFERRAL_LINK: 'string',
	REFERRAL_FRIENDS: 'number',
};

/** Brevo's call that creates or updates a contact, as documented by its API. */
export function simulateBrevo({ server }: Cloud) {
	/** By email, in lower case. */
	const contacts = new Map<string, Contact>();
	server.post('/v3/contacts', { constraints }, ({ body, headers }, reply) => {
		if (headers['api-key'] !== 'xkeysib-1') return reply.code(401).send({ code: 'unauthorized' });
		const { updateEnabled, ...sent } = body as Contact & { updateEnabled?: boolean };
		const email = sent.email.toLowerCase();
		if (!/^[^@\s]+@[^@\s]+\.\w+$/.test(email))
			return reply
				.code(400)
				.send({ code: 'invalid_parameter', message: 'email is not valid in email' });
		const existing = contacts.get(email);
		if (existing && !updateEnabled)
			return reply
				.code(400)
				.send({ code: 'duplicate_parameter', message: 'Contact already exist' });
		// Values that don't match the attribute type are ignored.
		const accepted = Object.entries(sent.attributes).filter(
			([name, value]) => typeof value === attributeTypes[name],
		);
		contacts.set(email, {
			...existing,
			...sent,
			email,
			attributes: { ...existing?.attributes, ...Object.fromEntries(accepted) },
		});
		return existing ? reply.code(204).send() : reply.code(201).send({ id: contacts.size });
	});
	return { contacts };
}

/** The example "Share link to Brevo". */
export async function brevoExample(run: ExampleRun): Promise<void> {
	const { campaign } = run.mockServer;
	const { contacts } = run.services.brevo;
	const brevo = await run.addCredential('sendInBlueApi', { apiKey: 'xkeysib-1' });
	const everyone = campaign.participants.splice(0);
	await step('Share link to Brevo: nightly and for newcomers, nobody is subscribed', async () => {
		const workflow = await run.publish('share-link-to-brevo', { httpRequest: brevo }, (nodes) => {
			everyTenSeconds(nodes['Participants joined']);
			const { batching } = nodes['Save in Brevo'].parameters.options as {
				batching: { batch: object };
			};
			// Brevo accepts ten requests per second.
			assert.deepEqual(batching.batch, { batchSize: 10, batchInterval: 1000 });
			batching.batch = { batchSize: 10, batchInterval: 1 };
		});
		const [ana, bo, , ...others] = [
			'ana@brevo.example.com',
			'Bo@brevo.example.com',
			'nobody',
			...Array.from({ length: 30 }, (_, number) => `${number}@brevo.example.com`),
		].map((email) => campaign.add(email, undefined, { totalReferrals: 3 }));
		contacts.set(ana.email, {
			...{ email: ana.email, attributes: { FIRSTNAME: 'Ana' } },
			...{ listIds: [2], emailBlacklisted: true },
		});
		const { rows } = await run.runNow(workflow);
		const attributesOf = ({ shareLink, totalReferrals }: typeof ana) => ({
			REFERRAL_LINK: shareLink,
			REFERRAL_FRIENDS: totalReferrals,
		});
		assert.deepEqual(contacts.get(ana.email), {
			...{ email: ana.email, attributes: { FIRSTNAME: 'Ana', ...attributesOf(ana) } },
			...{ listIds: [2], emailBlacklisted: true },
		});
		for (const participant of [bo, ...others]) {
			const email = participant.email.toLowerCase();
			assert.deepEqual(contacts.get(email), { email, attributes: attributesOf(participant) });
		}
		assert.deepEqual(rows('Not saved'), [
			{ email: 'nobody', reason: 'email is not valid in email' },
		]);
		// A friend joins: the newcomer is saved at once, the number of the referrer in the next night.
		const friend = campaign.add('friend@brevo.example.com', bo);
		await waitUntil(async () => {
			assert.deepEqual(contacts.get(friend.email)?.attributes, attributesOf(friend));
		}, 30);
		await run.runNow(workflow);
		assert.equal(contacts.get('bo@brevo.example.com')?.attributes.REFERRAL_FRIENDS, 4);
		await run.n8n.deactivate(workflow);
	});
	campaign.participants.splice(0, Infinity, ...everyone);
}
