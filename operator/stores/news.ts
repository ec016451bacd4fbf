/** Collects whom news concern, and tells them once at the end of the turn, when all that was answered is in its place. */
export class News {
  readonly #tell: (readers: ReadonlySet<string>) => void;
  #readers = new Set<string>();

  constructor(tell: (readers: ReadonlySet<string>) => void) {
    this.#tell = tell;
  }

  /** There are news for this reader. */
  of(reader: string): void {
    const isPending = this.#readers.size > 0;
    this.#readers.add(reader);
    if (isPending) return;
    setImmediate(() => {
      const told = this.#readers;
      this.#readers = new Set();
      this.#tell(told);
    });
  }
}
