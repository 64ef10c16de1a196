import type { IDataObject } from 'n8n-workflow';
import { abortable } from '../helpers/abortable';
import type { ApiCall } from '../api/apiCall';
import { readList } from './readList';

/**
 * Finds participants by referral code, which the API can't. All callers share one list, which is read
 * only as far as one of them needs.
 */
export class ReferralCodeSearch {
	private readonly byCode = new Map<string, IDataObject>();
	private readonly pages: ReturnType<typeof readList>;
	/** Stays rejected if the list can't be read. */
	private reading?: Promise<void>;
	private hasEnded = false;

	/** @param call of the campaign's participants */
	constructor(call: ApiCall) {
		this.pages = readList(call);
	}

	/**
	 * @param code of the participant
	 * @param signal aborts the wait
	 * @returns the participant; undefined if nobody in the list has this code
	 * @throws NodeApiError if the list can't be read to its end and nobody read so far has the code; the
	 * signal's reason
	 */
	async find(code: string, signal?: AbortSignal): Promise<IDataObject | undefined> {
		while (!this.byCode.has(code) && !this.hasEnded) {
			this.reading ??= this.readPage();
			await abortable(signal, this.reading);
		}
		return this.byCode.get(code);
	}

	private async readPage(): Promise<void> {
		const page = await this.pages.next();
		this.hasEnded = page.done === true;
		for (const row of page.done ? [] : page.value) {
			// The service may send a code of digits as a number.
			this.byCode.set(String(row.referralCode ?? ''), row);
		}
		this.reading = undefined;
	}
}
