import type { IHttpRequestMethods } from 'n8n-workflow';

/*
 * Everything about Referral Rocket that the vendor may change: addresses, names and limits.
 * A correction here is one line. docs/api.md says how sure each fact is.
 */

export const credentialName = 'referralRocketApi';
export const defaultBaseUrl = 'https://app.referralrocket.io';
export const defaultHeaderName = 'X-API-Key';

/**
 * The usual ways to send a key, as fields of the credential. It isn't documented which of them the service
 * accepts: if it refuses the selected one, the credential test tries the others.
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

/** The fields of a participant's rewards: earned, redeemed and remaining. */
export const rewards = [
	{
		earned: 'referralReward',
		redeemed: 'referralRewardRedeemed',
		balance: 'referralRewardBalance',
	},
	{ earned: 'refereeReward', redeemed: 'refereeRewardRedeemed', balance: 'refereeRewardBalance' },
];

/** The totals of a participant. A change in one of them is an update. */
export const participantTotals = ['totalReferrals', ...rewards.flatMap(Object.values<string>)];

/** A type of row, described once for operations, lists, outputs, sorting and messages. */
export interface RowType {
	singular: string;
	plural: string;
	/** The parameter that selects one row; messages name the row by its value. */
	parameter: ParameterName;
	/**
	 * The fields that identify a row. At least one of them has a value in every row; an object without one
	 * isn't a row.
	 */
	identityFields: string[];
	/** Every documented field: what Selected Fields and Sort offer. */
	fields: string[];
	/** The fields of the simplified output. */
	simplified: string[];
	/** Further ones, which are documented without their names. */
	alsoSimplified?: RegExp;
}

const simplifiedCampaign = ['campaignId', 'campaignName', 'status', 'createdOn', 'end', 'hostURL'];

/** Who a participant is. */
const person = ['email', 'shareLink', 'firstName', 'lastName', 'referralCode'];

const simplifiedParticipant = [
	...person,
	'referredByCode',
	'totalReferrals',
	'referralRewardBalance',
	'rewardEventCompleted',
	'createdOn',
];

export const rowTypes = {
	campaign: {
		singular: 'campaign',
		plural: 'campaigns',
		parameter: 'campaign',
		identityFields: ['campaignId', 'campaignName'],
		fields: [...simplifiedCampaign, 'paused', 'ended', 'rewardHeader'],
		simplified: simplifiedCampaign,
		alsoSimplified: /reward(?!Header|Description)|participants/i,
	},
	participant: {
		singular: 'participant',
		plural: 'participants',
		parameter: 'email',
		identityFields: ['email', 'referralCode'],
		fields: [
			...new Set([...simplifiedParticipant, ...participantTotals, 'campaignId', 'fraudScore']),
		],
		simplified: simplifiedParticipant,
	},
} satisfies Record<string, RowType>;

/** The participant's fields in a simplified event, to which a trigger adds three of its own. */
export const simplifiedEvents = {
	/** A webhook contains no share link. */
	received: [
		...person.filter((name) => name !== 'shareLink'),
		'referredByCode',
		'totalReferrals',
		'referralRewardBalance',
	],
	polled: [...person, 'referredByCode', 'totalReferrals'],
	polledMilestone: [...person, 'totalReferrals'],
	polledReward: [...person, ...rewards.map(({ balance }) => balance)],
};

export interface Endpoint {
	method: IHttpRequestMethods;
	path: string;
	/** Our name for each parameter → the service's name for it. */
	parameters: Partial<Record<ParameterName, string>>;
	/** The parameters that must not be empty, besides the campaign. */
	required?: ParameterName[];
	/** The type of the row or rows in the response; undefined if it contains something else. */
	rowType?: RowType;
	/** The type of row that a 404 is about, if it isn't `rowType`. */
	notFound?: RowType;
	/** What happened to the participant if the request took effect; used in messages. */
	effect?: 'added' | 'qualified';
	/** What the service requires beyond valid fields. Messages add it if the service refuses. */
	rule?: string;
}

/** Any other request may take effect without a response: it is not retried, and messages point it out. */
export const isReadOnly = ({ method }: Endpoint) => method === 'GET';

/** @returns whether the response is a page of rows */
export const isList = ({ parameters }: Endpoint) => parameters.page !== undefined;

