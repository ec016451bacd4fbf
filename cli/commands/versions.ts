import { withStore } from '../api/chosen-store.ts';
import { command } from '../command.ts';
import { write } from '../output.ts';
import { CONNECTION_OPTIONS, OUTPUT_OPTIONS, STORE_OPTIONS } from '../shared-options.ts';
import { table } from '../terminal/table.ts';
import { keyOperand } from './operands.ts';

export const versions = command({
  name: 'versions',
  summary: 'versions of a key that the store keeps',
  operands: 'KEY',
  about:
    'Lists the versions of a key that its store keeps, newest first. Never a value. A store of type kubernetes keeps none.',
  options: { ...OUTPUT_OPTIONS, ...STORE_OPTIONS, ...CONNECTION_OPTIONS },
  examples: [['versions orders/DB_PASSWORD', 'when it was changed']],
  run: async ({ values, operands, io }) => {
    const key = keyOperand(operands[0]);
    const items = await withStore(values, io, (store) => store.versions(key));
    const rows = items.map(({ version, createdAt, current }) => [version, createdAt ?? '-', current ? 'current' : '']);
    await write(io, values.output, { items }, () => table(['VERSION', 'CREATED', ''], rows));
    return undefined;
  },
});
