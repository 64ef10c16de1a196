import type { INodeParameters, INodePropertyOptions } from 'n8n-workflow';
import { endpoints, type Endpoint } from '../../nodes/ReferralRocket/api/specification.ts';
import { ReferralRocket } from '../../nodes/ReferralRocket/ReferralRocket.node.ts';

const { properties } = new ReferralRocket().description;

/** The menus with this name: one for resources, and one for the operations of each resource. */
const menus = (menu: string) => properties.filter(({ name }) => name === menu);

/** Every operation in the node's description. */
export const operations = menus('resource')
	.flatMap(({ options }) => options as INodePropertyOptions[])
	.flatMap(({ name, value: resource }) =>
		menus('operation')
			.filter(({ displayOptions }) => displayOptions?.show?.resource?.includes(resource))
			.flatMap(({ options }) => options as INodePropertyOptions[])
			.map((option) => ({
				label: `${name} → ${option.name}`,
				resource: String(resource),
				operation: String(option.value),
				option,
				/** The fields it shows, some of them only depending on others. */
				fields: properties.filter(({ displayOptions: { show = {} } = {} }) => {
					const { resource: resources, operation: values } = show;
					return resources?.includes(resource) && values?.includes(option.value);
				}),
			})),
	);

/** @returns the endpoint that an operation calls */
export function endpointOf({ resource, operation }: INodeParameters): Endpoint {
	const found = operations.find(
		(candidate) => candidate.resource === resource && candidate.operation === operation,
	)?.option.routing?.request;
	const endpoint = Object.values(endpoints).find(({ path }) => path === found?.url);
	if (!endpoint) throw new Error(`There is no operation ${resource} → ${operation}.`);
	return endpoint;
}
