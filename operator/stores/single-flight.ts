/** Work that is under way once, however many ask for it. It fails to whom it concerns, never to those who wait here. */
export class SingleFlight<Name extends string> {
  readonly #work: (names: readonly Name[]) => Promise<unknown>;
  readonly #inFlight = new Map<string, Promise<void>>();
  #batch: { readonly names: Set<Name>; readonly done: Promise<unknown> } | undefined;

  /** `work` is what `together` does with names. */
  constructor(work: (names: readonly Name[]) => Promise<unknown>) {
    this.#work = work;
  }

  /** Takes the name together with the others that are asked for in this turn of the event loop. */
  async together(name: Name): Promise<void> {
    return this.once(name, () => {
      this.#batch ??= this.#newBatch();
      this.#batch.names.add(name);
      return this.#batch.done;
    });
  }

  /** Runs `work` unless it already runs under that name. */
  async once(name: string, work: () => Promise<unknown>): Promise<void> {
    const running = this.#inFlight.get(name);
    if (running) return running;
    const run = ended(work()).finally(() => this.#inFlight.delete(name));
    this.#inFlight.set(name, run);
    return run;
  }

  #newBatch(): { readonly names: Set<Name>; readonly done: Promise<unknown> } {
    const names = new Set<Name>();
    const done = new Promise((resolve) => setImmediate(resolve)).then(async () => {
      this.#batch = undefined;
      await this.#work([...names]);
    });
    return { names, done };
  }
}

async function ended(work: Promise<unknown>): Promise<void> {
  await work.catch(() => undefined);
}
