import { NodeConnectionTypes, type INodeType, type INodeTypeDescription } from 'n8n-workflow';
import { defineResource } from './operations/resource';
import { get as getCampaign } from './resources/campaign/get';
import { add as addParticipant } from './resources/participant/add';
import { get as getParticipant } from './resources/participant/get';
import { list as listParticipants } from './resources/participant/list';
import { listReferrals } from './resources/participant/listReferrals';
import { qualify as qualifyParticipant } from './resources/participant/qualify';
import { validate as validateReferralCode } from './resources/referralCode/validate';
import { testCredential } from './methods/credentialTest';
import { searchCampaigns } from './methods/searchCampaigns';

/** In the order of the menus. The first operation of each resource is the default. */
const resources = [
	defineResource('campaign', [getCampaign]),
	defineResource('participant', [
		addParticipant,
		getParticipant,
		listParticipants,
		listReferrals,
		qualifyParticipant,
	]),
	defineResource('referralCode', [validateReferralCode]),
];

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
				options: resources.map(({ option }) => option),
				default: 'participant',
			},
			...resources.flatMap(({ properties }) => properties),
		],
	};

	customOperations = Object.fromEntries(
		resources.map(({ option, customOperations }) => [option.value, customOperations]),
	);

	methods = { credentialTest: { testCredential }, listSearch: { searchCampaigns } };
}
