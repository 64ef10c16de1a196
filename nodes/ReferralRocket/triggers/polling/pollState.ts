/** What a poll remembers for the next one; n8n keeps it with the workflow. */
export interface PollState {
	campaign?: string;
	/** The events that it has been kept for, one after the other with commas. */
	events?: string;
	/** As KnownParticipants writes it. */
	participants?: string;
	/** Of the campaign. */
	status?: string;
}
