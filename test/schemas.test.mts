import path from 'node:path';
import { loadOutputSchema } from 'n8n-core';
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { endpointOf, operations } from './support/operations.mts';
import { locator, runErrorMessage, useMockServer } from './support/mockServer.mts';

/*
 * The output schemas show users the fields of an operation before its first run, so they must match what a
 * run returns with the operation's defaults.
 */

const service = useMockServer();
const nodeDir = path.resolve(import.meta.dirname, '../nodes/ReferralRocket');

const typeOf = (value: unknown) => (value === null ? 'null' : typeof value);

test.each(operations)(
	'the schema of $label contains the fields of a run and no others',
	async ({ resource, operation, fields }) => {
		const schema = loadOutputSchema({ nodeDir, version: 1, resource, operation });
		const properties = (schema?.properties ?? {}) as Record<string, { type: string | string[] }>;
		const { campaign, examples } = service.mockServer;
		const parameters: INodeParameters = { resource, operation };
		for (const { name, required, routing } of fields) {
			if (!required || !routing || name === 'campaignId') continue;
			if (!examples[name]) {
				throw new Error(`Add a valid "${name}" to 'examples' in tools/mock-server/service.mts.`);
			}
			parameters[name] = examples[name];
		}
		parameters.campaignId = locator(campaign.id);

		const run = service.run(parameters);
		expect(await runErrorMessage(run)).toBeUndefined();
		const { rows } = await run;
		expect(rows).not.toEqual([]);
		// The vendor describes some fields without naming them, so the schema omits them.
		const { rowType } = endpointOf({ resource, operation });
		const isDocumented = (name: string) =>
			!rowType?.alsoSimplified?.test(name) || rowType.fields.includes(name);
		const fieldNames = (row: IDataObject) => Object.keys(row).filter(isDocumented);
		for (const row of rows) {
			expect(Object.keys(properties).sort()).toEqual(fieldNames(row).sort());
			for (const name of fieldNames(row)) {
				expect({ [name]: [properties[name].type].flat() }).toEqual({
					[name]: expect.arrayContaining([typeOf(row[name])]),
				});
			}
		}
	},
);
