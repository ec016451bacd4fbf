/** Work, one piece in each turn of the event loop: what else the process serves comes in between. */
export class Turns {
  readonly #waiting: (() => void)[] = [];

  /** `work` must not throw. */
  do(work: () => void): void {
    this.#waiting.push(work);
    if (this.#waiting.length === 1) setImmediate(this.#next);
  }

  #next = (): void => {
    const [work] = this.#waiting;
    work?.();
    this.#waiting.shift();
    if (this.#waiting.length > 0) setImmediate(this.#next);
  };
}
