import { findCondition } from '../../operator/api/conditions.ts';
import { SPARK_JOB_SECRET_BINDING, type SparkJobSecretBinding } from '../../operator/api/kinds.ts';
import { Informer } from '../../operator/runtime/informer.ts';
import type { Bench } from './bench.ts';
import { RUN_LABEL } from './objects.ts';

/** Follows the bindings of a run by one watch, and knows which are Ready for the spec that they have now. */
export class ReadyWatch {
  readonly #informer: Informer<SparkJobSecretBinding>;
  readonly #ready = new Set<string>();
  /** Those that are not Ready and say how old their values are. */
  readonly #told = new Set<string>();
  #changed: () => void = () => undefined;

  constructor({ connection, name }: Bench) {
    this.#informer = new Informer<SparkJobSecretBinding>({
      connection,
      kind: SPARK_JOB_SECRET_BINDING,
      labelSelector: `${RUN_LABEL}=${name}`,
      onChange: (binding, change) => {
        const { namespace = '', name: own } = binding.metadata;
        note(this.#ready, `${namespace}/${own}`, change === 'set' && isReady(binding));
        note(this.#told, `${namespace}/${own}`, change === 'set' && tellsAge(binding));
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

  /** Resolves with the moment (`performance.now`) at which so many are Ready. Throws after `timeoutMs`. */
  count(wanted: number, timeoutMs: number): Promise<number> {
    return this.#until(`${wanted} bindings are Ready`, timeoutMs, () => this.#ready.size >= wanted);
  }

  /** Resolves with the moment at which this one is Ready. */
  one(namespace: string, name: string, timeoutMs: number): Promise<number> {
    return this.#until(`${name} is Ready`, timeoutMs, () => this.#ready.has(`${namespace}/${name}`));
  }

  /** Resolves with the moment at which all say that they are not Ready, and why: with a time in the message. */
  told(wanted: number, timeoutMs: number): Promise<number> {
    return this.#until(`${wanted} bindings tell of the outage`, timeoutMs, () => this.#told.size >= wanted);
  }

  #until(what: string, timeoutMs: number, isSo: () => boolean): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const timer = setTimeout(() => {
      reject(
        new Error(
          `gave up after ${timeoutMs / 1000} s: ${what} (${this.#ready.size} are Ready, ${this.#told.size} tell of an outage)`,
        ),
      );
    }, timeoutMs);
    this.#changed = (): void => {
      if (isSo()) resolve(performance.now());
    };
    this.#changed();
    return promise.finally(() => {
      clearTimeout(timer);
      this.#changed = (): void => undefined;
    });
  }
}

function isReady({ metadata, status }: SparkJobSecretBinding): boolean {
  return (
    status?.observedGeneration === metadata.generation && findCondition(status?.conditions, 'Ready')?.status === 'True'
  );
}

function tellsAge({ status }: SparkJobSecretBinding): boolean {
  const ready = findCondition(status?.conditions, 'Ready');
  return ready?.status === 'False' && /\d{4}-\d\d-\d\dT\d\d:\d\d/.test(ready.message);
}

function note(set: Set<string>, name: string, isIn: boolean): void {
  if (isIn) set.add(name);
  else set.delete(name);
}
