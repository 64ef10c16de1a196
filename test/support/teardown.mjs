import { rmSync } from 'node:fs';

export default function teardown() {
	rmSync(String(process.env.N8N_USER_FOLDER), { recursive: true, force: true });
}
