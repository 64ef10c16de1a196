/** What a poll remembers for the next one. n8n stores it with the workflow. */
export interface PollState {
	campaign?: string;
	/** The events that were selected, separated by commas. */
	events?: string;
	/** As KnownParticipants writes them. */
	participants?: string;
	/** The campaign's status. */
	status?: string;
}

const fields = ['campaign', 'events', 'participants', 'status'] as const;
const isSame = (a: PollState, b: PollState) => fields.every((name) => a[name] === b[name]);

/**
 * @param stored the trigger's static data; n8n saves it if anything is assigned to it
 * @param atStart its content when the poll started
 * @returns false if a later poll has finished first: then the new state is older than the stored one
 */
export function saveState(stored: PollState, atStart: PollState, state: PollState): boolean {
	if (!isSame(stored, atStart)) return false;
	if (!isSame(stored, state)) Object.assign(stored, state);
	return true;
}
