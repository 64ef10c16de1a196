import type { IDataObject } from 'n8n-workflow';
import { readCampaign, statusOf, totalOf } from '../../api/campaign';
import {
	campaignStatusChanged,
	isOnlyJoining,
	participantEvents,
	type PolledEvent,
} from './events';
import { findParticipants, type Watch } from './findParticipants';
import { keepLastRead } from './lastReads';
import type { PollState } from './pollState';

/**
 * Finds what has happened since the last poll. An event that was not chosen then begins with this one,
 * which only remembers.
 * @param watch what is polled
 * @param state as of the last poll; it is brought up to date once everything has been read, and left as
 * it is where there is nothing new
 * @returns what happened: to the campaign, then to participants in the order in which they joined; nothing
 * when a later poll has overtaken this one
 * @throws NodeApiError when something can't be read; the state is as before then, so nothing is missed
 */
export async function changesSince(watch: Watch, state: PollState): Promise<PolledEvent[]> {
	const { call, events, trigger } = watch;
	const atStart = { ...state };
	const campaign = String(call.values.campaign);
	const remembered = state.campaign === campaign ? atStart : ({} as PollState);
	const told = events.filter((event) => remembered.events?.split(',').includes(event));
	const isStatusChosen = events.includes(campaignStatusChanged);

	const details = isStatusChosen || isOnlyJoining(events) ? await readCampaign(call) : {};
	const found = events.some((event) => event in participantEvents)
		? await findParticipants(watch, remembered, told, totalOf(details))
		: undefined;
	// A later poll has been faster: what this one has seen is older than what the state holds by now.
	if (!isSame(state, atStart)) return [];

	const status = isStatusChosen ? (statusOf(details) ?? remembered.status) : undefined;
	const now: PollState = {
		campaign,
		events: events.join(),
		...(found && { participants: found.participants }),
		...(status !== undefined && { status }),
	};
	if (!isSame(state, now)) replace(state, now);
	if (found?.lastRead) keepLastRead(trigger, found.lastRead);
	const hasStatusChanged = remembered.status !== undefined && remembered.status !== status;
	return [
		...(hasStatusChanged && told.includes(campaignStatusChanged)
			? [statusEvent(campaign, details, remembered.status)]
			: []),
		...(found?.polledEvents ?? []),
	];
}

/** @returns the campaign's status as an event; from null where it is not known what it was before */
export function statusEvent(
	campaignId: string,
	details: IDataObject,
	from: string | null = null,
): PolledEvent {
	const status = statusOf(details);
	return {
		event: campaignStatusChanged,
		subject: { campaignId, ...details, status },
		changes: { status: { from, to: status } },
	};
}

/** @returns whether both hold the same; what they hold is texts */
function isSame(state: PollState, other: PollState): boolean {
	const names = new Set([...Object.keys(state), ...Object.keys(other)]) as Set<keyof PollState>;
	return [...names].every((name) => state[name] === other[name]);
}

/** Also removes what an earlier version has left. */
function replace(state: PollState, now: PollState): void {
	for (const name of Object.keys(state)) Reflect.deleteProperty(state, name);
	Object.assign(state, now);
}
