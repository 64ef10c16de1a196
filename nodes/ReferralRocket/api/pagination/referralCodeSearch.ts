import type { IDataObject } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';
import { abortable } from '../abortable';
import type { ApiCall } from '../apiCall';
import { readList } from './readList';

/**
 * Finds participants by their referral codes, which the service itself does not. The list is read once for
 * all who ask, and only as long as someone waits for an answer.
 */
export class ReferralCodeSearch {
	private readonly byCode = new Map<string, IDataObject>();
	private reading?: Promise<void>;
	private isRead = false;
	private waiting = 0;
	/** Lets the reading go on. */
	private resume?: () => void;
	/** Lets those who wait look again. */
	private lookAgain: Array<() => void> = [];

	/** @param call of the campaign's participants */
	constructor(private readonly call: ApiCall) {}

	/**
	 * @param code of the participant
	 * @param signal ends the waiting
	 * @returns the participant; undefined when the whole list has none with this code
	 * @throws NodeApiError when the list can't be read to its end and the code is not in what was read;
	 * the signal's reason
	 */
	async find(code: string, signal?: AbortSignal): Promise<IDataObject | undefined> {
		// Thousands of items that need no request would keep n8n from everything else.
		await sleep(0);
		while (!this.byCode.has(code) && !this.isRead) await this.whenMoreIsRead(signal);
		return this.byCode.get(code);
	}

	private async whenMoreIsRead(signal?: AbortSignal): Promise<void> {
		this.waiting++;
		this.resume?.();
		this.reading ??= this.read();
		const moreRead = new Promise<void>((look) => this.lookAgain.push(look));
		try {
			await abortable(signal, Promise.race([moreRead, this.reading]));
		} finally {
			this.waiting--;
		}
	}

	private async read(): Promise<void> {
		const keep = (participant: IDataObject) => {
			// The service may send a code of digits as a number.
			this.byCode.set(String(participant.referralCode ?? ''), participant);
			return participant;
		};
		await readList(this.call, Infinity, keep, async () => await this.untilWanted());
		this.isRead = true;
	}

	/** Between two requests: whoever has been found makes place for the next to ask. */
	private async untilWanted(): Promise<void> {
		for (const look of this.lookAgain) look();
		this.lookAgain = [];
		await sleep(0);
		if (this.waiting === 0) await new Promise<void>((resume) => (this.resume = resume));
	}
}
