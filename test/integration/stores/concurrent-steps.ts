/** Something a test does, in a sentence and in code. */
export interface Step {
  readonly sentence: string;
  readonly work: () => Promise<void>;
}

/** Lists of steps: the lists run at the same time, the steps of one list one after another, also after one failed. */
export class ConcurrentSteps {
  readonly #outcomes = new Map<string, Promise<void>>();

  /** Starts all. What a step fails with is for `outcome` to tell. */
  start(lists: Readonly<Record<string, readonly Step[]>>): void {
    for (const [list, steps] of Object.entries(lists)) {
      let before = Promise.resolve();
      for (const { sentence, work } of steps) {
        const done = before.then(work);
        this.#outcomes.set(`${list} ${sentence}`, done);
        before = done.catch(() => undefined);
      }
    }
  }

  /** Resolves when that step is done; rejects with what it failed with. */
  async outcome(list: string, sentence: string): Promise<void> {
    const outcome = this.#outcomes.get(`${list} ${sentence}`);
    if (outcome === undefined) throw new Error(`no such step was started: ${list} ${sentence}`);
    await outcome;
  }
}
