import type { IDataObject } from 'n8n-workflow';
import type { Page } from './page';

/** What has been read of a list so far. */
export class ListReading {
	readonly rows: IDataObject[] = [];
	/** Whether someone came again on another page, as happens when others join. */
	hasRepeats = false;
	/** Whether someone came again beside someone else, as does not happen when others join. */
	hasOddRepeats = false;
	first?: Page;
	/** As the latest page has it. */
	total?: number;
	hasEnded = false;
	/** The last page was answered with 404. */
	isNotFound = false;
	/** Pages one after the other that brought nobody new. */
	pagesWithoutNews = 0;
	pagesWithNews = 0;
	private readonly seen = new Set<string>();
	/** Whom a participant stood before and behind: people join at the front, so neighbours stay. */
	private readonly next = new Map<string, string>();
	private readonly previous = new Map<string, string>();

	/** @param transform makes of a participant what is kept of it */
	constructor(private readonly transform: (participant: IDataObject) => IDataObject) {}

	/** @returns whether another reading has brought the same people */
	hasSameAs({ seen }: ListReading): boolean {
		return seen.size === this.seen.size && [...seen].every((key) => this.seen.has(key));
	}

	/** Takes everyone on a page who is new. */
	add(page: Page): void {
		const before = this.seen.size;
		this.hasRepeats ||= page.keys.some((key) => this.seen.has(key));
		page.keys.forEach((key, index) => {
			this.compareNeighbours(key, page.keys[index + 1]);
			if (this.seen.has(key)) return;
			this.seen.add(key);
			this.rows.push(this.transform(page.rows[index]));
		});
		const hasNews = this.seen.size > before;
		this.pagesWithNews += hasNews ? 1 : 0;
		this.pagesWithoutNews = hasNews ? 0 : this.pagesWithoutNews + 1;
		this.hasEnded = page.isLast;
		this.isNotFound = page.isNotFound;
		this.first ??= page;
		this.total = page.total;
	}

	/**
	 * Pages that were read at the same time fit together if nobody joined meanwhile: nobody comes again,
	 * and nothing comes behind the end.
	 */
	fits(pages: Page[]): boolean {
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
		this.hasOddRepeats ||= (this.next.get(key) ?? next) !== next;
		this.hasOddRepeats ||= (this.previous.get(next) ?? key) !== key;
		this.next.set(key, next);
		this.previous.set(next, key);
	}
}
