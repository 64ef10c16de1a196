import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { Campaign } from './campaign.mts';

/** How the mock server behaves where the real service is unknown. Can be changed while it runs. */
export interface Behaviour {
	/** A bare array, Spring's Page or PagedModel (with totals), or its Slice (without). */
	listShape: 'page' | 'pagedModel' | 'slice' | 'array';
	/** Always the same order, a new one for each request, or a different one for each page. */
	order: 'fixed' | 'random' | 'byPage';
	/** Where the newest participants are, unless the request has a sort. */
	newestAt: 'front' | 'back';
	/** Added to the totals of lists and campaign. */
	extraInTotals: number;
	campaignTotal: 'included' | 'omitted';
	/** Maximum page size, whatever the request asks for. */
	pageSizeCap: number;
	/** The server rejects larger pages with 400. */
	pageSizeLimit: number;
	/** If 1, page 0 and page 1 are both the first page. */
	firstPage: 0 | 1;
	ignoresPage: boolean;
	ignoresSize: boolean;
	emptyPage: 'list' | 'null' | 'nothing' | 'nullContent' | 'notFound';
	/** The response to adding the same email twice. */
	duplicateAdd: 'returned' | 'refused';
	unknownParticipant: 'nothing' | 'null' | 'notFound';
	/** The header that contains the key, and the prefix of the key. */
	keyHeader: string;
	keyPrefix: string;
	/** Delay of every response in milliseconds. */
	delay: number;
}

export interface ReceivedRequest {
	method: string;
	path: string;
	query: Record<string, string>;
	body: Record<string, unknown> | undefined;
	headers: Record<string, string | string[] | undefined>;
}

/** Handles a request instead of the service. Return false to let the service respond. */
export type Intercept = (request: ReceivedRequest, reply: FastifyReply, count: number) => unknown;

export interface MockServer {
	url: string;
	apiKey: string;
	campaign: Campaign;
	behaviour: Behaviour;
	/** Changes parts of the behaviour. */
	behave(changes: Partial<Behaviour>): void;
	/** A valid value of each required field, by the name of the field. */
	examples: Record<string, string>;
	/** Every request so far, in the order of arrival. */
	requests: ReceivedRequest[];
	/** Set it to respond differently: faults, other response shapes. */
	intercept: Intercept | undefined;
	/** Called after every response, for example to simulate a sign-up. */
	afterResponse: (() => void) | undefined;
	close(): Promise<void>;
}

export const defaultBehaviour: Behaviour = {
	listShape: 'page',
	order: 'fixed',
	newestAt: 'front',
	extraInTotals: 0,
	campaignTotal: 'included',
	pageSizeCap: 2000,
	pageSizeLimit: Infinity,
	firstPage: 0,
	ignoresPage: false,
	ignoresSize: false,
	emptyPage: 'list',
	duplicateAdd: 'returned',
	unknownParticipant: 'nothing',
	keyHeader: 'authorization',
	keyPrefix: 'Bearer ',
	delay: 0,
};

const postOnly = ['/api/v1/addParticipant', '/api/v1/qualifyParticipant'];

/**
 * Starts a local mock server for Referral Rocket, for development and tests.
 * @param settings campaign, key, number of participants, port (0: any free port) and behaviour
 * @returns the running mock server
 */
