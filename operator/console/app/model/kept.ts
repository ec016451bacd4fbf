import type { Entry } from '../api/answers.ts';
import type { Listing } from './listing.ts';

/** A list as it was left, to be found again like that. */
export interface KeptListing {
  readonly listing: Listing<Entry>;
  readonly search: string;
  readonly scrollY: number;
}

/** Lists that were left, by their address. A write makes all of them old. */
export class KeptListings {
  readonly #lists = new Map<string, KeptListing>();
  #age = 0;

  /** Whoever reads a list notes the age, and gives it when they leave the list here. */
  get age(): number {
    return this.#age;
  }

  get(address: string): KeptListing | undefined {
    return this.#lists.get(address);
  }

  /** Keeps a list unless something was written since that age. */
  keep(address: string, list: KeptListing, age: number): void {
    if (age === this.#age && list.listing.isKnown) this.#lists.set(address, list);
  }

  /** Something was written. */
  forget(): void {
    this.#age += 1;
    this.#lists.clear();
  }
}
