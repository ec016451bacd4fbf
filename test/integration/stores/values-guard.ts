import type { Secret } from '../../../operator/api/kinds.ts';
import type { Stage } from './stage.ts';

const PREFIX = 'spark-secrets-';

/** Watches the Secrets of bindings: none may ever lose a value, hold an empty one, or go. */
export class ValuesGuard {
  /** What was seen that must not be. */
  readonly losses: string[] = [];
  /** How often the Secret of each binding was written. */
  readonly writes = new Map<string, number>();
  readonly #spared = new Set<string>();
  readonly #held = new Map<string, readonly string[]>();
  readonly #end: () => void;

  /** For the bindings of a namespace whose names begin so. */
  constructor(stage: Stage, namespace: string, start: string) {
    this.#end = stage.secrets.subscribe((secret, change) => {
      const { metadata } = secret;
      if (metadata.namespace === namespace && metadata.name.startsWith(PREFIX + start))
        this.#note(metadata.name.slice(PREFIX.length), change === 'set' ? secret : undefined);
    });
  }

  /** From now on that binding's Secret may lose what it has: it is one that the test removes. */
  spare(name: string): void {
    this.#spared.add(name);
  }

  /** Runs what takes values from these bindings' Secrets rightly. */
  async sparing(names: readonly string[], work: () => Promise<void>): Promise<void> {
    for (const name of names) this.#spared.add(name);
    try {
      await work();
    } finally {
      for (const name of names) this.#spared.delete(name);
    }
  }

  stop(): void {
    this.#end();
  }

  #note(name: string, secret: Readonly<Secret> | undefined): void {
    this.writes.set(name, (this.writes.get(name) ?? 0) + 1);
    const data = secret?.data ?? {};
    const gone = (this.#held.get(name) ?? []).filter((key) => !Object.hasOwn(data, key));
    const empty = Object.keys(data).filter((key) => data[key] === '');
    this.#held.set(name, Object.keys(data));
    if (this.#spared.has(name)) return;
    if (gone.length > 0) this.losses.push(`the Secret of ${name} lost ${gone.join(', ')}`);
    if (empty.length > 0) this.losses.push(`the Secret of ${name} has an empty ${empty.join(', ')}`);
  }
}
