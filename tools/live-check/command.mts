import { parseArgs } from 'node:util';
import { withoutKey } from '../../nodes/ReferralRocket/api/authentication.ts';
import { validateBaseUrl } from '../../nodes/ReferralRocket/api/baseUrl.ts';
import { validateCampaign } from '../../nodes/ReferralRocket/parameters/validate.ts';
import { UserError, step } from '../command-line/progress.mts';
import { report, rowsOf } from './report.mts';
import { connect } from './service.mts';
import { trialAt, type Trial } from './trial.mts';

const usage = `Give the API key in the variable REFERRAL_ROCKET_API_KEY and a campaign, by its ID or a link to it:

  read -rs REFERRAL_ROCKET_API_KEY && export REFERRAL_ROCKET_API_KEY
  npm run check:live -- --campaign JCu82f30F1

The first line waits for the key and keeps it out of the shell's history. Options, all behind the --:

  --write            also adds four participants and qualifies two, best in a campaign made for trials
  --header NAME      try this header first, if the key is not taken as a bearer token
  --base-url URL     ask at another address than Referral Rocket's own`;

/**
 * Holds docs/api.md against the real service. Reads only, unless --write is given.
 * @param args of the command line
 * @param key the API key, which is never printed
 * @param print shows text to the person
 * @returns the exit code: 0 when nothing that was seen differs, else 1
 * @throws UserError for all that keeps it from looking
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
	const { write, ...asked } = options(args);
	if (apiKey === '') throw new UserError(`There is no API key. ${usage}`);
	const service = await step('Asking for the campaign', async () => connect({ apiKey, ...asked }));
	const trial = trialAt(service, write);
	if (write) print(`\n${notice(asked.campaign, trial)}\n`);
	const rows = await step('Going through docs/api.md', async (say) => rowsOf(service, trial, say));
	print(`\n${report(rows)}`);
	if (!write) {
		print("\nWhat shows only with --write takes four new participants, whom the API can't delete.");
	}
	return rows.some(({ verdict }) => verdict === 'differs') ? 1 : 0;
}

function options(args: string[]) {
	const { values } = parsed(args);
	const campaign = campaignFrom(values.campaign);
	if (!campaign) throw new UserError(`There is no campaign. ${usage}`);
	const baseUrl = baseUrlFrom(values['base-url']);
	return { campaign, baseUrl, header: values.header, write: values.write };
}

function parsed(args: string[]) {
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

function campaignFrom(given: string | undefined) {
	try {
		return validateCampaign(given);
	} catch (error) {
		throw new UserError((error as Error).message);
	}
}

function baseUrlFrom(given: string | undefined) {
	try {
		return validateBaseUrl(given);
	} catch {
		throw new UserError(
			`--base-url "${given}" can't be used. Give an address that starts with https://, so that nobody can read the key on its way.`,
		);
	}
}

const notice = (
	campaign: string,
	{ referrer, referredByCode, referredByEmail, named, amount }: Trial,
) => `--write adds these participants to campaign "${campaign}":
  ${referrer}
  ${referredByCode}, referred by the first one's code
  ${referredByEmail}, referred by the first one's email
  ${named}, with a first and a last name
and qualifies the second and the third with an amount of ${amount}, so the first may earn a reward. The API
can't delete participants: delete them in Referral Rocket. Mail to example.com reaches nobody.`;
