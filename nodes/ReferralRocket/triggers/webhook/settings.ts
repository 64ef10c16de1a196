import type { IHookFunctions, IWebhookFunctions } from 'n8n-workflow';
import { createSettingsError, readSettings } from '../../api/errors';
import { credentialName } from '../../api/specification';
import { validateCampaign } from '../../parameters/validate';

type Context = IHookFunctions | IWebhookFunctions;

/** Characters of a secret among several. What is shorter is a label or a word of one secret, and can be guessed. */
const shortestOfSeveral = 12;

/**
 * @returns the secrets of which one has signed an event: what is entered as a whole, and its parts between
 * commas and spaces; none where nothing is entered, and undefined where signatures are not to be verified
 */
export async function secretsOf(context: Context): Promise<string[] | undefined> {
	if (!context.getNodeParameter('options.verifySignature', true)) return undefined;
	const { webhookSecret } = await context.getCredentials(credentialName);
	const entered = String(webhookSecret ?? '').trim();
	const parts = entered.split(/[\s,]+/).filter(({ length }) => length >= shortestOfSeveral);
	return [...new Set([entered, ...parts])].filter((secret) => /[^\s,]/.test(secret));
}

export const createMissingSecretError = (context: Context) =>
	createSettingsError(
		context.getNode(),
		"The Referral Rocket credential has no 'Webhook Secret'. Copy the secret from Settings → Webhooks in Referral Rocket into the credential: it proves that events come from Referral Rocket.",
	);

/**
 * @returns the ID of the only campaign whose events start the workflow; undefined for all
 * @throws NodeOperationError for a link without an ID
 */
export function campaignOf(context: Context): string | undefined {
	return readSettings(context.getNode(), () =>
		validateCampaign(context.getNodeParameter('campaignId', '', { extractValue: true })),
	);
}

/** @throws NodeOperationError for settings with which no event could start the workflow */
export async function checkSettings(context: Context): Promise<void> {
	if ((await secretsOf(context))?.length === 0) throw createMissingSecretError(context);
	campaignOf(context);
}
