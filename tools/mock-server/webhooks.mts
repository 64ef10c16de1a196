import { createHmac } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import axios from 'axios';
import type { Participant } from './campaign.mts';

/** An event about a participant, with the fields that the service documents. */
export const eventAbout = (eventType: string, participant: Participant, createdAt: number) => ({
	eventType,
	data: {
		participantId: parseInt(participant.referralCode.slice(1), 36),
		firstName: participant.firstName,
		lastName: participant.lastName,
		email: participant.email,
		code: participant.referralCode,
		campaignId: participant.campaignId,
		referredByCode: participant.referredByCode,
		referralReward: participant.referralReward,
		referralRewardBalance: participant.referralRewardBalance,
		referralRewardRedeemed: participant.referralRewardRedeemed,
		refereeReward: participant.refereeReward,
		refereeRewardBalance: participant.refereeRewardBalance,
		refereeRewardRedeemed: participant.refereeRewardRedeemed,
		refereeActionCompleted: participant.rewardEventCompleted,
		refereeActionCompletedLabel: 'Purchase',
		rewardType: 'Monetary',
		rewardCurrency: 'USD',
		createdOn: participant.createdOn,
		updatedOn: participant.createdOn,
		approval: 'Approved',
		totalReferred: participant.totalReferrals,
		totalCompletedReferred: 0,
		amountPaid: 0,
		paymentCount: 0,
		revenueGenerated: 0,
		rewardDue: 0,
		rewardPaid: 0,
		score: participant.fraudScore,
		impressionCount: 0,
	},
	createdAt,
	updatedAt: createdAt,
});

/** @returns the signature of a body, as the service formats it */
export const signatureOf = (body: string, secret: string) =>
	createHmac('sha256', secret).update(body).digest('hex');

/** How often to post an event to an n8n that is not ready. */
const maxAttempts = 20;

/**
 * Posts an event as the service does. Repeats it if n8n responds with 503, which it does while its database
 * is not ready, before anything reaches a node.
 * @param secret signs the body; if it is missing, there is no signature
 * @param timeoutMs milliseconds after which the service closes the connection
 * @returns the status of the response; 0 if there was none
 */
export async function deliver(
	url: string,
	event: object,
	secret?: string,
	timeoutMs?: number,
): Promise<number> {
	const body = JSON.stringify(event);
	const signature = secret && signatureOf(body, secret);
	const headers = {
		'content-type': 'application/json',
		...(signature ? { 'x-rr-signature': signature } : {}),
	};
	const options = { headers, timeout: timeoutMs, validateStatus: () => true };
	for (let attempt = 1; ; attempt++) {
		const status = await axios.post(url, body, options).then(
			(response) => response.status,
			() => 0,
		);
		if (status !== 503 || attempt === maxAttempts) return status;
		await wait(1000);
	}
}
