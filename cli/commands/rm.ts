import { ApiProblem } from '../api/api-problem.ts';
import { withStore } from '../api/chosen-store.ts';
import type { StoreClient } from '../api/store-client.ts';
import { command } from '../command.ts';
import { CommandProblem, EXIT, UsageProblem } from '../problem.ts';
import { CONNECTION_OPTIONS, STORE_OPTIONS } from '../shared-options.ts';
import { plain } from '../terminal/plain.ts';
import { keyOperand } from './operands.ts';

export const rm = command({
  name: 'rm',
  summary: 'remove keys',
  operands: 'KEY...',
  about: `Removes keys. One that a running application uses stays (exit code 5), unless --force. Exit code 4: a key is not there. What
was removed is said for each; the first one that can't be ends it.`,
  options: {
    force: { type: 'boolean', about: 'also while a running application uses it' },
    'if-version': { type: 'string', value: 'VERSION', about: 'only while it has this version (of one key)' },
    'ignore-not-found': { type: 'boolean', about: 'a key that is not there is fine' },
    ...STORE_OPTIONS,
    ...CONNECTION_OPTIONS,
  },
  examples: [
    ['rm orders/DB_PASSWORD', 'one key'],
    ['rm orders/A orders/B --ignore-not-found', 'several'],
  ],
  run: async ({ values, operands, io }) => {
    const keys = operands.map(keyOperand);
    const { force = false, 'if-version': ifVersion, 'ignore-not-found': ignore = false } = values;
    if (ifVersion !== undefined && keys.length > 1) throw new UsageProblem('--if-version is for one key');
    await withStore(values, io, async (store) => {
      for (const key of keys) {
        const isThere = await remove(store, key, { force, ...(ifVersion === undefined ? {} : { ifVersion }) });
        if (!isThere && !ignore) throw new CommandProblem(`${store.title} has no key ${key}`, EXIT.notFound);
        io.stdout.write(`${plain(`${key} ${isThere ? 'removed from' : 'was not in'} ${store.title}`)}\n`);
      }
    });
    return undefined;
  },
});

/** False: it was not there. The API says the same of both, and a mistyped key is to be noticed. */
async function remove(
  store: StoreClient,
  key: string,
  options: Parameters<StoreClient['remove']>[1],
): Promise<boolean> {
  const isMissing = await store.version(key).then(
    (version) => version === undefined,
    (error: unknown) => {
      // Whoever may remove need not be allowed to look.
      if (error instanceof ApiProblem && error.status === 403) return false;
      throw error;
    },
  );
  if (!isMissing) await store.remove(key, options);
  return !isMissing;
}
