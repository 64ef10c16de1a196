import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** n8n-core writes a settings file when it is loaded; this gives it a temporary folder. */
export default function setup() {
	process.env.N8N_USER_FOLDER = mkdtempSync(path.join(tmpdir(), 'n8n-nodes-referral-rocket-'));
	process.env.N8N_LOG_LEVEL = 'silent';
}
