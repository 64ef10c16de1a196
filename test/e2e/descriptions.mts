import path from 'node:path';
import type {
	INodeParameters,
	INodeProperties,
	INodePropertyOptions,
	INodeType,
	INodeTypeDescription,
	TriggerPanelDefinition,
} from 'n8n-workflow';
import { NodeHelpers } from 'n8n-workflow';

/*
 * What n8n's editor should show of a node, from the node's description.
 */

export type Theme = 'dark' | 'light';

/** @returns the version that a node has when it is new */
export const defaultVersionOf = ({ defaultVersion, version }: INodeTypeDescription) =>
	defaultVersion ?? Math.max(...[version].flat());

/**
 * @param given what is chosen in a new node; everything else is as n8n fills it in
 * @returns the fields that show then
 */
export function fieldsOf({ description }: INodeType, given: INodeParameters = {}) {
	const { properties } = description;
	const node = { typeVersion: defaultVersionOf(description) };
	const parameters =
		NodeHelpers.getNodeParameters(properties, given, true, false, node, description) ?? {};
	const isShown = (field: INodeProperties, values = parameters) =>
		NodeHelpers.displayParameter(values, field, node, description, parameters);
	return properties
		.filter((field) => field.type !== 'hidden' && isShown(field))
		.map((field) => {
			if (field.type !== 'collection') return field;
			const options = field.options as INodeProperties[];
			return { ...field, options: options.filter((option) => isShown(option, {})) };
		});
}

const isNotice = ({ type }: INodeProperties) => type === 'notice' || type === 'callout';

/** @returns the labels of these fields; behind that of a collection, what can be added to it */
export const labelsOf = (fields: INodeProperties[]) =>
	fields
		.filter((field) => !isNotice(field))
		.map(({ displayName, type, options = [] }) =>
			type === 'collection' ? `${displayName}: ${namesOf(options).join(', ')}` : displayName,
		);

const namesOf = (options: NonNullable<INodeProperties['options']>) =>
	options.map((option) => ('displayName' in option ? option.displayName : option.name));

/** @returns the texts that stand between the fields */
export const noticesOf = (fields: INodeProperties[]) =>
	fields.filter(isNotice).map(({ displayName }) => displayName);

/** @returns how n8n calls one of the modes of a field, for example "By ID" */
export function modeOf(fields: INodeProperties[], field: string, mode: string): string {
	const modes = fields.find(({ name }) => name === field)?.modes ?? [];
	const found = modes.find(({ name }) => name === mode);
	if (!found) throw new Error(`${field} has no mode ${mode}.`);
	return found.displayName;
}

/** @returns the events of a new trigger: their names, and how the node picker calls each */
export function eventsOf(trigger: INodeType) {
	const isMenu = ({ displayName }: INodeProperties) => /^events?$/i.test(displayName);
	const options = fieldsOf(trigger).find(isMenu)?.options as INodePropertyOptions[];
	return options.map(({ name, value, action = `On ${name}` }) => ({ name, value, action }));
}

/** @returns what the panel beside a trigger says while the workflow is published, or is not yet */
export function panelTextsOf({ description }: INodeType, state: 'active' | 'inactive'): string[] {
	const panel = description.triggerPanel as TriggerPanelDefinition;
	return [panel.header, panel.activationHint, panel.executionsHelp].map((text = '') =>
		plain(typeof text === 'string' ? text : text[state]),
	);
}

/** @returns how the node picker calls a node: triggers without that word */
export const pickerNameOf = ({ description }: INodeType) =>
	description.displayName.replace('Trigger', '').trim();

/** @returns the file name of a node's icon in a theme */
export const iconOf = ({ description }: INodeType, theme: Theme) =>
	path.basename((description.icon as Record<Theme, string>)[theme]);

/** @returns a text as it reads, without the markup that n8n takes in some texts */
export const plain = (text: string) =>
	text
		.replace(/<br ?\/?>/g, ' ')
		.replace(/<[^>]+>/g, '')
		.replace(/\s+/g, ' ')
		.trim();
