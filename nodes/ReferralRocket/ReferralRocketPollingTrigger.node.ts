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
} from './fields/sharedFields';
import { eventOptions, milestoneReached } from './triggers/polling/events';
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
			"Checks a campaign on a schedule for new participants, referrals, rewards and other changes. Use it if Referral Rocket can't reach your n8n, or for changes that its webhooks don't report.",
		eventTriggerDescription: 'Getting events from Referral Rocket',
		activationMessage:
			'From now on, Referral Rocket is checked on your schedule. The first check only takes stock and reports nothing.',
		triggerPanel: {
			header: 'Get some events',
			executionsHelp:
				'<b>To test</b>: press Fetch Test Event to see a few participants of your campaign as this trigger outputs them. <br /><br /><b>To run on a schedule</b>: publish (activate) this workflow. The first check only takes stock. Every later check starts the workflow with one item for each event since the last one. <br /><br />Participant Added and New Referral need only a few requests. The other participant events read the whole list at every check.',
			activationHint:
				'Nothing found? A test looks only at the newest and the oldest participants, and the event must apply to one of them: someone qualified for Participant Qualified, someone with a reward for Reward Earned.',
		},
		hints: [
			{
				message:
					'Each check returns one item for every event it found. The next nodes run once for each item.',
				location: 'outputPane',
				whenToDisplay: 'afterExecution',
				// A hint can read the output only by the node's name, so a renamed node shows none.
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
				displayName: 'Trigger On',
				name: 'events',
				type: 'multiOptions',
				default: ['participantAdded'],
				required: true,
				description:
					'The events that start the workflow. Each event is an item, so one newcomer can cause several items, for example Participant Added and New Referral.',
				options: eventOptions,
			},
			{
				displayName: 'Milestones',
				name: 'milestones',
				type: 'string',
				required: true,
				default: '5, 10, 25',
				placeholder: 'e.g. 5, 10, 25',
				description:
					'The numbers of friends, separated by commas. Each is reported once for each participant.',
				displayOptions: { show: { events: [milestoneReached] } },
			},
			{
				...campaignLocator('The campaign to watch, by name, ID or link.'),
				required: true,
			},
			campaignNotice,
			simplifyField,
		],
	};

	methods = { credentialTest: { testCredential }, listSearch: { searchCampaigns } };

	async poll(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
		const items = await poll(this);
		return items.length === 0 ? null : [items.map((json) => ({ json }))];
	}
}
