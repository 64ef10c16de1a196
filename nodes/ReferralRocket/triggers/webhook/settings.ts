import type { IDataObject, IHookFunctions, IWebhookFunctions } from 'n8n-workflow';
import { InvalidInputError, readSettings } from '../../api/errors';
import { credentialName } from '../../api/specification';
import { validateCampaign } from '../../validation/validate';
import { secretsIn } from './secrets';

type Context = IHookFunctions | IWebhookFunctions;

/** Credentials that were read recently, by ID. */
const readings = new Map<string, { fields: Promise<IDataObject>; readAt: number }>();

/**
 * Each time n8n 2 reads a credential, it needs several megabytes until it is done, so a burst of events shares one
 * reading.
 * @param since Unix time in milliseconds; an earlier reading isn't used
 */
async function readCredential(context: Context, since: number): Promise<IDataObject> {
	const id = context.getNode().credentials?.[credentialName]?.id ?? '';
	const known = readings.get(id);
	if (known && known.readAt >= since) return await known.fields;
	const fields = context.getCredentials(credentialName);
	readings.set(id, { fields, readAt: Date.now() });
	return await fields;
}

/**
 * @param since Unix time in milliseconds; secrets that were read earlier aren't used
 * @returns the secrets with which an event may be signed; undefined if signatures are not verified
 * @throws NodeOperationError if there is no secret, or something that can't be one
 */
export async function secretsOf(
	context: Context,
	since = Date.now(),
): Promise<string[] | undefined> {
	if (!context.getNodeParameter('options.verifySignature', true)) return undefined;
	const credential = await readCredential(context, since);
	const node = context.getNode();
	return readSettings(node, () => {
		const secrets = secretsIn(credential);
		const isTest = context.getMode() === 'manual';
		if (isTest ? secrets.length : secretsIn(credential, ['webhookSecret']).length) return secrets;
		throw new InvalidInputError(
			"The Referral Rocket credential has no 'Webhook Secret'.",
			'Copy the secret from Settings → Webhooks in Referral Rocket into the credential: it proves that events come from Referral Rocket.',
		);
	});
}

/**
 * @returns the ID of the only campaign whose events start the workflow; undefined for all campaigns
 * @throws NodeOperationError for a link without an ID
 */
export function campaignOf(context: Context): string | undefined {
	return readSettings(context.getNode(), () =>
		validateCampaign(context.getNodeParameter('campaignId', '', { extractValue: true })),
	);
}
