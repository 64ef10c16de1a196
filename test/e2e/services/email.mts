import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** Starts a real SMTP server that records what it receives and can refuse one address. */
export async function startSmtp() {
	const received: ParsedMail[] = [];
	const smtp = { received, refuses: undefined as string | undefined };
	const server = new SMTPServer({
		disabledCommands: ['STARTTLS', 'AUTH'],
		onRcptTo({ address }, _session, done) {
			done(address === smtp.refuses ? new Error('No such mailbox') : undefined);
		},
		onData(stream, _session, done) {
			void simpleParser(stream).then((mail) => {
				received.push(mail);
				done();
			}, done);
		},
	});
	await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
	const { port } = server.server.address() as AddressInfo;
	return Object.assign(smtp, {
		credential: {
			host: '127.0.0.1',
			port,
			secure: false,
			disableStartTls: true,
			user: '',
			password: '',
		},
		close: async () => await new Promise<void>((closed) => server.close(closed)),
	});
}
