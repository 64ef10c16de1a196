import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { unknownValue } from '../../nodes/ReferralRocket/methods/findAuthentication.ts';
import { parsePage, rowKey } from '../../nodes/ReferralRocket/lists/page.ts';
import {
	isObject,
	saysAlreadyExists,
	saysNotReferred,
} from '../../nodes/ReferralRocket/api/response.ts';
import {
	campaignTotal,
	endpoints,
	linkParameters,
	maxPageSize,
	participantTotals,
	rowTypes,
	messageFields,
} from '../../nodes/ReferralRocket/api/specification.ts';
import {
	describe,
	isSuccess,
	describeBody,
	fieldNames,
	Unclear,
	once,
	quote,
	usualHeaders,
	describeAuthentication,
	type Response,
	type Service,
} from './service.mts';
import { names, type Trial } from './trial.mts';

/** What was observed, and whether it matches what the code assumes; undefined if that is unclear. */
export interface Finding {
	observed: string;
	matches?: boolean;
}

export interface Check {
	/** The fact, verbatim from docs/api.md. */
	assumption: string;
	/** Where the code relies on it: a file in nodes/ReferralRocket and a symbol declared in it. */
	code: [file: string, symbol: string];
	/** @throws Unclear if nothing can be observed */
	inspect: (session: Session) => Promise<Finding> | Finding;
}

/** One run of all checks. Requests that several checks need are made once. */
export interface Session extends Service {
	trial: Trial;
	/** An email address that no participant has. */
	unknownEmail: string;
	/** The first page with the default parameters. */
	firstPage: () => Promise<Page>;
	/** The key of the first participant on pages 0, 1 and 2, with one participant per page. */
	firstOfEachPage: () => Promise<Array<string | undefined>>;
	unknownCampaign: () => Promise<Response>;
}

interface Page {
	body: unknown;
	rows: IDataObject[];
}

/** @returns a session that has not requested anything yet */
export function startSession(service: Service, trial: Trial): Session {
	return {
		...service,
		trial,
		unknownEmail: `nobody-${randomUUID()}@example.com`,
		firstPage: once(async () => await list(service)),
		firstOfEachPage: once(async () => {
			const firsts = [];
			for (const page of [0, 1, 2]) {
				const { rows } = await list(service, { page, pageSize: 1 });
				firsts.push(rows[0] && rowKey(rowTypes.participant, rows[0]));
			}
			return firsts;
		}),
		unknownCampaign: once(
			async () => await service.send(endpoints.getCampaign, { campaign: unknownValue }),
		),
	};
}

const wrongKey = 'not-a-valid-key';

async function list(
	{ send, campaign }: Service,
	values: Record<string, string | number> = {},
): Promise<Page> {
	const response = await send(endpoints.getAllParticipants, { campaign, ...values });
	const rows = isSuccess(response) ? parsePage(response.body)?.rows : undefined;
	if (!rows) throw new Unclear(`The list returned ${describe(response)}.`);
	return { body: response.body, rows };
}

/** @throws Unclear if there are no participants */
async function firstPageOfParticipants(session: Session): Promise<IDataObject[]> {
	const { rows } = await session.firstPage();
	if (rows.length === 0) throw new Unclear('The campaign has no participants.');
	return rows;
}

/** @returns the total number of participants, if the list reports it */
const totalIn = (body: unknown) =>
	isObject(body) && typeof body.totalElements === 'number' ? body.totalElements : undefined;

async function checkFields(session: Session, expected: string[]): Promise<Finding> {
	const rows = await firstPageOfParticipants(session);
	const names = fieldNames(rows);
	const missing = expected.filter((name) => !names.includes(name));
	const others = names.filter((name) => !expected.includes(name));
	return missing.length === 0
		? { matches: true, observed: `All present: ${expected.join(', ')}.` }
		: {
				matches: false,
				observed: `None of ${rows.length} has ${missing.join(', ')}. Their other fields: ${others.join(', ')}.`,
			};
}

const isISO = (time: unknown) =>
	typeof time === 'string' && /^\d{4}-\d\d-\d\dT/.test(time) && !Number.isNaN(Date.parse(time));

