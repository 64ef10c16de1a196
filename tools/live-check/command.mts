import { parseArgs } from 'node:util';
import { withoutKey } from '../../nodes/ReferralRocket/api/authentication.ts';
import { validateBaseUrl } from '../../nodes/ReferralRocket/api/baseUrl.ts';
import { validateCampaign } from '../../nodes/ReferralRocket/validation/validate.ts';
import { UserError, step } from '../command-line/progress.mts';
import { formatReport, runChecks } from './report.mts';
import { connect } from './service.mts';
import { createTrial, type Trial } from './trial.mts';

const usage = `Set the variable REFERRAL_ROCKET_API_KEY to the API key, and pass the ID of a campaign or a link to it:

  read -rs REFERRAL_ROCKET_API_KEY && export REFERRAL_ROCKET_API_KEY
  npm run check:live -- --campaign JCu82f30F1

The first line reads the key without recording it in the shell's history. Options, all after the --:

  --write            also add four participants and qualify two; use a test campaign
  --header NAME      if the key is not accepted as a bearer token, try this header first
  --base-url URL     use this address instead of Referral Rocket's own`;

/**
 * Checks docs/api.md against the real service. Only reads, unless --write is set.
 * @param args command-line arguments
 * @param key the API key, which is never printed
 * @param print shows text to the user
 * @returns the exit code: 0 if nothing differs, otherwise 1
 * @throws UserError if the checks can't be run
 */
export async function checkLive(
	args: string[],
	key: string | undefined,
	print: (text: string) => void,
): Promise<number> {
	const apiKey = key?.trim() ?? '';
	try {
		return await inspect(args, apiKey, print);
	} catch (error) {
		const { message, stack } = error as Error;
		throw new UserError(withoutKey(error instanceof UserError ? message : String(stack), apiKey));
	}
}

async function inspect(args: string[], apiKey: string, print: (text: string) => void) {
	const { write, ...options } = parseOptions(args);
	if (apiKey === '') throw new UserError(`There is no API key. ${usage}`);
	const service = await step('Getting the campaign', async () => connect({ apiKey, ...options }));
	const trial = createTrial(service, write);
	if (write) print(`\n${writeNotice(options.campaign, trial)}\n`);
	const rows = await step('Checking docs/api.md', async (showProgress) =>
		runChecks(service, trial, showProgress),
	);
	print(`\n${formatReport(rows)}`);
	if (!write) {
		print("\nThe checks that need --write add four participants, whom the API can't delete.");
	}
	return rows.some(({ verdict }) => verdict === 'differs') ? 1 : 0;
}

function parseOptions(args: string[]) {
	const { values } = parseArguments(args);
	const campaign = parseCampaign(values.campaign);
	if (!campaign) throw new UserError(`There is no campaign. ${usage}`);
	const baseUrl = parseBaseUrl(values['base-url']);
	return { campaign, baseUrl, header: values.header, write: values.write };
}

function parseArguments(args: string[]) {
	try {
		return parseArgs({
			args,
			options: {
				campaign: { type: 'string' },
				write: { type: 'boolean', default: false },
				header: { type: 'string' },
				'base-url': { type: 'string' },
			},
		});
	} catch (error) {
		throw new UserError(`${(error as Error).message}\n\n${usage}`);
	}
}

function parseCampaign(value: string | undefined) {
	try {
		return validateCampaign(value);
	} catch (error) {
		throw new UserError((error as Error).message);
	}
}

function parseBaseUrl(value: string | undefined) {
	try {
		return validateBaseUrl(value);
	} catch {
		throw new UserError(
			`--base-url "${value}" can't be used. Use an address that starts with https://, so that nobody can read the key in transit.`,
		);
	}
}

const writeNotice = (
	campaign: string,
	{ referrer, referredByCode, referredByEmail, named, amount }: Trial,
) => `--write adds these participants to campaign "${campaign}":
  ${referrer}
  ${referredByCode}, referred by the first one's code
  ${referredByEmail}, referred by the first one's email
  ${named}, with a first and a last name
and qualifies the second and third with an amount of ${amount}, so the first may earn a reward. The API
can't delete participants, so delete them in Referral Rocket. Mail to example.com reaches nobody.`;