/** Where the parameters of an endpoint go. */
export const parametersIn = ({ method }: Endpoint): 'query' | 'body' =>
	['GET', 'DELETE'].includes(method) ? 'query' : 'body';

/** Spring Data's Pageable: `page` counts from 0, `size` is 20 by default. */
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
			// Not documented: these are the browser SDK's names.
			firstName: 'fName',
			lastName: 'lName',
			customFields: 'customFields',
		},
		required: ['email'],
		rowType: rowTypes.participant,
		notFound: rowTypes.campaign,
		effect: 'added',
	},
	getParticipant: {
		method: 'GET',
		path: '/api/v1/getParticipant',
		parameters: { campaign: 'id', email: 'email' },
		required: ['email'],
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
		required: ['email'],
		rowType: rowTypes.participant,
	},
	qualifyParticipant: {
		method: 'POST',
		path: '/api/v1/qualifyParticipant',
		parameters: { campaign: 'id', email: 'email', amount: 'amount' },
		required: ['email'],
		rowType: rowTypes.participant,
		effect: 'qualified',
		rule: 'Only a participant who was referred can be qualified.',
	},
	validateCode: {
		method: 'GET',
		path: '/api/v1/validateCode',
		parameters: { campaign: 'campaignId', code: 'code' },
		required: ['code'],
	},
} satisfies Record<string, Endpoint>;

/** A campaign's link, up to the campaign's ID, and the query parameters of its links. */
export const campaignLink = 'https://referralrocket.io/campaign?id=';
export const campaignHost = /(^|\.)referralrocket\.io$/;
export const linkParameters = { campaign: 'id', code: 'referralCode' };

/** The rate limit isn't documented. Most limits are per minute. */
export const rateLimit = { windowMs: 60_000 };

/** Rows per page. Spring caps a page at 2000 by default. */
export const defaultPageSize = 500;
export const maxPageSize = 2000;
/** Tried in order if the service rejects a page size. */
export const smallerPageSizes = [100, 20];

/** How the service may report on Add that a participant already exists. */
export const alreadyExists = { status: 409, wording: /\balready\b|\bexists\b|\bduplicate\b/i };

/** How the service may report on Qualify that a participant was not referred. */
export const notReferred =
	/(\b(not|never|only|no|without)|n['’]t)( (an?|any|been|being|had|have|has))* (referred|referrers?|referees?)\b|\bunreferred\b/i;

/** Statuses below 500 after which a request may succeed later, or with other settings of the node. */
export const passingStatuses = [401, 402, 403, 404, 405, 407, 408, 423, 425, 429];

/** The fields of an error response that may contain the service's message; the first one present counts. */
export const messageFields = ['message', 'detail', 'error'];
/** The fields of an error response that never contain a reason. */
export const factFields = ['timestamp', 'status', 'path'];

/** The campaign's field with its number of participants. It is documented, but not by name. */
export const campaignTotal =
	/^(total|number|count)(_?of)?_?participants?$|^participants?_?(total|count)?$/i;

/** The values of a campaign's "status"; its fields "paused" and "ended" report the same. */
export const campaignStatuses = { active: 'Active', paused: 'Pause', ended: 'End' };

/** Only participants who joined through a referrer have a value in one of these. */
export const referrerFields = ['referredByCode', 'referrerEmail'];

/** The fields of a webhook that change when a reward is paid out. */
export const changedByPayout = /(Redeemed|Balance)$|^reward(Due|Paid)$/;

/** Hex HMAC-SHA256 of a webhook's raw body. */
export const signatureHeader = 'x-rr-signature';

/**
 * Each event of the webhook trigger → the service's names for it. Only referrer_added is documented. For the other
 * two, likely names are accepted, and no others: reward_removed must not count as an unlocked reward.
 */
export const eventNames: Record<string, RegExp> = {
	referrerCreated: /^referrer_added$/,
	refereeCreated: /^referee[_.-]?(added|created)$/i,
	rewardUnlocked: /^(participant[_.-]?)?reward[_.-]?(unlocked|earned)$/i,
	any: /^/,
};

/** A field's name in webhooks → its name everywhere else. */
export const webhookFields: Record<string, string> = {
	code: 'referralCode',
	score: 'fraudScore',
	totalReferred: 'totalReferrals',
	refereeActionCompleted: 'rewardEventCompleted',
};
