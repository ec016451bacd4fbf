import type { Output } from '../io.ts';

const WIDTH = 30;
/** Not more often than eyes can read. */
const EVERY_MS = 100;

/** A bar on standard error, as long as work lasts; nothing when that is no terminal. */
export class Progress {
  readonly #output: Output;
  readonly #what: string;
  readonly #total: number;
  readonly #start = performance.now();
  #done = 0;
  #shownAt = -Infinity;

  constructor(output: Output, what: string, total: number) {
    this.#output = output;
    this.#what = what;
    this.#total = total;
    this.#show();
  }

  /** One more is done. */
  readonly step = (): void => {
    this.#done += 1;
    if (performance.now() - this.#shownAt >= EVERY_MS) this.#show();
  };

  /** Takes the bar away. */
  end(): void {
    if (this.#output.isTTY === true) this.#output.write('\r\u001b[K');
  }

  #show(): void {
    this.#shownAt = performance.now();
    if (this.#output.isTTY !== true || this.#total === 0) return;
    const share = this.#done / this.#total;
    const bar = '#'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '-');
    const line = `${this.#what} [${bar}] ${this.#done}/${this.#total}${this.#left(share)}`;
    this.#output.write(`\r\u001b[K${line.slice(0, Math.max(20, columnsOf(this.#output) - 1))}`);
  }

  /** How long it will still take, when that can be told. */
  #left(share: number): string {
    const seconds = (performance.now() - this.#start) / 1000;
    if (seconds < 2 || this.#done === 0) return '';
    const left = Math.ceil(seconds / share - seconds);
    return left < 60 ? `, ${left} s left` : `, ${Math.ceil(left / 60)} min left`;
  }
}

/** A terminal that was not told its size says 0. */
function columnsOf({ columns = 0 }: Output): number {
  return columns === 0 ? 80 : columns;
}
