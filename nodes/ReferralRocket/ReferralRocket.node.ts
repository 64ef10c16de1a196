import type { INodeType, INodeTypeDescription } from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import { campaign } from './resources/campaign';
import { participant } from './resources/participant';
import { referralCode } from './resources/referralCode';
import { testCredential } from './methods/credentialTest';
import { searchCampaigns } from './methods/searchCampaigns';

export class ReferralRocket implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Referral Rocket',
		name: 'referralRocket',
		icon: {
			light: 'file:../../icons/referralRocket.svg',
			dark: 'file:../../icons/referralRocket.dark.svg',
		},
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Manage campaigns, participants and referral codes in Referral Rocket',
		defaults: { name: 'Referral Rocket' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'referralRocketApi', required: true, testedBy: 'testCredential' }],
		requestDefaults: { baseURL: '={{ $credentials.baseUrl }}' },
		properties: [
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Campaign', value: 'campaign' },
					{ name: 'Participant', value: 'participant' },
					{ name: 'Referral Code', value: 'referralCode' },
				],
				default: 'participant',
			},
			...campaign.properties,
			...participant.properties,
			...referralCode.properties,
		],
	};

	customOperations = {
		campaign: campaign.customOperations,
		participant: participant.customOperations,
		referralCode: referralCode.customOperations,
	};

	methods = { credentialTest: { testCredential }, listSearch: { searchCampaigns } };
}
