import type { INodeParameters, INodeProperties } from 'n8n-workflow';
import { locator, useMockServer, ways } from '../support/mockServer.mts';
import { operations } from '../support/operations.mts';

/*
 * Every field of every operation reaches the service under the service's name for it.
 */

const service = useMockServer();

/** A value that any field of its kind takes. */
function sampleOf({ name, type, displayName }: INodeProperties) {
	if (type === 'number') return 7;
	return /email/i.test(name) ? 'participant1@example.com' : `sample of ${displayName}`;
}

const cases = operations.flatMap(({ label, resource, operation, fields }) =>
	fields
		.flatMap((field): Array<{ field: INodeProperties; within?: string }> => {
			if (field.type !== 'collection') return [{ field }];
			const options = field.options as INodeProperties[];
			return options.map((option) => ({ field: option, within: field.name }));
		})
		.filter(({ field }) => field.routing?.send)
		.map(({ field, within }) => {
			const sample = sampleOf(field);
			const given = {
				[field.name]: field.name === 'campaignId' ? locator(sample as string) : sample,
			};
			const parameters: INodeParameters = {
				...Object.fromEntries(
					fields.filter(({ required }) => required).map((one) => [one.name, sampleOf(one)]),
				),
				campaignId: locator('JCu82f30F1'),
				...(within ? { [within]: given } : given),
			};
			return {
				label,
				name: field.displayName,
				property: String(field.routing?.send?.property),
				sample,
				parameters: { resource, operation, ...parameters },
			};
		}),
);

describe.each(ways)('%s', (_way, asTool) => {
	test.each(cases)(
		'$name of $label is sent as $property',
		async ({ parameters, property, sample }) => {
			service.mockServer.intercept = (_, reply) => reply.code(400).send({});
			await service.run(parameters, { asTool });
			const [{ query, body }] = service.mockServer.requests.filter(({ path }) => {
				return !path.endsWith('/getCampaign') || parameters.resource === 'campaign';
			});
			expect(String({ ...query, ...body }[property])).toBe(String(sample));
		},
	);
});
