import assert from 'node:assert/strict';
import { step } from '../../../tools/command-line/progress.mts';
import { postgresCredential, startPostgres } from '../../../tools/n8n/services.mts';
import { chain } from '../workflow.mts';
import type { ExampleRun } from './exampleRun.mts';

/** The example "Participant sync to PostgreSQL", with 10,000 participants and a real server. */
export async function postgresExample(run: ExampleRun): Promise<void> {
	const { campaign } = run.mockServer;
	const postgres = await run.addCredential('postgres', postgresCredential(await startPostgres()));
	const workflow = await run.import('participant-sync-to-postgres', { postgres });
	const query = async (sql: string) => {
		const id = await run.n8n.saveWorkflow(
			chain('Query', [
				{ name: 'Run now', type: 'n8n-nodes-base.manualTrigger' },
				{
					name: 'Rows',
					type: 'n8n-nodes-base.postgres',
					typeVersion: 2.5,
					parameters: { operation: 'executeQuery', query: sql, options: {} },
					credentials: postgres,
				},
			]),
		);
		return (await run.runNow(id)).rows('Rows');
	};
	const sync = async () => (await run.runNow(workflow)).rows('Mark who left');
	const before = campaign.participants.slice();
	for (let number = campaign.participants.length; number < 10_000; number++)
		campaign.add(`row${number}@example.com`);

	await step('Participant sync to PostgreSQL: 10,000 rows', async () => {
		const [first] = campaign.participants;
		first.lastName = 'O\'Neil, Jr.; "Bo" $1';
		assert.deepEqual(await sync(), [{ written: 10_000, removed: 0 }]);
		const [row] = await query(
			`SELECT *, (SELECT count(*)::int FROM referral_rocket_participants) FROM referral_rocket_participants ORDER BY email <> '${first.email}'`,
		);
		assert.equal(row.count, 10_000);
		assert.equal(row.last_name, first.lastName);
		assert.equal(row.share_link, first.shareLink);
		assert.equal(row.referred_by_code, first.referredByCode);
		assert.equal(row.reward_event_completed, false);
		assert.equal(row.removed_at, null);
		assert.equal(new Date(String(row.created_on)).getTime(), new Date(first.createdOn).getTime());
	});
	await step(
		'Participant sync to PostgreSQL: marks those who left, and unmarks those who come back',
		async () => {
			const others = campaign.participants.splice(100);
			campaign.participants[0].totalReferrals = 7;
			assert.deepEqual(await sync(), [{ written: 100, removed: 9900 }]);
			campaign.participants.push(others[0]);
			// Someone without an email does not prevent others from being written or marked.
			campaign.participants.push({ ...others[1], email: '' });
			assert.deepEqual(await sync(), [{ written: 101, removed: 0 }]);
			assert.deepEqual(
				await query(`
				SELECT count(*)::int, count(removed_at)::int AS removed,
					max(total_referrals) FILTER (WHERE email = '${campaign.participants[0].email}') AS best
				FROM referral_rocket_participants`),
				[{ count: 10_000, removed: 9899, best: 7 }],
			);
		},
	);
	await step(
		'Participant sync to PostgreSQL: keeps other campaigns and own rows, and writes odd names',
		async () => {
			await query(`
				INSERT INTO referral_rocket_participants (campaign_id, email, referral_code) VALUES
					('Other1Cmpg', 'other@example.com', 'C1'), ('${campaign.id}', 'own@example.com', NULL)
				RETURNING email`);
			const [odd] = campaign.participants;
			odd.firstName = 'Zo\u0000ë \ud83d 😀 \\u0000';
			(odd as { lastName: string | null }).lastName = null;
			assert.deepEqual(await sync(), [{ written: 101, removed: 0 }]);
			assert.deepEqual(
				await query(`
					SELECT first_name, last_name FROM referral_rocket_participants
					WHERE email = '${odd.email}'`),
				[{ first_name: 'Zo\ufffdë \ufffd 😀 \\u0000', last_name: null }],
			);
		},
	);
	campaign.participants.splice(0, Infinity, ...before);
}
