import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import path from 'node:path';
import Fastify from 'fastify';
import { generate } from 'selfsigned';
import { temporaryFolder } from '../../../tools/n8n/n8n.mts';

/** The addresses that n8n's nodes use for the services. */
export const hosts = {
	brevo: 'api.brevo.com',
	hubspot: 'api.hubapi.com',
	jotform: 'api.jotform.com',
	npm: 'registry.npmjs.org',
	openAi: 'api.openai.com',
	pipedrive: 'api.pipedrive.com',
	referralRocket: 'app.referralrocket.io',
	sheets: 'sheets.googleapis.com',
	shop: 'shop.example.com',
	slack: 'slack.com',
	stripe: 'api.stripe.com',
	typeform: 'api.typeform.com',
};

export type Cloud = Awaited<ReturnType<typeof createCloud>>;

/**
 * A server that simulates all these services for an n8n with the environment that start returns: a proxy
 * redirects requests for their addresses to it, and refuses all others. Before the start, the file of each
 * service adds routes for the few calls that its example makes.
 */
export async function createCloud() {
	const altNames = Object.values(hosts).map((value) => ({ type: 2 as const, value }));
	const { private: key, cert } = await generate([{ name: 'commonName', value: 'Services' }], {
		algorithm: 'sha256',
		extensions: [{ name: 'subjectAltName', altNames }],
	});
	const server = Fastify({ https: { key, cert }, forceCloseConnections: true });
	server.addContentTypeParser(
		'application/x-www-form-urlencoded',
		{ parseAs: 'string' },
		(_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
	);
	/** Every request to the services except reads. */
	const changes: string[] = [];
	server.addHook('onRequest', async ({ method, hostname, url }) => {
		if (method !== 'GET') changes.push(`${method} ${hostname}${url}`);
	});
	/** Requests for which no service has a route. */
	const unexpected: string[] = [];
	server.setNotFoundHandler(({ method, hostname, url }, reply) => {
		unexpected.push(`${method} ${hostname}${url}`);
		return reply.code(404).send({ message: 'Not simulated' });
	});

	const proxy = createServer();
	proxy.on('connect', ({ url = '' }, socket) => {
		if (!Object.values(hosts).includes(url.replace(/:443$/, ''))) {
			socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
			return;
		}
		const { port } = server.server.address() as AddressInfo;
		const tunnel = connect(port, '127.0.0.1', () => {
			socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
			socket.pipe(tunnel).pipe(socket);
		});
		for (const end of [socket, tunnel]) end.on('error', () => tunnel.destroy());
	});

	return {
		server,
		changes,
		unexpected,
		/** @returns the environment in which n8n finds the services and trusts them */
		async start(): Promise<NodeJS.ProcessEnv> {
			await server.listen({ host: '127.0.0.1', port: 0 });
			await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
			const certificate = path.join(await temporaryFolder(), 'services.pem');
			await writeFile(certificate, cert);
			const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
			const local = '127.0.0.1,localhost';
			return {
				// Clients read one or the other, and this machine may have set either.
				...{ HTTPS_PROXY: url, https_proxy: url },
				...{ NO_PROXY: local, no_proxy: local },
				NODE_EXTRA_CA_CERTS: certificate,
				// The npm that n8n starts, which this machine may have configured with other certificates.
				npm_config_cafile: certificate,
			};
		},
		async [Symbol.asyncDispose]() {
			proxy.close();
			proxy.closeAllConnections();
			await server.close();
		},
	};
}
