import type { IHttpRequestMethods } from 'n8n-workflow';

/*
 * Everything about Referral Rocket that the vendor may change: addresses, names and limits.
 * A correction here is one line. docs/api.md says how sure each fact is.
 */

export const credentialName = 'referralRocketApi';
export const defaultBaseUrl = 'https://app.referralrocket.io';
export const defaultHeaderName = 'X-API-Key';

/**
 * The usual ways to send a key, as fields of the credential. Which one the service takes is not documented:
 * where the chosen one is refused, the credential test finds out.
 */
export const usualAuthentications = [
	{ authentication: 'bearer', headerName: '' },
	{ authentication: 'header', headerName: 'Authorization' },
	{ authentication: 'header', headerName: defaultHeaderName },
	{ authentication: 'header', headerName: 'API-Key' },
	{ authentication: 'header', headerName: 'X-Auth-Token' },
];

/** Our own parameter names, independent of the service's. */
export type ParameterName =
	| 'campaign'
	| 'email'
	| 'code'
	| 'referredByCode'
	| 'referredByEmail'
	| 'firstName'
	| 'lastName'
	| 'amount'
	| 'customFields'
	| 'page'
	| 'pageSize'
	| 'sort';

/** Validated values of an endpoint's parameters; custom fields have names of their own. */
export type ParameterValues = Partial<
	Record<Exclude<ParameterName, 'customFields'>, string | number>
> & { customFields?: Record<string, unknown> };

/** The names of a participant's rewards: what was earned, what of it has been redeemed, what is left. */
export const rewards = [
	{
		earned: 'referralReward',
		redeemed: 'referralRewardRedeemed',
		balance: 'referralRewardBalance',
	},
	{ earned: 'refereeReward', redeemed: 'refereeRewardRedeemed', balance: 'refereeRewardBalance' },
];

/** The totals of a participant: a change of one of them is an update. */
export const participantTotals = ['totalReferrals', ...rewards.flatMap(Object.values<string>)];

/** A type of row, described once for operations, lists, outputs, sorting and messages. */
export interface RowType {
	singular: string;
	plural: string;
	/**
	 * What tells rows apart. At least one of these fields has a value in every row; an object without one
	 * is something else.
	 */
	identityFields: string[];
	/** Every documented field: what Selected Fields and Sort offer. */
	fields: string[];
	/** The fields of the simplified output. */
	simplified: string[];
	/** More of them, which are described without a name. */
	alsoSimplified?: RegExp;
}

const simplifiedCampaign = ['campaignId', 'campaignName', 'status', 'createdOn', 'end', 'hostURL'];

const simplifiedParticipant = [
	'email',
	'firstName',
	'lastName',
	'referralCode',
	'referredByCode',
	'shareLink',
	'totalReferrals',
	'referralRewardBalance',
	'rewardEventCompleted',
	'createdOn',
];

export const rowTypes = {
	campaign: {
		singular: 'campaign',
		plural: 'campaigns',
		identityFields: ['campaignId', 'campaignName'],
		fields: [...simplifiedCampaign, 'paused', 'ended', 'rewardHeader'],
		simplified: simplifiedCampaign,
		alsoSimplified: /reward|participants/i,
	},
	participant: {
		singular: 'participant',
		plural: 'participants',
		identityFields: ['email', 'referralCode'],
		fields: [
			...new Set([...simplifiedParticipant, ...participantTotals, 'campaignId', 'fraudScore']),
		],
		simplified: simplifiedParticipant,
	},
} satisfies Record<string, RowType>;

export interface Endpoint {
	method: IHttpRequestMethods;
	path: string;
	/** Our name of each parameter → the service's name of it. */
	parameters: Partial<Record<ParameterName, string>>;
	/** Those of them that may be empty, although they are required elsewhere. */
	optional?: ParameterName[];
	/** The type of the row or rows in the response; undefined if it contains something else. */
	rowType?: RowType;
	/** What does not exist after a 404, unless that is what was requested. */
	notFound?: RowType;
	/** What happened to the participant if the request took effect; used in messages. */
	effect?: 'added' | 'qualified';
	/** What the service asks for beyond well-formed fields; said when it refuses. */
	rule?: string;
}

/** What is not read-only may have taken effect without a response: it is not repeated, and messages say so. */
export const isReadOnly = ({ method }: Endpoint) => method === 'GET';

/** @returns whether the response is a page of rows */
export const isList = ({ parameters }: Endpoint) => parameters.page !== undefined;

/** Where the parameters of an endpoint go. */
export const parametersIn = ({ method }: Endpoint): 'query' | 'body' =>
	['GET', 'DELETE'].includes(method) ? 'query' : 'body';

/** Spring Data's Pageable: `page` counts from 0, `size` is 20 unless given. */
const pageable = { page: 'page', pageSize: 'size', sort: 'sort' };

