import type { INodeParameters, INodePropertyOptions } from 'n8n-workflow';
import { endpoints, type Endpoint } from '../../nodes/ReferralRocket/api/specification.ts';
import { ReferralRocket } from '../../nodes/ReferralRocket/ReferralRocket.node.ts';

const { properties } = new ReferralRocket().description;

/** The menus of a name: one of resources, and one of operations for each resource. */
const menusOf = (menu: string) => properties.filter(({ name }) => name === menu);

/** Every operation, as the node's description offers it. */
export const operations = menusOf('resource')
	.flatMap(({ options }) => options as INodePropertyOptions[])
	.flatMap(({ name, value: resource }) =>
		menusOf('operation')
			.filter(({ displayOptions }) => displayOptions?.show?.resource?.includes(resource))
			.flatMap(({ options }) => options as INodePropertyOptions[])
			.map((option) => ({
				label: `${name} → ${option.name}`,
				resource: String(resource),
				operation: String(option.value),
				option,
				/** The fields that show for it in the node, some only with others filled in. */
				fields: properties.filter(({ displayOptions: { show = {} } = {} }) => {
					const { resource: resources, operation: values } = show;
					return resources?.includes(resource) && values?.includes(option.value);
				}),
			})),
	);

/** @returns what an operation calls, by the node's parameters */
export function endpointOf({ resource, operation }: INodeParameters): Endpoint {
	const found = operations.find((one) => one.resource === resource && one.operation === operation)
		?.option.routing?.request;
	const endpoint = Object.values(endpoints).find(({ path }) => path === found?.url);
	if (!endpoint) throw new Error(`There is no operation ${resource} → ${operation}.`);
	return endpoint;
}
