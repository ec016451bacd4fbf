import type { StoreClient } from '../api/store-client.ts';
import { withStore } from '../api/chosen-store.ts';
import { command } from '../command.ts';
import { write } from '../output.ts';
import { CommandProblem, EXIT } from '../problem.ts';
import { CONNECTION_OPTIONS, OUTPUT_OPTIONS, STORE_OPTIONS } from '../shared-options.ts';
import { plain } from '../terminal/plain.ts';
import { keyOperand } from './operands.ts';

export const rollback = command({
  name: 'rollback',
  summary: 'give a key the value of an earlier version again',
  operands: 'KEY [VERSION]',
  about: `Gives a key the value that it had at a version, by default at the one before its current one. It becomes a new version:
nothing is lost. Nothing is done when somebody else changes the key meanwhile (exit code 5).`,
  options: { ...OUTPUT_OPTIONS, ...STORE_OPTIONS, ...CONNECTION_OPTIONS },
  examples: [
    ['rollback orders/DB_PASSWORD', 'undo the last change'],
    ['rollback orders/DB_PASSWORD 3', 'to a version that `versions` lists'],
  ],
  run: async ({ values, operands, io }) => {
    const key = keyOperand(operands[0]);
    const result = await withStore(values, io, async (store) => {
      const { current, wanted } = await choose(store, key, operands[1]);
      return { ...(await store.rollback(key, wanted, current)), from: wanted };
    });
    await write(io, values.output, result, () => {
      const { version, from, unchanged = false } = result;
      const text = unchanged ? `has the value of version ${from} already` : `has the value of version ${from} again`;
      return `${plain(`${key} ${text}, version ${version}`)}\n`;
    });
    return undefined;
  },
});

async function choose(
  store: StoreClient,
  key: string,
  given: string | undefined,
): Promise<{ readonly current: string | undefined; readonly wanted: string }> {
  const kept = await store.versions(key);
  const at = kept.findIndex(({ current }) => current);
  // Of a key that was removed, the newest one.
  const wanted = given ?? kept[at + 1]?.version;
  if (wanted === undefined)
    throw new CommandProblem(`${store.title} keeps no earlier version of ${key}`, EXIT.notFound);
  return { current: kept[at]?.version, wanted };
}
