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
 * What n8n's editor should show for a node, derived from the node's description.
 */

export type Theme = 'dark' | 'light';

/** @returns the version of a newly added node */
export const defaultVersion = ({ defaultVersion, version }: INodeTypeDescription) =>
	defaultVersion ?? Math.max(...[version].flat());

/**
 * @param values parameter values of a new node; all others have their defaults
 * @returns the visible fields
 */
export function visibleFields({ description }: INodeType, values: INodeParameters = {}) {
	const { properties } = description;
	const node = { typeVersion: defaultVersion(description) };
	const parameters =
		NodeHelpers.getNodeParameters(properties, values, true, false, node, description) ?? {};
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

/** @returns the labels of these fields; the label of a collection is followed by the options it offers */
export const fieldLabels = (fields: INodeProperties[]) =>
	fields
		.filter((field) => !isNotice(field))
		.map(({ displayName, type, options = [] }) =>
			type === 'collection' ? `${displayName}: ${optionLabels(options).join(', ')}` : displayName,
		);

const optionLabels = (options: NonNullable<INodeProperties['options']>) =>
	options.map((option) => ('displayName' in option ? option.displayName : option.name));

/** @returns the lines of the notices between the fields, without markup */
export const noticeTexts = (fields: INodeProperties[]) =>
	fields
		.filter(isNotice)
		.flatMap(({ displayName }) => displayName.split(/<[^>]+>/))
		.map((line) => line.trim())
		.filter(Boolean);

/** @returns the label of one of a field's modes, for example "By ID" */
export function modeLabel(fields: INodeProperties[], field: string, mode: string): string {
	const modes = fields.find(({ name }) => name === field)?.modes ?? [];
	const found = modes.find(({ name }) => name === mode);
	if (!found) throw new Error(`${field} has no mode ${mode}.`);
	return found.displayName;
}

/** @returns the events of a new trigger: their names, values and labels in the node picker */
export function triggerEvents(trigger: INodeType) {
	const isMenu = ({ displayName }: INodeProperties) => displayName === 'Trigger On';
	const options = visibleFields(trigger).find(isMenu)?.options as INodePropertyOptions[];
	return options.map(({ name, value, action = `On ${name}` }) => ({ name, value, action }));
}

/** @returns the texts of the panel next to a trigger, while the workflow is published (active) or not */
export function panelTexts({ description }: INodeType, state: 'active' | 'inactive'): string[] {
	const panel = description.triggerPanel as TriggerPanelDefinition;
	return [panel.header, panel.activationHint, panel.executionsHelp].map((text = '') =>
		withoutMarkup(typeof text === 'string' ? text : text[state]),
	);
}

/** @returns the name of a node in the node picker, which omits the word "Trigger" */
export const pickerName = ({ description }: INodeType) =>
	description.displayName.replace('Trigger', '').trim();

/** @returns the file name of a node's icon for a theme */
export const iconFile = ({ description }: INodeType, theme: Theme) =>
	path.basename((description.icon as Record<Theme, string>)[theme]);

/** @returns a text without the HTML that n8n accepts in some texts */
export const withoutMarkup = (text: string) =>
	text
		.replace(/<br ?\/?>|<\/?(ul|li)>/g, ' ')
		.replace(/<[^>]+>/g, '')
		.replace(/\s+/g, ' ')
		.trim();
