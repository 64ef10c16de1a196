import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import {
	isEveryPathUnknown,
	unknownCampaign,
	unknownPath,
} from '../../nodes/ReferralRocket/methods/credentialTest.ts';
import { rowsIn } from '../../nodes/ReferralRocket/api/pagination/page.ts';
import { rowKey } from '../../nodes/ReferralRocket/api/participant.ts';
import { isObject, saysAlreadyExists } from '../../nodes/ReferralRocket/api/response.ts';
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
	described,
	isFine,
	kindOf,
	namesIn,
	NotSeen,
	once,
	said,
	usualHeaders,
	wayOf,
	type Answer,
	type Service,
} from './service.mts';
import { names, type Trial } from './trial.mts';

/** What was seen, and whether the code is right about it; undefined where it can't be told. */
export interface Finding {
	seen: string;
	holds?: boolean;
}

export interface Check {
	/** The fact as docs/api.md words it. */
	assumed: string;
	/** Where the code relies on it: a file of nodes/ReferralRocket and a text that is in it once. */
	code: [file: string, symbol: string];
	/** Inspects; throws NotSeen where nothing can be seen. */
	inspect: (session: Session) => Promise<Finding> | Finding;
}

/** One run over all checks: what several of them inspect is requested once. */
export interface Session extends Service {
	trial: Trial;
	/** An address that nobody has. */
	nobody: string;
	/** The first page, as the service gives it unless asked otherwise. */
	front: () => Promise<Page>;
	/** Who is first on page 0, 1 and 2, with one participant a page. */
	firsts: () => Promise<Array<string | undefined>>;
	unknownCampaign: () => Promise<Answer>;
}

interface Page {
	body: unknown;
	rows: IDataObject[];
}

/** @returns a run of which nothing has been asked yet */
export function visitTo(service: Service, trial: Trial): Session {
	return {
		...service,
		trial,
		nobody: `nobody-${randomUUID()}@example.com`,
		front: once(async () => await list(service)),
		firsts: once(async () => {
			const firsts = [];
			for (const page of [0, 1, 2]) {
				const { rows } = await list(service, { page, pageSize: 1 });
				firsts.push(rows[0] && rowKey(rows[0]));
			}
			return firsts;
		}),
		unknownCampaign: once(
			async () => await service.ask(endpoints.getCampaign, { campaign: unknownCampaign }),
		),
	};
}

const wrongKey = 'not-a-key-of-anybody';

async function list(
	{ ask, campaign }: Service,
	values: Record<string, string | number> = {},
): Promise<Page> {
	const answer = await ask(endpoints.getAllParticipants, { campaign, ...values });
	const rows = isFine(answer) ? rowsIn(answer.body) : undefined;
	if (!rows) throw new NotSeen(`The list answered with ${described(answer)}.`);
	return { body: answer.body, rows };
}

/** The first participants, of whom there must be one. */
async function participantsOf(session: Session): Promise<IDataObject[]> {
	const { rows } = await session.front();
	if (rows.length === 0) throw new NotSeen('The campaign has no participants.');
	return rows;
}

/** Participants in the whole list, where it says so. */
const readCampaignTotal = (body: unknown) =>
	isObject(body) && typeof body.totalElements === 'number' ? body.totalElements : undefined;

async function fieldsSeen(session: Session, wanted: string[]): Promise<Finding> {
	const rows = await participantsOf(session);
	const names = namesIn(rows);
	const missing = wanted.filter((name) => !names.includes(name));
	const others = names.filter((name) => !wanted.includes(name));
	return missing.length === 0
		? { holds: true, seen: `All are there: ${wanted.join(', ')}.` }
		: {
				holds: false,
				seen: `None of ${rows.length} has ${missing.join(', ')}. Their other fields: ${others.join(', ')}.`,
			};
}

const isISO = (time: unknown) =>
	typeof time === 'string' && /^\d{4}-\d\d-\d\dT/.test(time) && !Number.isNaN(Date.parse(time));