export async function startMockServer({
	campaignId = 'JCu82f30F1',
	apiKey = 'sandbox-key',
	participants = 1250,
	port = 0,
	behaviour: behaviourChanges = {} as Partial<Behaviour>,
} = {}): Promise<MockServer> {
	const server = Fastify({ forceCloseConnections: true, exposeHeadRoutes: false });
	const behaviour = { ...defaultBehaviour, ...behaviourChanges };
	const campaign = new Campaign(campaignId, participants);
	/** Someone who was referred and has referred others. */
	const example = campaign.participants.find(
		({ referredByCode, totalReferrals }) => referredByCode && totalReferrals > 0,
	);
	const mockServer: MockServer = {
		url: '',
		apiKey,
		campaign,
		behaviour,
		behave: (changes) => void Object.assign(behaviour, changes),
		examples: { email: example?.email ?? '', code: example?.referralCode ?? '' },
		requests: [],
		intercept: undefined,
		afterResponse: undefined,
		close: () => server.close(),
	};

	server.addHook('preHandler', async (request, reply) => {
		const received: ReceivedRequest = {
			method: request.method,
			path: request.url.split('?')[0],
			query: request.query as Record<string, string>,
			body: request.body as Record<string, unknown> | undefined,
			headers: request.headers,
		};
		mockServer.requests.push(received);
		if (behaviour.delay > 0) await new Promise((done) => setTimeout(done, behaviour.delay));
		if (mockServer.intercept) {
			const handled = await mockServer.intercept(received, reply, mockServer.requests.length);
			if (handled !== false) return reply;
		}
		if (request.headers[behaviour.keyHeader] !== behaviour.keyPrefix + apiKey) {
			return refuse(request, reply, 401, 'Full authentication is required');
		}
		if (request.method === 'GET' && postOnly.includes(received.path)) {
			void reply.header('allow', 'POST');
			return refuse(request, reply, 405, "Request method 'GET' is not supported");
		}
		const { id, campaignId: other } = { ...received.query, ...received.body };
		if ((id ?? other) !== campaignId) return refuse(request, reply, 404, 'Campaign not found');
		return undefined;
	});
	server.addHook('onResponse', async () => mockServer.afterResponse?.());

	server.get('/api/v1/getCampaign', () => {
		const { totalParticipants, ...details } = mockServer.campaign.details();
		if (behaviour.campaignTotal === 'omitted') return details;
		return { ...details, totalParticipants: totalParticipants + behaviour.extraInTotals };
	});

	server.post('/api/v1/addParticipant', (request, reply) => {
		const { email, referredByCode, referredByEmail, fName, lName } = request.body as Record<
			string,
			string
		>;
		const { campaign } = mockServer;
		const existing = campaign.find(email);
		if (existing) {
			return behaviour.duplicateAdd === 'returned'
				? existing
				: refuse(request, reply, 500, 'Participant is already enrolled in this campaign');
		}
		const wantsReferrer = referredByCode !== undefined || referredByEmail !== undefined;
		const referrer = campaign.findByCode(referredByCode) ?? campaign.find(referredByEmail);
		if (wantsReferrer && !referrer) return refuse(request, reply, 404, 'Referrer not found');
		return campaign.add(email, referrer, { firstName: fName ?? '', lastName: lName ?? '' });
	});

	server.get('/api/v1/getParticipant', (request, reply) => {
		const participant = mockServer.campaign.find((request.query as { email: string }).email);
		return participant ?? notFound(request, reply);
	});

	server.post('/api/v1/qualifyParticipant', (request, reply) => {
		const participant = mockServer.campaign.find((request.body as { email: string }).email);
		if (!participant) return refuse(request, reply, 404, 'Participant not found');
		try {
			mockServer.campaign.qualify(participant);
		} catch (error) {
			return refuse(request, reply, 400, (error as Error).message);
		}
		return participant;
	});

	server.get('/api/v1/getAllParticipants', (request, reply) =>
		list(request, reply, mockServer.campaign.participants),
	);

	server.get('/api/v1/getReferrals', (request, reply) => {
		const referrer = mockServer.campaign.find((request.query as { email: string }).email);
		if (!referrer) return refuse(request, reply, 404, 'Participant not found');
		return list(request, reply, mockServer.campaign.referralsOf(referrer));
	});

	server.get('/api/v1/validateCode', (request, reply) => {
		const known = mockServer.campaign.findByCode((request.query as { code: string }).code);
		return json(reply, String(known !== undefined));
	});

	function list(request: FastifyRequest, reply: FastifyReply, all: object[]) {
		const query = request.query as { page?: string; size?: string; sort?: string };
		if (Number(query.size ?? 20) > behaviour.pageSizeLimit) {
			return refuse(request, reply, 400, `size must be at most ${behaviour.pageSizeLimit}`);
		}
		const requestedPage = behaviour.ignoresPage ? 0 : Number(query.page ?? 0);
		const number = Math.max(requestedPage - behaviour.firstPage, 0);
		const size = behaviour.ignoresSize
			? all.length
			: Math.min(Number(query.size ?? 20), behaviour.pageSizeCap);
		const inOrder = behaviour.newestAt === 'front' ? all : all.toReversed();
		const content = inUnstableOrder(sorted(inOrder, query.sort), number).slice(
			number * size,
			(number + 1) * size,
		);
		if (content.length === 0) {
			if (behaviour.emptyPage === 'null') return json(reply, 'null');
			if (behaviour.emptyPage === 'nothing') return json(reply, '');
			if (behaviour.emptyPage === 'nullContent') return json(reply, '{"content":null}');
			if (behaviour.emptyPage === 'notFound' && number > 0) {
				return refuse(request, reply, 404, 'No such page');
			}
		}
		if (behaviour.listShape === 'array') return content;
		const total = all.length + behaviour.extraInTotals;
		const totals = { totalElements: total, totalPages: Math.ceil(total / size) };
		if (behaviour.listShape === 'pagedModel') {
			return { content, page: { size, number, ...totals } };
		}
		const slice = {
			content,
			number,
			size,
			numberOfElements: content.length,
			first: number === 0,
			last: (number + 1) * size >= (behaviour.listShape === 'slice' ? all.length : total),
			empty: content.length === 0,
		};
		return behaviour.listShape === 'slice' ? slice : { ...slice, ...totals };
	}

	function inUnstableOrder(all: object[], page: number): object[] {
		if (behaviour.order === 'fixed') return all;
		// As if all rows had the same sort value, which leaves their order open.
		const random = behaviour.order === 'random' ? mockServer.requests.length * 0.618 : page * 0.37;
		const places = all.map((row, index) => [(index * (random + 0.01) * 7.3) % 1, row]);
		return (places as Array<[number, object]>).sort(([a], [b]) => a - b).map(([, row]) => row);
	}

	function notFound(request: FastifyRequest, reply: FastifyReply) {
		if (behaviour.unknownParticipant === 'notFound') {
			return refuse(request, reply, 404, 'Participant not found');
		}
		return json(reply, behaviour.unknownParticipant === 'null' ? 'null' : '');
	}

	mockServer.url = await server.listen({ port, host: '127.0.0.1' });
	return mockServer;
}

const json = (reply: FastifyReply, text: string) => reply.type('application/json').send(text);

/** Responds with Spring's ErrorDetail. */
function refuse(request: FastifyRequest, reply: FastifyReply, status: number, message: string) {
	return reply.code(status).send({
		timestamp: new Date().toISOString(),
		status,
		error: 'Refused',
		message,
		path: request.url.split('?')[0],
	});
}

function sorted(rows: object[], sort: string | undefined): object[] {
	if (!sort) return rows;
	const [field, direction] = sort.split(',');
	const sign = direction === 'desc' ? -1 : 1;
	const valueOf = (row: object) => (row as Record<string, string>)[field] ?? '';
	return rows.toSorted((a, b) => sign * (valueOf(a) < valueOf(b) ? -1 : 1));
}
