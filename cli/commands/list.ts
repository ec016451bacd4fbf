import type { Entry } from '../api/answers.ts';
import { withStore } from '../api/chosen-store.ts';
import type { StoreClient } from '../api/store-client.ts';
import { command } from '../command.ts';
import { write } from '../output.ts';
import { UsageProblem } from '../problem.ts';
import { CONNECTION_OPTIONS, OUTPUT_OPTIONS, STORE_OPTIONS } from '../shared-options.ts';
import { plain } from '../terminal/plain.ts';
import { groupOperand } from './operands.ts';

export const list = command({
  name: 'list',
  summary: 'keys and groups of a store',
  operands: '[GROUP]',
  about: `Lists what lies directly in a group of a store, the root by default: keys, and groups with a slash at their end. Never a
value.`,
  options: {
    recursive: { type: 'boolean', short: 'r', about: 'all keys in the group and below' },
    search: { type: 'string', value: 'TEXT', about: 'the keys below whose path contains the text, in capitals or not' },
    ...OUTPUT_OPTIONS,
    ...STORE_OPTIONS,
    ...CONNECTION_OPTIONS,
  },
  examples: [
    ['list', 'the root of the only store that you see'],
    ['list orders --store platform/default', 'one group'],
    ['list -r --search password', 'every key with that in its path'],
  ],
  run: async ({ values, operands, io }) => {
    const { recursive = false, search, output } = values;
    if (search === '') throw new UsageProblem('--search wants some text');
    const group = groupOperand(operands[0]);
    const items = await withStore(values, io, (store) => Array.fromAsync(entries(store, group, { recursive, search })));
    await write(io, output, { items }, () => entriesText(items));
    return undefined;
  },
});

function entries(
  store: StoreClient,
  group: string,
  { recursive, search }: { readonly recursive: boolean; readonly search: string | undefined },
): AsyncIterable<Entry> {
  if (search !== undefined) return store.search(group, search);
  return recursive ? keysOnly(store.walk(group)) : store.list(group);
}

async function* keysOnly(keys: AsyncIterable<string>): AsyncGenerator<Entry> {
  for await (const key of keys) yield { key };
}

/** One a line, for `while read`; groups first, as folders. */
function entriesText(items: readonly Entry[]): string {
  const groups = items.flatMap((entry) => ('group' in entry ? [`${entry.group}/`] : []));
  const keys = items.flatMap((entry) => ('key' in entry ? [entry.key] : []));
  return [...groups, ...keys].map((line) => `${plain(line)}\n`).join('');
}
