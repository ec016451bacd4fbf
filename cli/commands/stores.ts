import type { StoreSummary } from '../api/answers.ts';
import { withApi } from '../api/chosen-store.ts';
import { command } from '../command.ts';
import { write } from '../output.ts';
import { CONNECTION_OPTIONS, OUTPUT_OPTIONS, STORE_OPTIONS } from '../shared-options.ts';
import { columns, table } from '../terminal/table.ts';

export const stores = command({
  name: 'stores',
  summary: 'the stores that you see',
  about: `Lists the stores whose keys you may list: in their own namespaces, or, with --consumer, in a namespace that they grant keys
to. Of one that is not Ready it says why, and what to do.`,
  options: { ...OUTPUT_OPTIONS, consumer: STORE_OPTIONS.consumer, ...CONNECTION_OPTIONS },
  examples: [
    ['stores', 'all that you see'],
    ['stores --consumer analytics', 'those that grant keys to namespace analytics'],
  ],
  run: async ({ values, io }) => {
    const items = await withApi(values, io, (api) => api.stores(values.consumer));
    await write(io, values.output, { items }, () => storesText(items));
    return undefined;
  },
});

const HEADING = ['NAMESPACE', 'NAME', 'TYPE', 'READY', 'KEYS', 'BINDINGS'];

function storesText(stores: readonly StoreSummary[]): string {
  if (stores.length === 0) return 'You see no store.\n';
  const rows = stores.map(({ namespace, name, type, ready, keys, bindings }) => [
    ...[namespace, name, type],
    ready.status === 'True' ? 'True' : `${ready.status} ${ready.reason}`,
    ...[keys, bindings].map((count) => (count === undefined ? '-' : String(count))),
  ]);
  const unready = stores.filter(({ ready }) => ready.status !== 'True');
  const why = columns(unready.map(({ namespace, name, ready }) => [`${namespace}/${name}`, ready.message]));
  return table(HEADING, rows) + (why.length === 0 ? '' : `\n${why.join('\n')}\n`);
}
