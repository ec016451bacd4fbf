import type { Page } from '../api/answers.ts';

/** What is known of a list that comes page by page. */
export interface Listing<T> {
  readonly items: readonly T[];
  /** Where the next page begins; undefined: there is none, or none was asked for yet. */
  readonly next: string | undefined;
  /** A page has come. */
  readonly isKnown: boolean;
}

export const NOTHING_YET: Listing<never> = { items: [], next: undefined, isKnown: false };

/** So many items before the end of what is known the next page is asked for. */
const AHEAD = 200;

/** With one page more. What the pages before had already (somebody wrote meanwhile) is not shown twice. */
export function withPage<T>(listing: Listing<T>, page: Page<T>, idOf: (item: T) => string): Listing<T> {
  const known = new Set(listing.items.map(idOf));
  const more = page.items.filter((item) => !known.has(idOf(item)));
  return { items: [...listing.items, ...more], next: page.continue, isKnown: true };
}

/** Whether the next page is wanted by somebody who looks at the items up to number `last`. */
export function isNearEnd({ items, next }: Listing<unknown>, last: number): boolean {
  return next !== undefined && last + AHEAD >= items.length;
}

/** How many there are, in words. */
export function countOf({ items, next }: Listing<unknown>, what: string): string {
  const many = items.length.toLocaleString('en');
  const words = `${many} ${what}${items.length === 1 ? '' : 's'}`;
  return next === undefined ? words : `${words} so far`;
}
