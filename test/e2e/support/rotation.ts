import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Cluster } from '../../../deploy/local/cluster.ts';
import { apply } from '../../../tools/spark/kube.ts';

/** A change of one value in a store. */
interface Rotation {
  readonly namespace: string;
  /** The binding whose Secret is to follow. */
  readonly binding: string;
  /** The variable of the binding, and what it becomes. */
  readonly key: string;
  readonly value: string;
  /** The store's Secret as it is to be. */
  readonly secret: object;
}

/**
 * Changes one value of a store and waits until the binding's Secret has it, watching.
 * @returns seconds from the change until the Secret's change was seen
 * @throws Error when that takes more than 30 seconds
 */
export async function secondsUntilRotated(cluster: Cluster, change: Rotation): Promise<number> {
  const { namespace, binding, key, value } = change;
  const where = `--namespace=${namespace}`;
  const format = `--output=jsonpath={.data.${key}}{"\\n"}`;
  const watch = cluster.startKubectl(['get', 'secret', `spark-secrets-${binding}`, where, '--watch', format]);
  try {
    if (watch.stdout === null) throw new Error('kubectl has no output');
    const lines = createInterface(watch.stdout);
    await once(lines, 'line', { signal: AbortSignal.timeout(30_000) });
    const wanted = Buffer.from(value).toString('base64');
    const seen = new Promise<number>((resolve) => {
      lines.on('line', (line) => {
        if (line === wanted) resolve(performance.now());
      });
    });
    await apply(cluster, [change.secret]);
    const changed = performance.now();
    const late = new Promise<never>((_, reject) => {
      setTimeout(() => {
        reject(new Error(`the Secret of ${namespace}/${binding} did not follow within 30 s`));
      }, 30_000).unref();
    });
    return Math.max(0, (await Promise.race([seen, late])) - changed) / 1000;
  } finally {
    watch.kill();
  }
}
