import type { IDataObject } from 'n8n-workflow';
import type { Page } from './page';

/** What has been read of a list so far. */
export class ListProgress {
	readonly rows: IDataObject[] = [];
	/** Whether someone came again on another page, as happens when others join. */
	hasDuplicates = false;
	/** Whether someone came again beside someone else, as does not happen when others join. */
	isOrderUnstable = false;
	firstPage?: Page;
	/** As the latest page has it. */
	total?: number;
	hasEnded = false;
	/** The last page was answered with 404. */
	isNotFound = false;
	pagesWithNewRows = 0;
	/** How many of the latest pages, one after the other, brought nobody new. */
	pagesWithoutNewRows = 0;
	private readonly seen = new Set<string>();
	/** Whom a participant stood before and behind: people join at the front, so neighbours stay. */
	private readonly next = new Map<string, string>();
	private readonly previous = new Map<string, string>();

	/** @param transform makes of a participant what is kept of it */
	constructor(private readonly transform: (participant: IDataObject) => IDataObject) {}

	/** @returns whether the same people have been read in both */
	hasSameParticipants({ seen }: ListProgress): boolean {
		return seen.size === this.seen.size && [...seen].every((key) => this.seen.has(key));
	}

	/** Adds the rows that no earlier page had. Rows that a page itself repeats are the service's own. */
	add(page: Page): void {
		const before = this.seen.size;
		const isNew = page.keys.map((key) => !this.seen.has(key));
		this.hasDuplicates ||= isNew.includes(false);
		page.keys.forEach((key, index) => {
			this.compareNeighbours(key, page.keys[index + 1]);
			this.seen.add(key);
			if (isNew[index]) this.rows.push(this.transform(page.rows[index]));
		});
		const hasNewRows = this.seen.size > before;
		this.pagesWithNewRows += hasNewRows ? 1 : 0;
		this.pagesWithoutNewRows = hasNewRows ? 0 : this.pagesWithoutNewRows + 1;
		this.hasEnded = page.isLast;
		this.isNotFound = page.isNotFound;
		this.firstPage ??= page;
		this.total = page.total;
	}

	/**
	 * Pages that were read at the same time are consistent if nobody joined meanwhile: nobody comes
	 * again, and nothing comes behind the end.
	 */
	isConsistentWith(pages: Page[]): boolean {
		const keys = pages.flatMap((page) => page.keys);
		const end = pages.findIndex(({ isLast }) => isLast);
		const inList = end === -1 ? pages : pages.slice(0, end + 1);
		const behind = pages.slice(inList.length);
		return (
			new Set(keys).size === keys.length &&
			!keys.some((key) => this.seen.has(key)) &&
			inList.every(({ total }) => total === this.total) &&
			behind.every(({ rows }) => rows.length === 0)
		);
	}

	private compareNeighbours(key: string, next: string | undefined): void {
		if (next === undefined) return;
		this.isOrderUnstable ||= (this.next.get(key) ?? next) !== next;
		this.isOrderUnstable ||= (this.previous.get(next) ?? key) !== key;
		this.next.set(key, next);
		this.previous.set(next, key);
	}
}