export const endpoints = {
	getCampaign: {
		method: 'GET',
		path: '/api/v1/getCampaign',
		parameters: { campaign: 'id' },
		rowType: rowTypes.campaign,
	},
	addParticipant: {
		method: 'POST',
		path: '/api/v1/addParticipant',
		parameters: {
			campaign: 'id',
			email: 'email',
			referredByCode: 'referredByCode',
			referredByEmail: 'referredByEmail',
			// Not documented; the browser SDK calls them so.
			firstName: 'fName',
			lastName: 'lName',
			customFields: 'customFields',
		},
		rowType: rowTypes.participant,
		notFound: rowTypes.campaign,
		effect: 'added',
	},
	getParticipant: {
		method: 'GET',
		path: '/api/v1/getParticipant',
		parameters: { campaign: 'id', email: 'email' },
		rowType: rowTypes.participant,
	},
	getAllParticipants: {
		method: 'GET',
		path: '/api/v1/getAllParticipants',
		parameters: { campaign: 'id', ...pageable },
		rowType: rowTypes.participant,
		notFound: rowTypes.campaign,
	},
	getReferrals: {
		method: 'GET',
		path: '/api/v1/getReferrals',
		parameters: { campaign: 'id', email: 'email', ...pageable },
		rowType: rowTypes.participant,
	},
	qualifyParticipant: {
		method: 'POST',
		path: '/api/v1/qualifyParticipant',
		parameters: { campaign: 'id', email: 'email', amount: 'amount' },
		rowType: rowTypes.participant,
		effect: 'qualified',
		rule: 'Only a participant who was referred can be qualified.',
	},
	validateCode: {
		method: 'GET',
		path: '/api/v1/validateCode',
		parameters: { campaign: 'campaignId', code: 'code' },
	},
} satisfies Record<string, Endpoint>;

/** A campaign's link, before the campaign's ID, and what its query holds. */
export const campaignLink = 'https://referralrocket.io/campaign?id=';
export const linkParameters = { campaign: 'id', code: 'referralCode' };

/** Rate limits are not documented. A usual one counts the requests of a minute. */
export const rateLimit = { windowMs: 60_000 };

/** Participants a page. Spring caps a page at 2000 unless configured otherwise. */
export const defaultPageSize = 500;
export const maxPageSize = 2000;
/** Tried one after the other if the service rejects a page size. */
export const smallerPageSizes = [100, 20];

/** How the service words that a participant already exists, when it refuses to add one again. */
export const alreadyExists = { status: 409, wording: /\balready\b|\bexists\b|\bduplicate\b/i };

/** How the service may word that a participant was not referred, when it refuses to qualify one. */
export const notReferred =
	/(\b(not|never|only|no|without)|n['’]t)( (an?|any|been|being|had|have|has))* (referred|referrers?|referees?)\b|\bunreferred\b/i;

/** Statuses below 500 with which a request may succeed later, or after a change of the node's settings. */
export const passingStatuses = [401, 403, 404, 405, 408, 425, 429];

/** The fields that may hold the service's own words in an error response; the first that is there counts. */
export const messageFields = ['message', 'detail', 'error'];

/** The field of a campaign that holds its number of participants; described, but its name is not known. */
export const campaignTotal =
	/^(total|number|count)(_?of)?_?participants?$|^participants?_?(total|count)?$/i;

/** What the field "status" of a campaign says; "paused" and "ended" say it as well. */
export const campaignStatuses = { active: 'Active', paused: 'Pause', ended: 'End' };

/** Only who has joined through a referrer has one of these. */
export const referrerFields = ['referredByCode', 'referrerEmail'];

/** The fields of a webhook that change when a reward is paid out. */
export const changedByPayout = /(Redeemed|Balance)$|^reward(Due|Paid)$/;

/** Hex HMAC-SHA256 of a webhook's raw body. */
export const signatureHeader = 'x-rr-signature';

/**
 * The event names that each event of the webhook trigger stands for. Only referrer_added is documented; for the
 * other two, names that mean the same count as well, and no others: reward_removed must not be taken for a
 * reward that was unlocked.
 */
export const eventNames: Record<string, RegExp> = {
	referrerCreated: /^referrer_added$/,
	refereeCreated: /^referee[_.-]?(added|created)$/i,
	rewardUnlocked: /^(participant[_.-]?)?reward[_.-]?(unlocked|earned)$/i,
	any: /^/,
};

/** A webhook's name of a field → the name that the same field has everywhere else. */
export const webhookFields: Record<string, string> = {
	code: 'referralCode',
	score: 'fraudScore',
	totalReferred: 'totalReferrals',
	refereeActionCompleted: 'rewardEventCompleted',
};
