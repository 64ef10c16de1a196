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
	campaignNotice,
	eventsSubtitle,
	simplifyField,
} from './parameters/fields';
import { eventOptions } from './triggers/polling/eventOptions';
import { poll } from './triggers/polling/poll';

const displayName = 'Referral Rocket Polling Trigger';

export class ReferralRocketPollingTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName,
		name: 'referralRocketPollingTrigger',
		icon: {
			light: 'file:../../icons/referralRocket.svg',
			dark: 'file:../../icons/referralRocket.dark.svg',
		},
		group: ['trigger'],
		version: 1,
		subtitle: eventsSubtitle,
		description:
			'Checks a campaign on a schedule for new participants, referrals, rewards and other changes. Take it where Referral Rocket can not reach your n8n, or where you need to know more than its webhooks tell.',
		eventTriggerDescription: 'Getting events from Referral Rocket',
		activationMessage:
			'From now on, Referral Rocket is checked on your schedule. The first check only remembers who is there.',
		triggerPanel: {
			header: 'Get some events',
			executionsHelp:
				'<b>To test</b>: press Fetch Test Event to see a few participants of your campaign as this trigger outputs them. <br /><br /><b>To run by itself</b>: publish (activate) this workflow. The first check only remembers who is there; each later one starts the workflow with one item for each event since. <br /><br />Participant Added and New Referral need only a few requests. For changes of participants, each check reads the whole list.',
			activationHint:
				'Nothing found? A test looks at a part of the list, in which someone must have what the event tells of: be qualified for Participant Qualified, have a reward for Reward Earned.',
		},
		hints: [
			{
				message:
					'A check gives one item for each event it found. The nodes after this one run once for each item.',
				location: 'outputPane',
				whenToDisplay: 'afterExecution',
				// A hint can't see the output but by the node's name; of one with another name it does not show.
				displayCondition: `={{ $('${displayName}').all().length > 1 }}`,
			},
		],
		defaults: { name: displayName },
		polling: true,
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'referralRocketApi', required: true, testedBy: 'testCredential' }],
		properties: [
			{
				displayName: 'Events',
				name: 'events',
				type: 'multiOptions',
				default: ['participantAdded'],
				required: true,
				description: 'What must have happened to start the workflow. Each item says which it was.',
				options: eventOptions,
			},
			{
				...campaignLocator(
					'The campaign to watch, by its name, its ID or a link: the campaign link or any share link of it',
				),
				required: true,
			},
			campaignNotice(),
			simplifyField,
		],
	};

	methods = { credentialTest: { testCredential }, listSearch: { searchCampaigns } };

	async poll(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
		const participants = await poll(this);
		return participants.length === 0 ? null : [participants.map((json) => ({ json }))];
	}
}
