/** Something read and who uses it; `value` undefined: it is not there. */
export interface Slot<T> {
  known: boolean;
  value: T | undefined;
  /** Number of the request that told it. */
  asOf: number;
  readonly readers: Set<string>;
}

/** What was read, by name: kept for as long as somebody uses it. */
export class Slots<Name extends string, T> {
  readonly #slots = new Map<Name, Slot<T>>();

  has(name: Name): boolean {
    return this.#slots.has(name);
  }

  names(): readonly Name[] {
    return [...this.#slots.keys()];
  }

  /** Who uses anything. */
  readers(): readonly string[] {
    return [...this.#slots.values()].flatMap((slot) => [...slot.readers]);
  }

  use(name: Name, reader: string): Slot<T> {
    const slot = this.#slots.get(name) ?? { known: false, value: undefined, asOf: 0, readers: new Set() };
    this.#slots.set(name, slot);
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
   * Takes in what request number `asOf` told, unless a later one was quicker. Returns its readers when that is
   * news.
   */
  fill(
    name: Name,
    { asOf, value }: { readonly asOf: number; readonly value: T | undefined },
    same: (before: T | undefined, after: T | undefined) => boolean,
  ): readonly string[] {
    const slot = this.#slots.get(name);
    if (slot === undefined || slot.asOf > asOf) return [];
    const changed = !slot.known || !same(slot.value, value);
    Object.assign(slot, { known: true, asOf, value });
    return changed ? [...slot.readers] : [];
  }
}
