import path from 'node:path';
import { loadOutputSchema } from 'n8n-core';
import type { IDataObject } from 'n8n-workflow';
import { operations } from './support/operations.mts';
import { locator, useMockServer } from './support/mockServer.mts';

/*
 * The output schemas show users the fields of an operation before its first run, so they must match what a
 * run returns with the operation's defaults.
 */

const service = useMockServer();
const nodeDir = path.resolve(import.meta.dirname, '../nodes/ReferralRocket');

/** The vendor describes these fields without naming them, so the schema omits them. */
const undocumentedNames: Record<string, string[]> = {
	campaign: ['referrerReward', 'refereeReward', 'rewardType', 'totalParticipants'],
};

const typeOf = (value: unknown) => (value === null ? 'null' : typeof value);

test.each(operations)(
	'the schema of $label contains the fields of a run and no others',
	async ({ resource, operation }) => {
		const schema = loadOutputSchema({ nodeDir, version: 1, resource, operation });
		const properties = (schema?.properties ?? {}) as Record<string, { type: string | string[] }>;
		const { campaign } = service.mockServer;
		const [referred] = campaign.participants.filter(({ referredByCode }) => referredByCode);
		const referrer = campaign.findByCode(String(referred.referredByCode));
		const who = operation === 'listReferrals' ? referrer : referred;

		const { rows, error } = await service.run({
			resource,
			operation,
			campaignId: locator(campaign.id),
			email: String(who?.email),
			code: referred.referralCode,
		});

		// A run without rows says why.
		expect(error).toBeUndefined();
		expect(rows).not.toEqual([]);
		const fieldNames = (row: IDataObject) =>
			Object.keys(row).filter((name) => !undocumentedNames[resource]?.includes(name));
		for (const row of rows) {
			expect(fieldNames(row).sort()).toEqual(Object.keys(properties).sort());
			for (const name of fieldNames(row)) {
				expect({ [name]: [properties[name].type].flat() }).toEqual({
					[name]: expect.arrayContaining([typeOf(row[name])]),
				});
			}
		}
	},
);