/** @returns in which order of createdOn the rows are; NotSeen where they don't tell */
function orderOf(rows: IDataObject[]): 'asc' | 'desc' | 'none' {
	const times = rows.map(({ createdOn }) => createdOn).filter(isISO);
	if (new Set(times).size < 2) {
		throw new NotSeen('Fewer than two participants with different times in createdOn.');
	}
	const sorted = times.map((time) => Date.parse(String(time)));
	const steps = sorted.slice(1).map((time, index) => Math.sign(time - sorted[index]));
	if (!steps.includes(-1)) return 'asc';
	return steps.includes(1) ? 'none' : 'desc';
}

/** A fact that only a person can look up. */
const byHand = (how: string) => () => ({ seen: how });

/**
 * Every line of docs/api.md that is inferred or unknown, in its order, and some documented ones that
 * show by the way.
 */
export const checks: Check[] = [
	{
		assumed: 'The API needs a paid plan; the key is created in the account settings',
		code: ['api/errorMessages.ts', 'statusMessage'],
		inspect: byHand('Look at the plans and at the settings of your account in Referral Rocket.'),
	},
	{
		assumed: 'The key is sent as `Authorization: Bearer KEY`',
		code: ['api/authentication.ts', 'keyHeader'],
		inspect: ({ bareHeader }) =>
			bareHeader === undefined
				? { holds: true, seen: 'The key was taken so.' }
				: { holds: false, seen: `Refused so; taken bare in ${bareHeader}.` },
	},
	{
		assumed:
			'If Bearer is refused, the key alone is sent in `Authorization`, `X-API-Key`, `API-Key` or `X-Auth-Token`',
		code: ['api/specification.ts', 'usualAuthentications'],
		inspect: async ({ askIn, bareHeader, campaign }) => {
			const ways = [];
			for (const header of new Set([...usualHeaders, bareHeader])) {
				const answer = await askIn(header)(endpoints.getCampaign, { campaign });
				const isTaken = isFine(answer) && isObject(answer.body);
				ways.push(`${wayOf(header)} ${isTaken ? 'taken' : `status ${answer.status}`}`);
			}
			return { holds: usualHeaders.includes(bareHeader), seen: `The key ${ways.join(', ')}.` };
		},
	},
	{
		assumed: '401 and 403 mean that the key is refused',
		code: ['api/errorMessages.ts', 'statusMessage'],
		inspect: async ({ ask, campaign }) =>
			refusal(await ask(endpoints.getCampaign, { campaign }, wrongKey)),
	},
	{
		assumed: "A wrong key is also refused for a campaign that doesn't exist",
		code: ['methods/credentialTest.ts', 'unknownCampaign'],
		inspect: async ({ ask }) =>
			refusal(await ask(endpoints.getCampaign, { campaign: unknownCampaign }, wrongKey)),
	},
	{
		assumed: '429 means that nothing was done; `Retry-After` says how long to wait',
		code: ['api/retry.ts', 'mayRetry'],
		inspect: byHand('Nothing here asks that much. n8n says "Rate limit reached" when it comes.'),
	},
	{
		assumed: '`getCampaign` returns 404 for an unknown campaign',
		code: ['methods/credentialTest.ts', 'testCredential'],
		inspect: async (session) => {
			const answer = await session.unknownCampaign();
			return { holds: answer.status === 404, seen: `${described(answer)}.` };
		},
	},
	{
		assumed: 'An unknown campaign can be distinguished from an unknown path',
		code: ['methods/credentialTest.ts', 'isEveryPathUnknown'],
		inspect: async (session) => {
			const campaign = await session.unknownCampaign();
			const path = await session.ask(
				{ ...endpoints.getCampaign, path: unknownPath },
				{
					campaign: unknownCampaign,
				},
			);
			const unknown = await isEveryPathUnknown(async (endpoint) => {
				const values = { campaign: unknownCampaign, code: unknownCampaign };
				return await session.ask(endpoint, values);
			}, campaign);
			return {
				holds: campaign.status !== 404 || !unknown,
				seen: `The campaign: ${described(campaign)}. The path: ${described(path)}.`,
			};
		},
	},
	{
		assumed: '`getParticipant` returns nothing, `null` or 404 for an unknown participant',
		code: ['api/response.ts', 'isNotFound'],
		inspect: async ({ ask, campaign, nobody }) => {
			const answer = await ask(endpoints.getParticipant, { campaign, email: nobody });
			const isNothing = isFine(answer) && (answer.body ?? null) === null;
			return { holds: isNothing || answer.status === 404, seen: `${described(answer)}.` };
		},
	},
	{
		assumed: 'The path of Qualify is `qualifyParticipant`',
		code: ['api/specification.ts', 'qualifyParticipant'],
		inspect: async (session) => {
			const { ask, trial } = session;
			if (trial.isOn) {
				const answer = await trial.qualified();
				const holds = isFine(answer) || ([404, 405].includes(answer.status) ? false : undefined);
				return { holds, seen: `A POST answered with ${described(answer)}.` };
			}
			// A GET tells nothing by itself; it does beside a path that is there and one that is not.
			const statusOf = async (path: string) =>
				(await ask({ ...endpoints.getCampaign, path }, {})).status;
			const qualify = await statusOf(endpoints.qualifyParticipant.path);
			const add = await statusOf(endpoints.addParticipant.path);
			const none = await statusOf('/api/v1/noSuchPath');
			return {
				holds: add === none || ![add, none].includes(qualify) ? undefined : qualify === add,
				seen: `A GET there answered with status ${qualify}; on the path of Add with ${add}, on no path with ${none}.`,
			};
		},
	},
	{
		assumed: 'Qualify expects `id` and `email`, like Add',
		code: ['api/specification.ts', 'qualifyParticipant'],
		inspect: async ({ trial }) => {
			const answer = await trial.qualified();
			if (!isFine(answer)) {
				return { holds: false, seen: `${said(answer)}.` };
			}
			const { rewardEventCompleted } = await trial.found(trial.referredByCode);
			return {
				holds: rewardEventCompleted === true,
				seen: `The participant then had rewardEventCompleted ${kindOf(rewardEventCompleted)}.`,
			};
		},
	},
	{
		assumed: 'Qualify accepts the amount paid as `amount`',
		code: ['api/specification.ts', 'qualifyParticipant'],
		inspect: async ({ trial }) => {
			const answer = await trial.qualified();
			if (!isFine(answer)) throw new NotSeen(`Qualify answered with ${described(answer)}.`);
			const participant = await trial.found(trial.referredByCode);
			const field = namesIn([participant]).find(
				(name) => Number(participant[name]) === trial.amount,
			);
			return field
				? { holds: true, seen: `It came back in the field ${field}.` }
				: {
						seen: `No field of the participant holds it. Look for ${trial.amount} in Referral Rocket, at ${trial.referredByCode}.`,
					};
		},
	},
	{
		assumed: '`amount` is accepted as a string, like `"250"`',
		code: ['api/specification.ts', 'qualifyParticipant'],
		inspect: async ({ trial }) => {
			const text = await trial.qualified();
			const number = await trial.qualifiedWithNumber();
			// Where neither is taken, it is not about how the amount is written.
			const holds = isFine(text) || (isFine(number) ? false : undefined);
			return { holds, seen: `As a text: ${outcomeOf(text)}. As a number: ${outcomeOf(number)}.` };
		},
	},
	{
		assumed: '`addParticipant` accepts names as `fName` and `lName`, like the browser SDK',
		code: ['api/specification.ts', 'addParticipant'],
		inspect: async ({ trial }) => {
			const answer = await trial.addedWithNames();
			if (!isFine(answer)) return { seen: `Refused: ${said(answer)}.` };
			const participant = await trial.found(trial.named);
			const fields = namesIn([participant]).filter((name) =>
				Object.values(names).includes(String(participant[name])),
			);
			return fields.length > 0
				? { holds: true, seen: `They came back in ${fields.join(' and ')}.` }
				: { seen: 'Nothing was said against them, and no field of the participant holds them.' };
		},
	},
	{
		assumed: '`addParticipant` returns the participant',
		code: ['api/specification.ts', 'addParticipant'],
		inspect: async ({ trial }) => {
			const answer = await trial.added();
			const holds = isFine(answer) && isObject(answer.body) && answer.body.email === trial.referrer;
			return { holds, seen: `${isFine(answer) ? described(answer) : said(answer)}.` };
		},
	},
	{
		assumed: '`referredByCode` and `referredByEmail` make the added participant a referral',
		code: ['api/specification.ts', 'addParticipant'],
		inspect: async ({ trial }) => {
			const outcomeOf = async (added: Answer, email: string) => {
				if (!isFine(added)) return said(added);
				const { referredByCode } = await trial.found(email);
				const { referralCode } = await trial.found(trial.referrer);
				return referralCode && referredByCode === referralCode ? 'a referral' : 'no referral';
			};
			const byCode = await outcomeOf(await trial.addedByCode(), trial.referredByCode);
			const byEmail = await outcomeOf(await trial.addedByEmail(), trial.referredByEmail);
			return {
				holds: byCode === 'a referral' && byEmail === 'a referral',
				seen: `By code: ${byCode}. By email: ${byEmail}.`,
			};
		},
	},
	{
		assumed: '`validateCode` returns a bare `true` or `false`',
		code: ['resources/referralCode/validate.ts', 'validateCode'],
		inspect: async (session) => {
			const { ask, campaign, nobody } = session;
			const unknown = await ask(endpoints.validateCode, { campaign, code: nobody });
			const seen = `For a code that nobody has: ${described(unknown)}.`;
			if (unknown.body !== false || !isFine(unknown)) return { holds: false, seen };
			const { referralCode } = (await participantsOf(session))[0];
			if (typeof referralCode !== 'string') return { holds: true, seen };
			const known = await ask(endpoints.validateCode, { campaign, code: referralCode });
			return {
				holds: isFine(known) && known.body === true,
				seen: `For a participant's code: ${described(known)}. ${seen}`,
			};
		},
	},
	{
		assumed:
			'A campaign reports its number of participants in a field with a name like `totalParticipants`',
		code: ['api/specification.ts', 'campaignTotal'],
		inspect: async (session) => {
			const { ask, campaign } = session;
			const { body } = await ask(endpoints.getCampaign, { campaign });
			const fields = isObject(body) ? Object.entries(body) : [];
			const [name, total] = fields.find(([field]) => campaignTotal.test(field)) ?? [];
			if (name === undefined) return { holds: false, seen: `No such field in ${kindOf(body)}.` };
			const listed = readCampaignTotal((await list(session)).body);
			const agrees = listed === undefined ? '' : `; the list says ${listed}`;
			return {
				holds: typeof total === 'number' && (listed === undefined || listed === total),
				seen: `${name} is ${typeof total === 'number' ? total : 'no number'}${agrees}.`,
			};
		},
	},
	{
		assumed: 'A participant has the fields of the simplified output',
		code: ['api/specification.ts', 'rowTypes'],
		inspect: async (session) => await fieldsSeen(session, rowTypes.participant.simplified),
	},
	{
		assumed: 'A share link contains the campaign in `id` and the code in `referralCode`',
		code: ['api/specification.ts', 'linkParameters'],
		inspect: async (session) => {
			const rows = await participantsOf(session);
			const fitting = rows.filter(({ shareLink, referralCode, campaignId }) => {
				if (!URL.canParse(String(shareLink))) return false;
				const query = new URL(String(shareLink)).searchParams;
				return (
					query.get(linkParameters.code) === referralCode &&
					query.get(linkParameters.campaign) === campaignId
				);
			});
			return {
				holds: fitting.length === rows.length,
				seen: `So in ${fitting.length} of ${rows.length} share links.`,
			};
		},
	},
	{
		assumed: 'A participant has the totals of referrals and rewards',
		code: ['api/specification.ts', 'participantTotals'],
		inspect: async (session) => await fieldsSeen(session, participantTotals),
	},
	{
		assumed: '`createdOn` is an ISO 8601 date and time',
		code: ['triggers/polling/joining.ts', 'byJoining'],
		inspect: async (session) => {
			const rows = await participantsOf(session);
			const fitting = rows.filter(({ createdOn }) => isISO(createdOn));
			return {
				holds: fitting.length === rows.length,
				seen: `So in ${fitting.length} of ${rows.length} participants.`,
			};
		},
	},
	{
		assumed: 'The server caps `size`, at 2000 by default',
		code: ['api/specification.ts', 'maxPageSize'],
		inspect: async (session) => {
			const pageSize = maxPageSize + 1;
			const { body, rows } = await list(session, { page: 0, pageSize });
			const told = isObject(body) && typeof body.size === 'number' ? body.size : undefined;
			const most = told ?? rows.length;
			const asked = `Asked for ${pageSize},`;
			if (most === pageSize) return { holds: true, seen: `${asked} that many are given: no cap.` };
			if (most === maxPageSize) return { holds: true, seen: `${asked} ${most} are given.` };
			if (told === undefined && !(await hasMore(session, body, rows))) {
				throw new NotSeen(`The campaign has only ${rows.length} participants.`);
			}
			return { holds: false, seen: `${asked} ${most} are given.` };
		},
	},
	{
		assumed: 'A list is a bare array, or a `Page` or `Slice` object with the rows in `content`',
		code: ['api/pagination/page.ts', 'rowsIn'],
		inspect: async ({ ask, campaign }) => {
			const answer = await ask(endpoints.getAllParticipants, { campaign });
			const holds = isFine(answer) && rowsIn(answer.body) !== undefined;
			return { holds, seen: `${described(answer)}.` };
		},
	},
	{
		assumed: 'Page 0 and page 1 may both be the first page',
		code: ['api/pagination/page.ts', 'isSamePage'],
		inspect: async ({ firsts }) => {
			const [zero, one, two] = await firsts();
			if (zero === undefined) throw new NotSeen('The campaign has no participants.');
			if (zero !== one) return { holds: true, seen: 'They are two pages: pages count from 0.' };
			if (one === two) throw new NotSeen('Pages 0, 1 and 2 are the same.');
			return { holds: true, seen: 'They are the same: pages count from 1, which List copes with.' };
		},
	},
	{
		assumed: '`page` is honoured',
		code: ['api/specification.ts', 'pageable'],
		inspect: async ({ firsts }) => {
			const [zero, one, two] = await firsts();
			if (zero === undefined) throw new NotSeen('The campaign has no participants.');
			return zero === one && one === two
				? { holds: false, seen: 'Pages 0, 1 and 2 are the same.' }
				: { holds: true, seen: 'It is: other pages have other participants.' };
		},
	},
	{
		assumed: 'A page past the end is `[]`, `null`, nothing or has an empty `content`',
		code: ['api/pagination/page.ts', 'readPage'],
		inspect: async ({ ask, campaign }) => {
			const answer = await ask(endpoints.getAllParticipants, { campaign, page: 100_000 });
			const rows = isFine(answer) ? rowsIn(answer.body) : undefined;
			if (rows && rows.length > 0) throw new NotSeen('Page 100,000 has participants.');
			return { holds: rows !== undefined, seen: `${described(answer)}.` };
		},
	},
	{
		assumed: 'New participants may be inserted at the front while a list is being read',
		code: ['api/pagination/readList.ts', 'concurrentPages'],
		inspect: async ({ front }) => {
			const order = orderOf((await front()).rows);
			return {
				holds: order !== 'none',
				seen: {
					desc: 'The newest come first.',
					asc: 'The newest come last, which is as good.',
					none: 'In no order of createdOn: new ones may come in anywhere.',
				}[order],
			};
		},
	},
	{
		assumed: 'Sort fields have the names they have in a participant',
		code: ['parameters/listFields.ts', 'sortField'],
		inspect: async (session) => {
			const { ask, campaign } = session;
			const orders = [];
			for (const direction of ['asc', 'desc']) {
				const sort = `createdOn,${direction}`;
				const answer = await ask(endpoints.getAllParticipants, { campaign, sort });
				const rows = isFine(answer) ? rowsIn(answer.body) : undefined;
				if (!rows) return { holds: false, seen: `sort=${sort}: ${described(answer)}.` };
				orders.push(orderOf(rows));
			}
			const holds = orders[0] === 'asc' && orders[1] === 'desc';
			return { holds, seen: `createdOn is ${holds ? '' : 'not '}followed, asc and desc.` };
		},
	},
	{
		assumed: 'Adding an email twice is harmless, or refused as a duplicate',
		code: ['api/specification.ts', 'alreadyExists'],
		inspect: async ({ trial }) => {
			const before = (await trial.added()).body;
			const again = await trial.addedAgain();
			if (saysAlreadyExists(again, trial.referrer)) {
				return { holds: true, seen: `Refused as already there: ${said(again)}.` };
			}
			if (!isFine(again)) return { holds: false, seen: `Refused: ${said(again)}.` };
			if (!isObject(again.body)) return { holds: false, seen: `${described(again)}.` };
			const isSame = isObject(before) && rowKey(again.body) === rowKey(before);
			return {
				holds: isSame,
				seen: isSame ? 'Harmless.' : 'The answer has another referral code.',
			};
		},
	},
	{
		assumed:
			"Qualifying through the API counts twice if the vendor's Stripe integration qualifies as well",
		code: ['resources/participant/qualify.ts', 'qualify'],
		inspect: byHand('With Stripe connected, qualify someone who has paid; look at the reward.'),
	},
	{
		assumed: 'An `ErrorDetail` has its text in `message`, `detail` or `error`',
		code: ['api/specification.ts', 'messageFields'],
		inspect: async (session) => {
			const answer = await session.unknownCampaign();
			if (answer.status < 400) throw new NotSeen(`No ErrorDetail came: ${described(answer)}.`);
			const { body } = answer;
			const field = isObject(body) && messageFields.find((name) => typeof body[name] === 'string');
			return field
				? { holds: true, seen: `In ${field} of ${kindOf(body)}.` }
				: { holds: false, seen: `${described(answer)}.` };
		},
	},
	{
		assumed: 'The names of the events for a new referee and an unlocked reward',
		code: ['api/specification.ts', 'eventNames'],
		inspect: byHand('Let Any Event of the webhook trigger show them: the field "event".'),
	},
	{
		assumed: 'Whether the secret is used as text or decoded from hex',
		code: ['triggers/webhook/signature.ts', 'verifySignature'],
		inspect: byHand('Sign the body of one event both ways; one equals X-RR-Signature.'),
	},
	{
		assumed:
			"`code`, `score` and `totalReferred` are the REST API's `referralCode`, `fraudScore` and `totalReferrals`; `refereeActionCompleted` is `rewardEventCompleted`",
		code: ['api/specification.ts', 'webhookFields'],
		inspect: byHand('Compare an event with Participant → Get of the same person.'),
	},
];

const outcomeOf = (answer: Answer) => (isFine(answer) ? 'taken' : said(answer));

/** What a wrong key gets. */
const refusal = (answer: Answer): Finding => ({
	holds: answer.status === 401 || answer.status === 403,
	seen: `A wrong key: ${described(answer)}.`,
});

/** @returns whether there are participants beyond a page that was asked for as large as can be */
async function hasMore(session: Session, body: unknown, rows: IDataObject[]): Promise<boolean> {
	const total = readCampaignTotal(body);
	if (total !== undefined) return total > rows.length;
	const known = new Set(rows.map(rowKey));
	// Page 1 is the first page again where pages count from 1.
	for (const page of [1, 2]) {
		const next = await list(session, { page, pageSize: maxPageSize + 1 });
		if (next.rows.some((row) => !known.has(rowKey(row)))) return true;
	}
	return false;
}
