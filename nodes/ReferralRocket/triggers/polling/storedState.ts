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

export class StoredState {
	private readonly atStart: PollState;

	/** @param stored the trigger's static data; n8n saves it if anything is assigned to it */
	constructor(private readonly stored: PollState) {
		this.atStart = { ...stored };
	}

	/** @returns the state of the last poll; empty if that was for another campaign */
	load(campaign: string): PollState {
		return this.atStart.campaign === campaign ? this.atStart : {};
	}

	/** @returns false if a later poll has finished first: then the new state is older than the stored one */
	save(state: PollState): boolean {
		if (!isSame(this.stored, this.atStart)) return false;
		if (!isSame(this.stored, state)) Object.assign(this.stored, state);
		return true;
	}
}
