import type { IDataObject, IPollFunctions } from 'n8n-workflow';
import { validateBaseUrl } from '../../api/baseUrl';
import { createSettingsError } from '../../api/errors';
import { credentialName, endpoints } from '../../api/specification';
import type { ApiCall } from '../../api/apiCall';
import { simplified } from '../../parameters/simplify';
import { validateParameters } from '../../parameters/validate';
import { changesSince, newestParticipants } from './detectChanges';

/** Enough to see what the data looks like. */
const shownInTest = 5;

/**
 * @returns the participants to whom the chosen event has happened since the last poll; in a test in the
 * editor some to whom it applies
 * @throws NodeOperationError for unusable settings; NodeApiError when the list can't be read
 */
export async function poll(context: IPollFunctions): Promise<IDataObject[]> {
	const call = await createCall(context);
	const event = context.getNodeParameter('event') as string;
	const participants =
		context.getMode() === 'manual'
			? await newestParticipants(call, event, shownInTest)
			: await changesSince(call, event, context.getWorkflowStaticData('node'));
	return participants.map(simplified(context));
}

async function createCall(context: IPollFunctions): Promise<ApiCall> {
	const { baseUrl } = await context.getCredentials(credentialName);
	const endpoint = endpoints.getAllParticipants;
	try {
		const campaign = context.getNodeParameter('campaignId', '', { extractValue: true });
		const values = validateParameters({ campaign }, ['campaign']);
		return { context, connection: { baseURL: validateBaseUrl(baseUrl) }, endpoint, values };
	} catch (error) {
		throw createSettingsError(context.getNode(), (error as Error).message);
	}
}
