import type { INodeParameters, INodeProperties } from 'n8n-workflow';
import { locator, receivedRequests, useMockServer } from '../support/mockServer.mts';
import { operations } from '../support/operations.mts';

/*
 * Every field of every operation reaches the service under the service's name for it.
 */

const service = useMockServer();

/** @returns a valid value for a field */
function sampleValue({ name, type, displayName }: INodeProperties) {
	if (type === 'number' || name === 'amount') return 7;
	if (name === 'sort') return { sorting: { field: 'email', direction: 'asc' } };
	if (name === 'customFields') return { field: [{ name: 'company', value: 'Acme' }] };
	return /email/i.test(name) ? 'participant1@example.com' : `sample of ${displayName}`;
}

/** @returns how the value of a field arrives at the service */
function sentAs({ name, routing }: INodeProperties, sample: unknown) {
	if (name === 'customFields') return { property: 'company', sent: 'Acme' };
	const sent = name === 'sort' ? 'email,asc' : String(sample);
	return { property: String(routing?.send?.property), sent };
}

const isRequired = ({ required, routing }: INodeProperties) => required && routing?.send;

const cases = operations.flatMap(({ label, resource, operation, fields }) =>
	fields
		.flatMap((field): Array<{ field: INodeProperties; within?: string }> => {
			if (field.type !== 'collection') return [{ field }];
			const options = field.options as INodeProperties[];
			return options.map((option) => ({ field: option, within: field.name }));
		})
		.filter(({ field }) => field.routing?.send)
		.map(({ field, within }) => {
			const sample = sampleValue(field);
			const value = {
				[field.name]: field.name === 'campaignId' ? locator(sample as string) : sample,
			};
			const parameters: INodeParameters = {
				...Object.fromEntries(
					fields.filter(isRequired).map((needed) => [needed.name, sampleValue(needed)]),
				),
				campaignId: locator('JCu82f30F1'),
				...(within ? { [within]: value } : value),
				// Otherwise a look-up comes first.
				...(operation === 'qualify' && { ifAlreadyQualified: 'qualify' }),
			};
			return {
				label,
				name: field.displayName,
				...sentAs(field, sample),
				parameters: { resource, operation, ...parameters },
			};
		}),
);

test.each(cases)(
	'$name of $label is sent as $property, in a workflow and as a tool',
	async ({ parameters, property, sent }) => {
		service.mockServer.intercept = (_, reply) => reply.code(400).send({});
		await service.run(parameters);
		const inWorkflow = receivedRequests(service.mockServer);
		await service.run(parameters, { asTool: true });
		expect(receivedRequests(service.mockServer)).toEqual([...inWorkflow, ...inWorkflow]);
		const [{ query, body }] = inWorkflow.filter(({ path }) => {
			return !path.endsWith('/getCampaign') || parameters.resource === 'campaign';
		});
		expect(String({ ...query, ...body }[property])).toBe(sent);
	},
);