/**
 * @returns how the rows are sorted by createdOn
 * @throws Unclear if that can't be determined
 */
function orderByCreatedOn(rows: IDataObject[]): 'asc' | 'desc' | 'none' {
	const times = rows.map(({ createdOn }) => createdOn).filter(isISO);
	if (new Set(times).size < 2) {
		throw new Unclear('Fewer than two participants have different values of createdOn.');
	}
	const sorted = times.map((time) => Date.parse(String(time)));
	const steps = sorted.slice(1).map((time, index) => Math.sign(time - sorted[index]));
	if (!steps.includes(-1)) return 'asc';
	return steps.includes(1) ? 'none' : 'desc';
}

/** A fact that only a person can check. */
const checkByHand = (how: string) => () => ({ observed: how });

/**
 * Every inferred or unknown fact in docs/api.md, in the same order, and some documented ones that can be
 * checked along the way.
 */
export const checks: Check[] = [
	{
		assumption: 'The API needs a paid plan; the key is created in the account settings',
		code: ['api/errorMessages.ts', 'statusMessage'],
		inspect: checkByHand('Look at the plans and your account settings in Referral Rocket.'),
	},
	{
		assumption: 'The key is sent as `Authorization: Bearer KEY`',
		code: ['api/authentication.ts', 'keyHeader'],
		inspect: ({ bareHeader }) =>
			bareHeader === undefined
				? { matches: true, observed: 'The key was accepted.' }
				: { matches: false, observed: `Refused; accepted bare in ${bareHeader}.` },
	},
	{
		assumption:
			'If Bearer is refused, the key alone is sent in `Authorization`, `X-API-Key`, `API-Key` or `X-Auth-Token`',
		code: ['api/specification.ts', 'usualAuthentications'],
		inspect: async ({ sendWith, bareHeader, campaign }) => {
			const outcomes = [];
			for (const header of new Set([...usualHeaders, bareHeader])) {
				const response = await sendWith(header)(endpoints.getCampaign, { campaign });
				const isAccepted = isSuccess(response) && isObject(response.body);
				outcomes.push(
					`${describeAuthentication(header)}: ${isAccepted ? 'accepted' : `status ${response.status}`}`,
				);
			}
			return {
				matches: usualHeaders.includes(bareHeader),
				observed: `The key ${outcomes.join(', ')}.`,
			};
		},
	},
	{
		assumption: '401 and 403 mean that the key is refused',
		code: ['api/errorMessages.ts', 'statusMessage'],
		inspect: async ({ send, campaign }) =>
			expectRefusal(await send(endpoints.getCampaign, { campaign }, wrongKey)),
	},
	{
		assumption: "A wrong key is also refused for a campaign that doesn't exist",
		code: ['methods/findAuthentication.ts', 'provesKey'],
		inspect: async ({ send }) =>
			expectRefusal(await send(endpoints.getCampaign, { campaign: unknownValue }, wrongKey)),
	},
	{
		assumption: '429 means that nothing was done; `Retry-After` says how long to wait',
		code: ['api/retry.ts', 'sendWithRetry'],
		inspect: checkByHand(
			'This check sends too few requests. In n8n, look for the message "Too many requests".',
		),
	},
	{
		assumption: '`getCampaign` returns 404 for an unknown campaign',
		code: ['methods/credentialTest.ts', 'testCredential'],
		inspect: async (session) => {
			const response = await session.unknownCampaign();
			return { matches: response.status === 404, observed: `${describe(response)}.` };
		},
	},
	{
		assumption: '`getParticipant` returns nothing, `null` or 404 for an unknown participant',
		code: ['api/response.ts', 'isNotFound'],
		inspect: async ({ send, campaign, unknownEmail }) => {
			const response = await send(endpoints.getParticipant, { campaign, email: unknownEmail });
			const isNothing = isSuccess(response) && (response.body ?? null) === null;
			return { matches: isNothing || response.status === 404, observed: `${describe(response)}.` };
		},
	},
	{
		assumption: 'The path of Qualify is `qualifyParticipant`',
		code: ['api/specification.ts', 'qualifyParticipant'],
		inspect: async (session) => {
			const { send, trial } = session;
			if (trial.isEnabled) {
				const response = await trial.qualifyReferredByCode();
				const matches =
					isSuccess(response) || ([404, 405].includes(response.status) ? false : undefined);
				return { matches, observed: `A POST returned ${describe(response)}.` };
			}
			// A GET is conclusive only in comparison with a known and an unknown path.
			const statusOf = async (path: string) =>
				(await send({ ...endpoints.getCampaign, path }, {})).status;
			const qualify = await statusOf(endpoints.qualifyParticipant.path);
			const add = await statusOf(endpoints.addParticipant.path);
			const none = await statusOf('/api/v1/noSuchPath');
			return {
				matches: add === none || ![add, none].includes(qualify) ? undefined : qualify === add,
				observed: `A GET returned status ${qualify}; the path of Add returned ${add}, an unknown path ${none}.`,
			};
		},
	},
	{
		assumption: 'Qualify expects `id` and `email`, like Add',
		code: ['api/specification.ts', 'qualifyParticipant'],
		inspect: async ({ trial }) => {
			const response = await trial.qualifyReferredByCode();
			if (!isSuccess(response)) {
				return { matches: false, observed: `${quote(response)}.` };
			}
			const { rewardEventCompleted } = await trial.getParticipant(trial.referredByCode);
			return {
				matches: rewardEventCompleted === true,
				observed: `Afterwards, the participant had rewardEventCompleted ${describeBody(rewardEventCompleted)}.`,
			};
		},
	},
	{
		assumption: 'Qualify accepts the amount paid as `amount`',
		code: ['api/specification.ts', 'qualifyParticipant'],
		inspect: async ({ trial }) => {
			const response = await trial.qualifyReferredByCode();
			if (!isSuccess(response)) throw new Unclear(`Qualify returned ${describe(response)}.`);
			const participant = await trial.getParticipant(trial.referredByCode);
			const field = fieldNames([participant]).find(
				(name) => Number(participant[name]) === trial.amount,
			);
			return field
				? { matches: true, observed: `It was returned in the field ${field}.` }
				: {
						observed: `No field of the participant contains it. Look for ${trial.amount} in Referral Rocket, under ${trial.referredByCode}.`,
					};
		},
	},
	{
		assumption: '`amount` is accepted as a string, like `"250"`',
		code: ['api/specification.ts', 'qualifyParticipant'],
		inspect: async ({ trial }) => {
			const asString = await trial.qualifyReferredByCode();
			const asNumber = await trial.qualifyReferredByEmail();
			// If neither is accepted, the format of the amount is not the reason.
			const matches = isSuccess(asString) || (isSuccess(asNumber) ? false : undefined);
			return {
				matches,
				observed: `As a string: ${describeOutcome(asString)}. As a number: ${describeOutcome(asNumber)}.`,
			};
		},
	},
	{
		assumption: '`addParticipant` accepts names as `fName` and `lName`, like the browser SDK',
		code: ['api/specification.ts', 'addParticipant'],
		inspect: async ({ trial }) => {
			const response = await trial.addNamed();
			if (!isSuccess(response)) return { observed: `Refused: ${quote(response)}.` };
			const participant = await trial.getParticipant(trial.named);
			const fields = fieldNames([participant]).filter((name) =>
				Object.values(names).includes(String(participant[name])),
			);
			return fields.length > 0
				? { matches: true, observed: `They were returned in ${fields.join(' and ')}.` }
				: { observed: 'They were accepted, but no field of the participant contains them.' };
		},
	},
	{
		assumption: '`addParticipant` returns the participant',
		code: ['api/specification.ts', 'addParticipant'],
		inspect: async ({ trial }) => {
			const response = await trial.addReferrer();
			const matches =
				isSuccess(response) && isObject(response.body) && response.body.email === trial.referrer;
			return {
				matches,
				observed: `${isSuccess(response) ? describe(response) : quote(response)}.`,
			};
		},
	},
	{
		assumption: '`referredByCode` and `referredByEmail` make the added participant a referral',
		code: ['api/specification.ts', 'addParticipant'],
		inspect: async ({ trial }) => {
			const describeReferral = async (added: Response, email: string) => {
				if (!isSuccess(added)) return quote(added);
				const { referredByCode } = await trial.getParticipant(email);
				const { referralCode } = await trial.getParticipant(trial.referrer);
				return referralCode && referredByCode === referralCode ? 'a referral' : 'no referral';
			};
			const byCode = await describeReferral(await trial.addReferredByCode(), trial.referredByCode);
			const byEmail = await describeReferral(
				await trial.addReferredByEmail(),
				trial.referredByEmail,
			);
			return {
				matches: byCode === 'a referral' && byEmail === 'a referral',
				observed: `By code: ${byCode}. By email: ${byEmail}.`,
			};
		},
	},
	{
		assumption: 'Whether capital letters in an email address matter',
		code: ['resources/participant/lookUp.ts', 'lookUp'],
		inspect: async ({ send, campaign, trial }) => {
			await trial.addReferrer();
			const email = trial.referrer.toUpperCase();
			const response = await send(endpoints.getParticipant, { campaign, email });
			const isFound = isSuccess(response) && isObject(response.body);
			return { matches: true, observed: isFound ? 'No.' : `Yes: ${describe(response)}.` };
		},
	},
	{
		assumption: '`validateCode` returns a bare `true` or `false`',
		code: ['resources/referralCode/validate.ts', 'validateCode'],
		inspect: async (session) => {
			const { send, campaign, unknownEmail } = session;
			const unknown = await send(endpoints.validateCode, { campaign, code: unknownEmail });
			const observed = `For an unknown code: ${describe(unknown)}.`;
			if (unknown.body !== false || !isSuccess(unknown)) return { matches: false, observed };
			const { referralCode } = (await firstPageOfParticipants(session))[0];
			if (typeof referralCode !== 'string') return { matches: true, observed };
			const known = await send(endpoints.validateCode, { campaign, code: referralCode });
			return {
				matches: isSuccess(known) && known.body === true,
				observed: `For a participant's code: ${describe(known)}. ${observed}`,
			};
		},
	},
	{
		assumption:
			'A campaign reports its number of participants in a field with a name like `totalParticipants`',
		code: ['api/specification.ts', 'campaignTotal'],
		inspect: async (session) => {
			const { send, campaign } = session;
			const { body } = await send(endpoints.getCampaign, { campaign });
			const fields = isObject(body) ? Object.entries(body) : [];
			const [name, total] = fields.find(([field]) => campaignTotal.test(field)) ?? [];
			if (name === undefined)
				return { matches: false, observed: `No such field in ${describeBody(body)}.` };
			const listed = totalIn((await list(session)).body);
			const comparison = listed === undefined ? '' : `; the list says ${listed}`;
			return {
				matches: typeof total === 'number' && (listed === undefined || listed === total),
				observed: `${name} is ${typeof total === 'number' ? total : 'not a number'}${comparison}.`,
			};
		},
	},
	{
		assumption: 'A participant has the fields of the simplified output',
		code: ['api/specification.ts', 'rowTypes'],
		inspect: async (session) => await checkFields(session, rowTypes.participant.simplified),
	},
	{
		assumption: 'A share link contains the campaign in `id` and the code in `referralCode`',
		code: ['api/specification.ts', 'linkParameters'],
		inspect: async (session) => {
			const rows = await firstPageOfParticipants(session);
			const matching = rows.filter(({ shareLink, referralCode, campaignId }) => {
				if (!URL.canParse(String(shareLink))) return false;
				const query = new URL(String(shareLink)).searchParams;
				return (
					query.get(linkParameters.code) === referralCode &&
					query.get(linkParameters.campaign) === campaignId
				);
			});
			return {
				matches: matching.length === rows.length,
				observed: `True for ${matching.length} of ${rows.length} share links.`,
			};
		},
	},
	{
		assumption: 'A participant has the totals of referrals and rewards',
		code: ['api/specification.ts', 'participantTotals'],
		inspect: async (session) => await checkFields(session, participantTotals),
	},
	{
		assumption: '`createdOn` is an ISO 8601 date and time',
		code: ['triggers/polling/compareParticipants.ts', 'byJoining'],
		inspect: async (session) => {
			const rows = await firstPageOfParticipants(session);
			const matching = rows.filter(({ createdOn }) => isISO(createdOn));
			return {
				matches: matching.length === rows.length,
				observed: `True for ${matching.length} of ${rows.length} participants.`,
			};
		},
	},
	{
		assumption: 'The server caps `size`, at 2000 by default',
		code: ['api/specification.ts', 'maxPageSize'],
		inspect: async (session) => {
			const pageSize = maxPageSize + 1;
			const { body, rows } = await list(session, { page: 0, pageSize });
			const reportedSize = isObject(body) && typeof body.size === 'number' ? body.size : undefined;
			const largest = reportedSize ?? rows.length;
			const outcome = `Requested ${pageSize}, received ${largest}`;
			if (largest === pageSize) return { matches: true, observed: `${outcome}: no cap.` };
			if (largest === maxPageSize) return { matches: true, observed: `${outcome}.` };
			if (reportedSize === undefined && !(await hasMore(session, body, rows))) {
				throw new Unclear(`The campaign has only ${rows.length} participants.`);
			}
			return { matches: false, observed: `${outcome}.` };
		},
	},
	{
		assumption: 'A list is a bare array, or a `Page` or `Slice` object with the rows in `content`',
		code: ['lists/page.ts', 'parsePage'],
		inspect: async ({ send, campaign }) => {
			const response = await send(endpoints.getAllParticipants, { campaign });
			const matches = isSuccess(response) && parsePage(response.body) !== undefined;
			return { matches, observed: `${describe(response)}.` };
		},
	},
	{
		assumption: 'Page 0 and page 1 may both be the first page',
		code: ['lists/page.ts', 'isSamePage'],
		inspect: async ({ firstOfEachPage }) => {
			const [zero, one, two] = await firstOfEachPage();
			if (zero === undefined) throw new Unclear('The campaign has no participants.');
			if (zero !== one) return { matches: true, observed: 'They differ: pages start at 0.' };
			if (one === two) throw new Unclear('Pages 0, 1 and 2 are the same.');
			return {
				matches: true,
				observed: 'They are the same: pages start at 1, which List handles.',
			};
		},
	},
	{
		assumption: '`page` is honoured',
		code: ['api/specification.ts', 'pageable'],
		inspect: async ({ firstOfEachPage }) => {
			const [zero, one, two] = await firstOfEachPage();
			if (zero === undefined) throw new Unclear('The campaign has no participants.');
			return zero === one && one === two
				? { matches: false, observed: 'Pages 0, 1 and 2 are the same.' }
				: { matches: true, observed: 'Yes: other pages have other participants.' };
		},
	},
	{
		assumption: 'A page past the end is `[]`, `null`, nothing or has an empty `content`',
		code: ['lists/page.ts', 'readPage'],
		inspect: async ({ send, campaign }) => {
			const response = await send(endpoints.getAllParticipants, { campaign, page: 100_000 });
			const rows = isSuccess(response) ? parsePage(response.body)?.rows : undefined;
			if (rows && rows.length > 0) throw new Unclear('Page 100,000 has participants.');
			return { matches: rows !== undefined, observed: `${describe(response)}.` };
		},
	},
	{
		assumption: 'New participants may be inserted at the front while a list is being read',
		code: ['lists/readList.ts', 'startPass'],
		inspect: async ({ firstPage }) => {
			const order = orderByCreatedOn((await firstPage()).rows);
			return {
				matches: order !== 'none',
				observed: {
					desc: 'The newest come first.',
					asc: 'The newest come last, which works as well.',
					none: 'Not ordered by createdOn: new participants may appear anywhere.',
				}[order],
			};
		},
	},
	{
		assumption: 'Sort fields have the names they have in a participant',
		code: ['fields/listFields.ts', 'sortOptions'],
		inspect: async (session) => {
			const { send, campaign } = session;
			const orders = [];
			for (const direction of ['asc', 'desc']) {
				const sort = `createdOn,${direction}`;
				const response = await send(endpoints.getAllParticipants, { campaign, sort });
				const rows = isSuccess(response) ? parsePage(response.body)?.rows : undefined;
				if (!rows) return { matches: false, observed: `sort=${sort}: ${describe(response)}.` };
				orders.push(orderByCreatedOn(rows));
			}
			const matches = orders[0] === 'asc' && orders[1] === 'desc';
			return {
				matches,
				observed: `Sorting by createdOn, asc and desc, ${matches ? 'works' : 'does not work'}.`,
			};
		},
	},
	{
		assumption: 'Adding an email twice is harmless, or refused as a duplicate',
		code: ['api/specification.ts', 'alreadyExists'],
		inspect: async ({ trial }) => {
			const before = (await trial.addReferrer()).body;
			const again = await trial.addReferrerAgain();
			if (saysAlreadyExists(again, trial.referrer)) {
				return { matches: true, observed: `Refused as a duplicate: ${quote(again)}.` };
			}
			if (!isSuccess(again)) return { matches: false, observed: `Refused: ${quote(again)}.` };
			if (!isObject(again.body)) return { matches: false, observed: `${describe(again)}.` };
			const isSame =
				isObject(before) &&
				rowKey(rowTypes.participant, again.body) === rowKey(rowTypes.participant, before);
			return {
				matches: isSame,
				observed: isSame ? 'Harmless.' : 'The response has a different referral code.',
			};
		},
	},
	{
		assumption:
			"Qualifying through the API counts twice if the vendor's Stripe integration qualifies as well",
		code: ['resources/participant/qualify.ts', 'qualify'],
		inspect: checkByHand(
			'With Stripe connected, qualify someone who has paid and look at the reward.',
		),
	},
	{
		assumption: 'A rejected Qualify says in words that someone was not referred',
		code: ['api/specification.ts', 'notReferred'],
		inspect: async ({ trial }) => {
			const response = await trial.qualifyReferrer();
			if (isSuccess(response)) return { matches: false, observed: 'It was accepted.' };
			return {
				matches: saysNotReferred(response, trial.referrer),
				observed: `${quote(response)}.`,
			};
		},
	},
	{
		assumption: 'An `ErrorDetail` has its text in `message`, `detail` or `error`',
		code: ['api/specification.ts', 'messageFields'],
		inspect: async (session) => {
			const response = await session.unknownCampaign();
			if (response.status < 400) throw new Unclear(`No ErrorDetail: ${describe(response)}.`);
			const { body } = response;
			const field = isObject(body) && messageFields.find((name) => typeof body[name] === 'string');
			return field
				? { matches: true, observed: `In ${field} of ${describeBody(body)}.` }
				: { matches: false, observed: `${describe(response)}.` };
		},
	},
	{
		assumption: 'The names of the events for a new referee and an unlocked reward',
		code: ['api/specification.ts', 'eventNames'],
		inspect: checkByHand('Set the webhook trigger to Any Event and look at the field "event".'),
	},
	{
		assumption: 'Whether the secret is used as text or decoded from hex',
		code: ['triggers/webhook/signature.ts', 'verifySignature'],
		inspect: checkByHand('Sign the body of an event both ways and compare with X-RR-Signature.'),
	},
	{
		assumption:
			"`code`, `score` and `totalReferred` are the REST API's `referralCode`, `fraudScore` and `totalReferrals`; `refereeActionCompleted` is `rewardEventCompleted`",
		code: ['api/specification.ts', 'webhookFields'],
		inspect: checkByHand('Compare an event with Participant → Get for the same person.'),
	},
];

const describeOutcome = (response: Response) =>
	isSuccess(response) ? 'accepted' : quote(response);

/** Expects that a wrong key was refused. */
const expectRefusal = (response: Response): Finding => ({
	matches: response.status === 401 || response.status === 403,
	observed: `A wrong key: ${describe(response)}.`,
});

/** @returns whether there are more participants than fit on the largest page */
async function hasMore(session: Session, body: unknown, rows: IDataObject[]): Promise<boolean> {
	const total = totalIn(body);
	if (total !== undefined) return total > rows.length;
	const known = new Set(rows.map((row) => rowKey(rowTypes.participant, row)));
	// If pages start at 1, page 1 is the first page again.
	for (const page of [1, 2]) {
		const next = await list(session, { page, pageSize: maxPageSize + 1 });
		if (next.rows.some((row) => !known.has(rowKey(rowTypes.participant, row)))) return true;
	}
	return false;
}
