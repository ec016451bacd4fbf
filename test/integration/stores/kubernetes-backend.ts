import { LABELS } from '../../../operator/api/group.ts';
import { SECRET } from '../../../operator/api/kinds.ts';
import type { Backend } from './backend.ts';
import { secretOf, type Stage } from './stage.ts';

const ROOT = 'iomete-secret-store';

/** Secrets of the cluster, written as a person does. */
export class KubernetesBackend implements Backend {
  readonly name = 'kubernetes';
  readonly limitMs = 4_000;
  readonly spec = { type: 'kubernetes', refreshInterval: '5s' };
  readonly secrets = {};
  readonly #stage: Stage;
  readonly #namespace: string;
  /** Group → name → value. */
  readonly #groups = new Map<string, Map<string, string>>();

  constructor(stage: Stage, namespace: string) {
    this.#stage = stage;
    this.#namespace = namespace;
  }

  async put(key: string, value: string): Promise<void> {
    const [group, name] = split(key);
    this.#groups.set(group, (this.#groups.get(group) ?? new Map<string, string>()).set(name, value));
    await this.write(group);
  }

  async remove(key: string): Promise<void> {
    const [group, name] = split(key);
    this.#groups.get(group)?.delete(name);
    await this.write(group);
  }

  /** Removes the whole Secret of the keys outside any group. */
  async removeSecret(): Promise<void> {
    await this.#stage.remove(SECRET, this.#namespace, ROOT);
  }

  /** Writes the Secret of a group as it should be. */
  async write(group = ''): Promise<void> {
    const name = [ROOT, ...group.split('/')].filter((part) => part !== '').join('.');
    const labels = group === '' ? {} : { [LABELS.store]: ROOT };
    await this.#stage.put(secretOf(this.#namespace, name, Object.fromEntries(this.#groups.get(group) ?? []), labels));
  }

  traces(): Promise<string> {
    return Promise.resolve('');
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

function split(key: string): [group: string, name: string] {
  const at = key.lastIndexOf('/');
  return [key.slice(0, Math.max(at, 0)), key.slice(at + 1)];
}
