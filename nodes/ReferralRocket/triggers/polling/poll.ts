import type { IDataObject, IPollFunctions } from 'n8n-workflow';
import type { ApiCall } from '../../api/apiCall';
import { validateBaseUrl } from '../../api/baseUrl';
import { readCampaign, statusOf, totalOf } from '../../api/campaign';
import { createOperationError, readSettings } from '../../api/errors';
import { forEachWithoutBlocking } from '../../helpers/eventLoop';
import { credentialName, endpoints, rowTypes, simplifiedEvents } from '../../api/specification';
import { pick } from '../../fields/simplify';
import { titleOf } from '../../helpers/titles';
import { validateParameters } from '../../validation/validate';
import * as validators from '../../validation/validators';
import { compareParticipants } from './compareParticipants';
import {
	campaignStatusChanged,
	causesOf,
	hasParticipantEvents,
	isEvent,
	milestoneReached,
	participantEvents,
	type PolledEvent,
} from './events';
import { KnownParticipants } from './knownParticipants';
import { readBothEnds, readParticipants, recallReading, rememberReading } from './readParticipants';
import { judgeAbsence } from './removals';
import { sampleEvents } from './sampleEvents';
import { saveState, type PollState } from './storedState';

/**
 * @returns an item for each selected event since the last poll: the participants' in the order in which they joined,
 * then the campaign's, whose fields would hide theirs in n8n's table. A newly selected event is only reported from the
 * next poll on. A test in the editor returns samples.
 * @throws NodeOperationError for unusable settings, if a test finds no sample or if participants may have been removed;
 * NodeApiError if something can't be read: then the state is unchanged, so nothing is missed
 */
export async function poll(context: IPollFunctions): Promise<IDataObject[]> {
	const selected = selectedEvents(context);
	const milestones = selected.includes(milestoneReached) ? milestonesOf(context) : [];
	const call = await createCall(context);
	if (context.getMode() === 'manual') return await sample(context, call, selected, milestones);

	const campaignId = String(call.values.campaign);
	const trigger = `${context.getWorkflow().id} ${context.getNode().id}`;
	const stored: PollState = context.getWorkflowStaticData('node');
	const atStart = { ...stored };
	const before = atStart.campaign === campaignId ? atStart : {};
	const reported = selected.filter((event) => before.events?.split(',').includes(event));
	const causes = causesOf(selected);
	const isStatusSelected = causes.has('status');
	const isOnlyJoins = !causes.has('numbers') && !causes.has('removal');
	const last = isOnlyJoins ? recallReading(trigger, before.participants) : undefined;

	const campaign = isStatusSelected || isOnlyJoins ? await readCampaign(call) : {};
	const total = totalOf(campaign);
	const known = await KnownParticipants.read(before.participants ?? '');
	const reading = hasParticipantEvents(selected)
		? await readParticipants(call, known, total, last)
		: undefined;

	const recognized = await known.recognize(reading?.rows ?? []);
	const absence = await known.findAbsent(recognized);
	const judged =
		reading && causes.has('removal')
			? judgeAbsence(trigger, absence, reading)
			: { removed: [], gone: absence.absent, message: undefined };
	if (judged.message) {
		const { message, description } = judged.message;
		throw createOperationError(context.getNode(), message, { description });
	}
	const compared = await compareParticipants(
		recognized,
		known,
		judged,
		selected,
		reported,
		milestones,
	);
	const status = isStatusSelected ? (statusOf(campaign) ?? before.status) : undefined;
	const polledEvents = [...compared.polledEvents];
	if (reported.includes(campaignStatusChanged) && (before.status ?? status) !== status) {
		polledEvents.push(statusEvent(campaign, before.status));
	}

	const now = compared.hasChanged ? await known.write() : (before.participants ?? '');
	const participants = reading && now;
	const state = { campaign: campaignId, events: selected.join(), participants, status };
	if (!saveState(stored, atStart, state)) return [];
	if (reading && isOnlyJoins) rememberReading(trigger, reading, now);
	return await createItems(context, campaignId, polledEvents);
}

async function sample(
	context: IPollFunctions,
	call: ApiCall,
	selected: string[],
	milestones: number[],
) {
	const campaignId = String(call.values.campaign);
	const rows = hasParticipantEvents(selected) ? await readBothEnds(call) : [];
	const polledEvents = sampleEvents(rows, selected, milestones);
	if (selected.includes(campaignStatusChanged)) {
		polledEvents.push(statusEvent(await readCampaign(call)));
	}
	if (polledEvents.length > 0) return await createItems(context, campaignId, polledEvents);
	if (rows.length === 0) {
		throw createOperationError(context.getNode(), 'This campaign has no participants yet.', {
			description:
				'Sign up in your campaign to see data now, or paste a sample with Edit Output. The trigger still works once published.',
		});
	}
	throw createOperationError(
		context.getNode(),
		`No sample was found for ${selected.map((event) => titleOf(event)).join(', ')}.`,
		{
			description:
				"A test looks at the newest and the oldest participants of the campaign. To see data now, choose Participant Added in 'Trigger On', or paste a sample with Edit Output. The trigger still works once published.",
		},
	);
}

/** @param from the previous status; null if unknown */
function statusEvent(campaign: IDataObject, from: string | null = null): PolledEvent {
	const status = statusOf(campaign);
	return {
		event: campaignStatusChanged,
		subject: { ...campaign, status },
		changes: { status: { from, to: status } },
	};
}

function selectedEvents(context: IPollFunctions): string[] {
	const events = [context.getNodeParameter('events', []) as string[]].flat();
	const unknown = events.find((event) => !isEvent(event));
	if (events.length > 0 && unknown === undefined) return [...new Set(events)];
	throw createOperationError(
		context.getNode(),
		events.length === 0
			? "'Trigger On' is empty. Choose at least one event."
			: `'Trigger On' contains "${unknown}", which is not an event. Choose from the list.`,
	);
}

const milestonesOf = (context: IPollFunctions): number[] =>
	readSettings(context.getNode(), () =>
		validators.milestones(context.getNodeParameter('milestones', ''), "'Milestones'"),
	);

async function createCall(context: IPollFunctions): Promise<ApiCall> {
	const credentials = await context.getCredentials(credentialName);
	const endpoint = endpoints.getAllParticipants;
	return readSettings(context.getNode(), () => {
		const campaign = context.getNodeParameter('campaignId', '', { extractValue: true });
		const values = validateParameters({ campaign }, ['campaign']);
		const connection = { baseURL: validateBaseUrl(credentials.baseUrl) };
		return { context, credentials, connection, endpoint, values };
	});
}

const simplifiedFields = (event: string): string[] => {
	if (event === campaignStatusChanged) return [...rowTypes.campaign.identityFields, 'status'];
	const { polled, polledMilestone, polledReward } = simplifiedEvents;
	if (event === milestoneReached) return polledMilestone;
	return participantEvents[event].isReward ? polledReward : polled;
};

async function createItems(
	context: IPollFunctions,
	campaignId: string,
	polledEvents: PolledEvent[],
): Promise<IDataObject[]> {
	const isSimplified = context.getNodeParameter('simplify', true);
	const items: IDataObject[] = [];
	await forEachWithoutBlocking(polledEvents, ({ event, subject, changes, details }) => {
		const fields = isSimplified ? pick(subject, simplifiedFields(event)) : subject;
		// The event and the campaign come first. Our fields override the service's.
		items.push(Object.assign({ event, campaignId }, fields, { event, ...details, changes }));
	});
	return items;
}
