import type {
	ICredentialDataDecryptedObject,
	ICredentialType,
	Icon,
	IHttpRequestOptions,
	INodeProperties,
} from 'n8n-workflow';
import { authenticated } from '../nodes/ReferralRocket/api/authentication';
import {
	campaignLink,
	defaultBaseUrl,
	defaultHeaderName,
} from '../nodes/ReferralRocket/api/specification';

export class ReferralRocketApi implements ICredentialType {
	name = 'referralRocketApi';

	displayName = 'Referral Rocket API';

	icon: Icon = {
		light: 'file:../icons/referralRocket.svg',
		dark: 'file:../icons/referralRocket.dark.svg',
	};

	documentationUrl =
		'https://github.com/n8n-nodes-referral-rocket/n8n-nodes-referral-rocket#credentials';

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			description: 'The key of your Referral Rocket account',
			hint: 'In Referral Rocket: Settings of your account. The API is part of the paid plans.',
		},
		{
			displayName: 'Webhook Secret',
			name: 'webhookSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description:
				'Only for the webhook trigger: it proves that an event comes from Referral Rocket. Separate several secrets with commas.',
			hint: 'Only for the webhook trigger: the secret of the Production URL, from Settings → Webhooks in Referral Rocket',
		},
		{
			displayName: 'Test Webhook Secret',
			name: 'testWebhookSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description:
				'Only to test the webhook trigger. In Referral Rocket, every URL under Settings → Webhooks has its own secret.',
			hint: 'Only to test the webhook trigger: the secret of the Test URL',
		},
		{
			displayName: 'Campaigns',
			name: 'campaigns',
			type: 'string',
			default: '',
			placeholder: `e.g. ${campaignLink}JCu82f30F1`,
			description: 'The IDs or links of your campaigns, separated by commas',
			hint: 'Optional. Paste the links of your campaigns, separated by commas, to choose them by name in every node.',
		},
		{
			displayName: 'Authentication',
			name: 'authentication',
			type: 'options',
			options: [
				{
					name: 'Bearer Token',
					value: 'bearer',
					description: 'Send the key as "Authorization: Bearer …". Try this first.',
				},
				{
					name: 'Custom Header',
					value: 'header',
					description: 'Send the bare key in a header of its own',
				},
			],
			default: 'bearer',
			description:
				'How to send the key. If Referral Rocket wants another way, the test of this credential says which.',
		},
		{
			displayName: 'Header Name',
			name: 'headerName',
			type: 'string',
			default: defaultHeaderName,
			required: true,
			description: 'The name of the header in which Referral Rocket wants the key, without a colon',
			displayOptions: { show: { authentication: ['header'] } },
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: defaultBaseUrl,
			description:
				'The address of Referral Rocket. Keep it unless Referral Rocket gave you another one.',
		},
	];

	authenticate = async (
		credentials: ICredentialDataDecryptedObject,
		request: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> => authenticated(credentials, request);
}
