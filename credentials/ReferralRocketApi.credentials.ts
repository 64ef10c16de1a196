import type {
	ICredentialDataDecryptedObject,
	ICredentialType,
	Icon,
	IHttpRequestOptions,
	INodeProperties,
} from 'n8n-workflow';
import { keyHeader } from '../nodes/ReferralRocket/api/authentication';
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
			hint: 'Find it in your Referral Rocket account settings. The API needs a paid plan.',
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
			hint: 'Optional. Paste links of your campaigns, separated by commas, to choose campaigns by name in every node.',
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
					description: 'Send just the key in a custom header',
				},
			],
			default: 'bearer',
			description:
				'How to send the key. If Referral Rocket expects it to be sent differently, the credential test tells you how.',
		},
		{
			displayName: 'Header Name',
			name: 'headerName',
			type: 'string',
			default: defaultHeaderName,
			required: true,
			description: 'The header that Referral Rocket expects the key in, without a colon',
			displayOptions: { show: { authentication: ['header'] } },
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: defaultBaseUrl,
			description:
				'The address of Referral Rocket. Change it only if Referral Rocket gave you another one.',
		},
	];

	authenticate = async (
		credentials: ICredentialDataDecryptedObject,
		request: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> => ({
		...request,
		headers: { ...request.headers, ...keyHeader(credentials) },
	});
}
