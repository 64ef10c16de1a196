import type {
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IPollFunctions,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import { testCredential } from './methods/credentialTest';
import { searchCampaigns } from './methods/searchCampaigns';
import {
	campaignLocator,
	eventsSubtitle,
	inVersion,
	simplifyField,
	versions,
} from './parameters/fields';
import { eventOptions, eventOptionsOfVersion1 } from './triggers/polling/eventOptions';
import { poll } from './triggers/polling/poll';

export class ReferralRocketPollingTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Referral Rocket Polling Trigger',
		name: 'referralRocketPollingTrigger',
		icon: {
			light: 'file:../../icons/referralRocket.svg',
			dark: 'file:../../icons/referralRocket.dark.svg',
		},
		group: ['trigger'],
		version: versions,
		defaultVersion: 1.1,
		subtitle: eventsSubtitle,
		description:
			'Checks a campaign on a schedule for new participants, referrals, rewards and other changes. Take it where Referral Rocket can not reach your n8n with a webhook.',
		eventTriggerDescription: 'Getting events from Referral Rocket',
		activationMessage:
			'From now on, Referral Rocket is checked on your schedule. The first check only remembers who is there.',
		triggerPanel: {
			header: 'Get some events',
			executionsHelp:
				'<b>To test</b>: press Fetch Test Event to see a few participants of your campaign as this trigger outputs them. <br /><br /><b>To run by itself</b>: publish this workflow. The first check only remembers who is there; each later one starts the workflow with one item for each event since. <br /><br />Participant Added and New Referral need only a few requests. For changes of participants, each check reads the whole list.',
			activationHint:
				'Nothing found? Check the campaign. A test looks at a part of the list: for Participant Qualified, someone in it must be qualified.',
		},
		hints: [
			{
				message:
					'A check gives one item for each event it found. The nodes after this one run once for each item.',
				location: 'outputPane',
				whenToDisplay: 'afterExecution',
			},
		],
		defaults: { name: 'Referral Rocket Polling Trigger' },
		polling: true,
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'referralRocketApi', required: true, testedBy: 'testCredential' }],
		properties: [
			// The node picker offers what the first field with this label does.
			{
				displayName: 'Events',
				name: 'events',
				type: 'multiOptions',
				default: ['participantAdded'],
				required: true,
				description: 'What must have happened to start the workflow. Each item says which it was.',
				displayOptions: inVersion(1.1),
				options: eventOptions,
			},
			{
				displayName: 'Event',
				name: 'event',
				type: 'options',
				default: 'participantAdded',
				description: 'What must have happened to a participant to start the workflow',
				displayOptions: inVersion(1),
				options: eventOptionsOfVersion1,
			},
			{
				displayName: 'Events',
				name: 'events',
				type: 'multiOptions',
				default: [],
				description: 'Several events instead of the one above. Leave empty for the event above.',
				displayOptions: inVersion(1),
				options: eventOptions,
			},
			{
				...campaignLocator(
					'The campaign to watch, by its ID or by its link: the campaign link or any share link of it',
				),
				required: true,
			},
			simplifyField(),
		],
	};

	methods = { credentialTest: { testCredential }, listSearch: { searchCampaigns } };

	async poll(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
		const participants = await poll(this);
		return participants.length === 0 ? null : [participants.map((json) => ({ json }))];
	}
}
