import type { IDataObject } from 'n8n-workflow';
import { InvalidInputError } from '../../api/errors';

/** The credential's fields for secrets, with their names in the editor. */
const secretFields = { webhookSecret: 'Webhook Secret', testWebhookSecret: 'Test Webhook Secret' };
export type SecretField = keyof typeof secretFields;
const allFields = Object.keys(secretFields) as SecretField[];

/** n8n 1 and 2 show a text that starts like this in place of a saved secret. It is public. */
const placeholder = '__n8n_BLANK_VALUE_';

/**
 * The format of the service's secrets isn't documented, so any printable text is accepted. A generated secret has
 * neither spaces nor quotes, and is at least as long as the shortest code that the service generates, a referral code
 * of eight characters. Anything shorter is only part of a secret.
 */
const secretFormat = /^(?!.*["'`;])[!-~]{8,}$/;
const label = /^[a-z_-]*(secret|hook|url|key|prod|test)[a-z_-]*[:=]./i;

/**
 * @param credential the fields of the credential
 * @param fields the fields to read
 * @returns the webhook secrets, which are separated by commas
 * @throws InvalidInputError for anything that can't be a secret; it never quotes the value
 */
export const secretsIn = (credential: IDataObject, fields = allFields): string[] =>
	fields.flatMap((field) =>
		String(credential[field] ?? '')
			.split(',')
			.map((secret) => secret.trim())
			.filter(Boolean)
			.map((secret) => validateSecret(secret, secretFields[field])),
	);

function validateSecret(secret: string, fieldName: string): string {
	if (secret.includes(placeholder)) {
		throw new InvalidInputError(
			"n8n hides a saved secret, so you can't add to it.",
			'Enter all secrets again.',
		);
	}
	if (!secretFormat.test(secret) || label.test(secret)) {
		throw new InvalidInputError(
			`'${fieldName}' contains something that is not a secret.`,
			'Copy only the secret from Settings → Webhooks in Referral Rocket: at least 8 characters, without a label, spaces, quotes, semicolons or invisible characters. Separate several secrets with commas.',
		);
	}
	return secret;
}
