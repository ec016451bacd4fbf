import type { Usage } from '../api/answers.ts';
import { withStore } from '../api/chosen-store.ts';
import { command } from '../command.ts';
import { write } from '../output.ts';
import { CONNECTION_OPTIONS, OUTPUT_OPTIONS, STORE_OPTIONS } from '../shared-options.ts';
import { table } from '../terminal/table.ts';
import { keyOperand } from './operands.ts';

export const usage = command({
  name: 'usage',
  summary: 'who uses a key',
  operands: 'KEY',
  about: 'Shows which bindings cover a key, what jobs get of it, and which applications that use it have not ended.',
  options: { ...OUTPUT_OPTIONS, ...STORE_OPTIONS, ...CONNECTION_OPTIONS },
  examples: [['usage orders/DB_PASSWORD', 'before it is changed or removed']],
  run: async ({ values, operands, io }) => {
    const key = keyOperand(operands[0]);
    const result = await withStore(values, io, (store) => store.usage(key));
    await write(io, values.output, result, () => usageText(result));
    return undefined;
  },
});

function usageText({ bindings, applications, lastChangeTime }: Usage): string {
  if (bindings.length === 0) return 'No binding covers it.\n';
  const uses = bindings.map(({ namespace, name, as, ready }) => [
    ...[`${namespace}/${name}`, ready ? 'True' : 'False'],
    as.map((each) => `${each.what} ${each.name}`).join(', '),
  ]);
  const running = applications.map(({ namespace, name, driver, phase, since }) => [
    ...[`${namespace}/${name}`, driver, phase, since],
  ]);
  return [
    table(['BINDING', 'READY', 'GIVES IT AS'], uses),
    running.length === 0
      ? 'No application that uses it runs.\n'
      : table(['APPLICATION', 'DRIVER', 'PHASE', 'SINCE'], running),
    ...(lastChangeTime === undefined ? [] : [`Its value last changed at ${lastChangeTime}.\n`]),
  ].join('\n');
}
