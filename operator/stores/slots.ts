import type { SecretKey } from '../api/secret-key.ts';
import { OperatorError } from '../errors.ts';
import type { SecretVersion } from './store.ts';

/** Something read and who uses it; `value` undefined: it is not there. */
export interface Slot<T> {
  known: boolean;
  value: T | undefined;
  /** Why the store can't tell of it at present; `value` is the last good one then. */
  error: OperatorError | undefined;
  /** Number of the request that told it. */
  asOf: number;
  /** When it is refreshed within the interval: see RefreshWheel. */
  place: number;
  /** It was not refreshed yet. */
  isNew: boolean;
  readonly readers: Set<string>;
}

/** Whether a reader has nothing new. A store that was restored may give a version again, to another value. */
export function isSameValue(a: SecretVersion | undefined, b: SecretVersion | undefined): boolean {
  return a?.version === b?.version && (a === undefined || b === undefined || a.value.equals(b.value));
}

/** The same of a group's keys. */
export function isSameList(a: readonly SecretKey[] | undefined, b: readonly SecretKey[] | undefined): boolean {
  return a?.join() === b?.join();
}

/** Nothing is known of it, not even why. */
export function isUntold({ known, error }: Slot<unknown>): boolean {
  return !known && error === undefined;
}

/** What was read, by name: kept for as long as somebody uses it. */
export class Slots<Name extends string, T> {
  readonly #slots = new Map<Name, Slot<T>>();
  readonly #same: (before: T | undefined, after: T | undefined) => boolean;
  readonly #placeOfNew: () => number;

  /** `same` says whether two values are one to their readers, `placeOfNew` when one that is read now is refreshed first. */
  constructor(same: (before: T | undefined, after: T | undefined) => boolean, placeOfNew: () => number) {
    this.#same = same;
    this.#placeOfNew = placeOfNew;
  }

  has(name: Name): boolean {
    return this.#slots.has(name);
  }

  /** Names of those that `which` takes; left out: of all. */
  names(which?: (slot: Slot<T>) => boolean): readonly Name[] {
    if (which === undefined) return [...this.#slots.keys()];
    const names: Name[] = [];
    for (const [name, slot] of this.#slots) if (which(slot)) names.push(name);
    return names;
  }

  use(name: Name, reader: string): Slot<T> {
    let slot = this.#slots.get(name);
    if (slot === undefined) {
      const place = this.#placeOfNew();
      slot = { known: false, value: undefined, error: undefined, asOf: 0, place, isNew: true, readers: new Set() };
      this.#slots.set(name, slot);
    }
    slot.readers.add(reader);
    return slot;
  }

  /** The reader no longer uses these. */
  release(names: ReadonlySet<Name>, reader: string): void {
    for (const name of names) {
      const slot = this.#slots.get(name);
      slot?.readers.delete(reader);
      if (slot?.readers.size === 0) this.#slots.delete(name);
    }
  }

  /**
   * Takes in what request number `asOf` told, unless a later one was quicker: a value, its absence, or why there is no
   * telling. Returns its readers when that is news.
   */
  fill(name: Name, asOf: number, told: T | OperatorError | undefined): Iterable<string> {
    const slot = this.#slots.get(name);
    if (slot === undefined || slot.asOf > asOf) return [];
    slot.asOf = asOf;
    return (told instanceof OperatorError ? fail(slot, told) : this.#take(slot, told)) ? slot.readers : [];
  }

  #take(slot: Slot<T>, value: T | undefined): boolean {
    const changed = !slot.known || slot.error !== undefined || !this.#same(slot.value, value);
    slot.known = true;
    slot.value = value;
    slot.error = undefined;
    return changed;
  }
}

/** The value stays: it is the last good one. */
function fail<T>(slot: Slot<T>, error: OperatorError): boolean {
  const changed = slot.error?.code !== error.code || slot.error.message !== error.message;
  if (changed) slot.error = error;
  return changed;
}

/** A part of each slot, of those that have it, by name. */
export function partsOf<Name, T, Part>(
  slots: readonly (readonly [Name, Slot<T>])[],
  part: (slot: Slot<T>) => Part | undefined,
): Map<Name, Part> {
  const found = new Map<Name, Part>();
  for (const [name, slot] of slots) {
    const value = part(slot);
    if (value !== undefined) found.set(name, value);
  }
  return found;
}
