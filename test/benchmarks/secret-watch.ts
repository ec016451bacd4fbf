import { LABELS } from '../../operator/api/group.ts';
import { SECRET, type Secret } from '../../operator/api/kinds.ts';
import { Informer } from '../../operator/runtime/informer.ts';
import type { Bench } from './bench.ts';

/** Follows the Secrets of all bindings by one watch, and counts those that hold a value. */
export class SecretWatch {
  readonly #informer: Informer<Secret>;
  #changed: () => void = () => undefined;

  constructor({ connection }: Bench) {
    this.#informer = new Informer<Secret>({
      connection,
      kind: SECRET,
      labelSelector: LABELS.binding,
      onChange: () => {
        this.#changed();
      },
    });
  }

  async start(): Promise<void> {
    await this.#informer.start();
  }

  async stop(): Promise<void> {
    await this.#informer.stop();
  }

  /** Resolves with the moment (`performance.now`) at which so many Secrets hold this value. Throws after `timeoutMs`. */
  holding(value: string, wanted: number, timeoutMs: number): Promise<number> {
    const encoded = Buffer.from(value).toString('base64');
    const count = (): number =>
      this.#informer.list().filter(({ data }) => Object.values(data ?? {}).includes(encoded)).length;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const timer = setTimeout(() => {
      reject(new Error(`gave up after ${timeoutMs / 1000} s: ${count()} of ${wanted} Secrets have the new value`));
    }, timeoutMs);
    this.#changed = (): void => {
      if (count() >= wanted) resolve(performance.now());
    };
    this.#changed();
    return promise.finally(() => {
      clearTimeout(timer);
      this.#changed = (): void => undefined;
    });
  }
}
