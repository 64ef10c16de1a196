import type { INodePropertyOptions } from 'n8n-workflow';
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
				/** The fields that show for it. */
				fields: properties.filter(({ displayOptions: { show = {} } = {} }) => {
					const { resource: resources, operation: values } = show;
					return resources?.includes(resource) && values?.includes(option.value);
				}),
			})),
	);
