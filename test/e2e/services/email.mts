import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { step } from '../../../tools/command-line/progress.mts';
import { waitUntil } from '../../../tools/command-line/waitUntil.mts';
import type { ExampleRun } from './exampleRun.mts';

/** Starts a real SMTP server; it keeps what it receives. */
export async function startSmtp() {
	const received: ParsedMail[] = [];
	const server = new SMTPServer({
		disabledCommands: ['STARTTLS', 'AUTH'],
		onData(stream, _session, done) {
			void simpleParser(stream).then((mail) => {
				received.push(mail);
				done();
			}, done);
		},
	});
	await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
	const { port } = server.server.address() as AddressInfo;
	return {
		received,
		credential: {
			host: '127.0.0.1',
			port,
			secure: false,
			disableStartTls: true,
			user: '',
			password: '',
		},
		close: async () => await new Promise<void>((closed) => server.close(closed)),
	};
}

/** The example "Friend joined to referrer email". */
export async function emailExample(run: ExampleRun): Promise<void> {
	const { campaign } = run.mockServer;
	const smtpServer = await startSmtp();
	const smtp = await run.addCredential('smtp', smtpServer.credential);
	await step('Friend joined to referrer email', async () => {
		const workflow = await run.publish('friend-joined-to-referrer-email', { emailSend: smtp });
		const referrer = campaign.add('referrer@email.example.com', undefined, { firstName: 'Zoë' });
		const friend = campaign.add('friend@email.example.com', referrer, { firstName: 'Björn' });
		await run.deliver(workflow, 'referee_added', friend);
		await run.deliver(workflow, 'referee_added', friend);
		await waitUntil(async () => assert.equal(smtpServer.received.length, 1), 20);
		await run.settled(workflow, 1);
		const [{ to, subject, text = '' }] = smtpServer.received;
		assert.equal([to].flat()[0]?.text, referrer.email);
		assert.equal(subject, 'Björn has joined through you');
		assert.match(
			text,
			/^Hello Zoë,\n\nBjörn has just joined through your link\. You have brought 1 so far/,
		);
		assert.ok(text.includes(referrer.shareLink));
		await run.expectSample(workflow, 'Friend joined');
	});
	await smtpServer.close();
}
