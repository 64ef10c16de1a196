import type { IDataObject, IPollFunctions } from 'n8n-workflow';
import { validateBaseUrl } from '../../api/baseUrl';
import { createSettingsError, readSettings } from '../../api/errors';
import { forEachWithoutBlocking } from '../../api/eventLoop';
import { credentialName, endpoints, rowTypes } from '../../api/specification';
import type { ApiCall } from '../../api/apiCall';
import { pick, simplify } from '../../parameters/simplify';
import { titleOf } from '../../parameters/titles';
import { validateParameters } from '../../parameters/validate';
import { changesSince } from './detectChanges';
import { campaignStatusChanged, participantEvents, type PolledEvent } from './events';
import { testEvents } from './testEvents';

/**
 * @returns an item for each of the chosen events that has happened since the last poll; in a test in the
 * editor some of what they apply to
 * @throws NodeOperationError for unusable settings, and in a test when there is nothing to show; NodeApiError
 * when something can't be read
 */
export async function poll(context: IPollFunctions): Promise<IDataObject[]> {
	const call = await createCall(context);
	const events = eventsIn(context);
	const trigger = `${context.getWorkflow().id} ${context.getNode().id}`;
	const isTest = context.getMode() === 'manual';
	const polledEvents = isTest
		? await testEvents(call, events)
		: await changesSince({ call, events, trigger }, context.getWorkflowStaticData('node'));
	if (isTest && polledEvents.length === 0) {
		const names = events.map((event) => titleOf(event)).join(', ');
		throw createSettingsError(
			context.getNode(),
			`Nobody was found to show for ${names}.`,
			"A test looks at the newest and the oldest participants of the campaign. To see data now, choose Participant Added in 'Events', or paste a sample with Edit Output. Published, this trigger works all the same.",
		);
	}
	return await itemsOf(context, polledEvents);
}

function eventsIn(context: IPollFunctions): string[] {
	const events = [context.getNodeParameter('events', []) as string[]].flat();
	if (events.length === 0) {
		throw createSettingsError(context.getNode(), "'Events' is empty. Choose at least one event.");
	}
	const unknown = events.find(
		(event) => event !== campaignStatusChanged && !(event in participantEvents),
	);
	if (unknown === undefined) return [...new Set(events)];
	throw createSettingsError(
		context.getNode(),
		`'Events' contains "${unknown}", which is none. Choose from the list.`,
	);
}

async function itemsOf(
	context: IPollFunctions,
	polledEvents: PolledEvent[],
): Promise<IDataObject[]> {
	const isSimple = context.getNodeParameter('simplify', true);
	const items: IDataObject[] = [];
	await forEachWithoutBlocking(polledEvents, ({ event, subject, changes }) => {
		const simple =
			event === campaignStatusChanged
				? pick(subject, [...rowTypes.campaign.identityFields, 'status'])
				: simplify(rowTypes.participant, subject);
		const fields = isSimple ? simple : subject;
		// First in the item, and also where the service has fields with these names.
		items.push(Object.assign({ event }, fields, { event, changes }));
	});
	return items;
}

async function createCall(context: IPollFunctions): Promise<ApiCall> {
	const { baseUrl } = await context.getCredentials(credentialName);
	const endpoint = endpoints.getAllParticipants;
	return readSettings(context.getNode(), () => {
		const campaign = context.getNodeParameter('campaignId', '', { extractValue: true });
		const values = validateParameters({ campaign }, ['campaign']);
		return { context, connection: { baseURL: validateBaseUrl(baseUrl) }, endpoint, values };
	});
}
