import { runMain } from '../command-line/processes.mts';
import { checkLive } from './command.mts';

await runMain(
	async () =>
		await checkLive(process.argv.slice(2), process.env.REFERRAL_ROCKET_API_KEY, console.log),
);
