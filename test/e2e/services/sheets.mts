import assert from 'node:assert/strict';
import { step } from '../../../tools/command-line/progress.mts';
import { hosts, type Cloud } from './cloud.mts';
import type { ExampleRun } from './exampleRun.mts';

const constraints = { host: hosts.sheets };
const sheetId = '1AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdefg';
const sheetLink = `https://docs.google.com/spreadsheets/d/${sheetId}/edit#gid=0`;

type Cell = string | number | boolean;

/** A sheet in Google Sheets: reading and writing ranges, as documented by its API. */
export function simulateSheets({ server }: Cloud) {
	const rows: Cell[][] = [];
	/** The value input options used: RAW, or as if typed by a user. */
	const inputOptions = new Set<unknown>();
	/** "Sheet1!B3:B3" is row 2, column 1, counted from 0. */
	const placeOf = (range: string) => {
		const [, letters = 'A', number = '1'] = /!([A-Z]*)(\d*)/.exec(range) ?? [];
		return { row: Number(number || 1) - 1, column: letters.charCodeAt(0) - 65 || 0 };
	};
	const write = (range: string, values: Cell[][]) => {
		const { row, column } = placeOf(range);
		for (const [down, cells] of values.entries()) {
			for (const [right, cell] of cells.entries()) {
				(rows[row + down] ??= [])[Math.max(column, 0) + right] = cell;
			}
		}
	};
	const rangeOf = (request: { params: unknown }) => (request.params as { range: string }).range;
	server.get(`/v4/spreadsheets/${sheetId}`, { constraints }, () => ({
		sheets: [
			{
				properties: {
					sheetId: 0,
					title: 'Sheet1',
					index: 0,
					gridProperties: { rowCount: 1000, columnCount: 26 },
				},
			},
		],
	}));
	server.get(`/v4/spreadsheets/${sheetId}/values/:range`, { constraints }, (request) => {
		const range = rangeOf(request);
		const { row } = placeOf(range);
		const isOneRow = /!\d+:\d+$/.test(range);
		return { range, values: rows.slice(row, isOneRow ? row + 1 : undefined) };
	});
	server.put(`/v4/spreadsheets/${sheetId}/values/:range`, { constraints }, (request) => {
		write(rangeOf(request), (request.body as { values: Cell[][] }).values);
		return {};
	});
	server.post('/v4/spreadsheets/:id/values::batchUpdate', { constraints }, ({ body }) => {
		const { data, valueInputOption } = body as {
			data: Array<{ range: string; values: Cell[][] }>;
			valueInputOption: string;
		};
		inputOptions.add(valueInputOption);
		for (const { range, values } of data) write(range, values);
		return {};
	});
	// Adds rows, of which there are always enough here.
	server.post('/v4/spreadsheets/:id', { constraints }, () => ({ replies: [{}] }));
	return { rows, inputOptions };
}

/** The example "Participant sync to Google Sheets". */
export async function sheetsExample(run: ExampleRun): Promise<void> {
	const { campaign } = run.mockServer;
	const { rows, inputOptions } = run.services.sheets;
	const googleSheetsOAuth2Api = await run.addCredential('googleSheetsOAuth2Api', {
		clientId: 'client',
		clientSecret: 'secret',
		oauthTokenData: { access_token: 'ya29.1', token_type: 'Bearer' },
	});
	const workflow = await run.import(
		'participant-sync-to-google-sheets',
		{ googleSheets: googleSheetsOAuth2Api },
		(nodes) => {
			const { assignments } = nodes['Your sheet'].parameters.assignments as {
				assignments: Array<{ name: string; value: string }>;
			};
			Object.assign(assignments[0], { value: sheetLink });
		},
	);
	const table = () => {
		const [header, ...others] = rows;
		return others.map((cells) => Object.fromEntries(header.map((name, at) => [name, cells[at]])));
	};
	await step('Participant sync to Google Sheets', async () => {
		await run.runNow(workflow);
		assert.deepEqual(
			table().map(({ email, totalReferrals }) => [email, totalReferrals]),
			campaign.participants.map(({ email, totalReferrals }) => [email, totalReferrals]),
		);
		const count = rows.length;
		const [gone] = campaign.participants.splice(2, 1);
		campaign.participants[0].totalReferrals = 8;
		const newcomer = campaign.add('new@sheets.example.com');
		await run.runNow(workflow);
		assert.equal(rows.length, count + 1);
		const rowOf = (email: string) => table().find((row) => row.email === email);
		assert.match(String(rowOf(gone.email)?.removed), /^\d{4}-\d\d-\d\d$/);
		assert.equal(rowOf(campaign.participants[1].email)?.totalReferrals, 8);
		assert.equal(rowOf(newcomer.email)?.shareLink, newcomer.shareLink);
		assert.equal(table().filter(({ removed }) => removed).length, 1);
		campaign.participants.splice(3, 0, gone);
		// The user's own row has no referral code. Earlier values are cleared.
		const [header] = rows;
		rows.push(header.map((name) => (name === 'email' ? 'own-row@sheets.example.com' : '')));
		Object.assign(newcomer, { firstName: 'Zo\u0000ë \ud83d', lastName: 'Doe' });
		await run.runNow(workflow);
		assert.equal(table().filter(({ removed }) => removed).length, 0);
		assert.equal(rowOf(newcomer.email)?.firstName, 'Zoë \ufffd');
		Object.assign(newcomer, { lastName: null });
		await run.runNow(workflow);
		assert.equal(rowOf(newcomer.email)?.lastName, '');
		assert.equal(rows.length, count + 2);
		// Raw, because a name that begins with "=" must not become a formula.
		assert.deepEqual([...inputOptions], ['RAW']);
	});
}
