import type { Written } from '../api/answers.ts';
import { withStore } from '../api/chosen-store.ts';
import { command } from '../command.ts';
import { givenValue } from '../given-value.ts';
import { write } from '../output.ts';
import { UsageProblem } from '../problem.ts';
import { CONNECTION_OPTIONS, OUTPUT_OPTIONS, STORE_OPTIONS } from '../shared-options.ts';
import { plain } from '../terminal/plain.ts';
import { keyOperand } from './operands.ts';

export const set = command({
  name: 'set',
  summary: 'create or change a key',
  operands: 'KEY',
  about: `Creates or changes a key. The value is what comes on standard input; on a terminal it is asked for, twice, without being
shown. The same value again changes nothing. Of a value of one line the line end is left out, as echo adds one.
Exit code 5: it is not as --create or --if-version say.`,
  options: {
    file: { type: 'string', short: 'f', value: 'FILE', about: 'take the value from a file, - for standard input' },
    create: { type: 'boolean', about: 'only create it' },
    'if-version': { type: 'string', value: 'VERSION', about: 'only change it, while it has this version' },
    raw: { type: 'boolean', about: 'leave no line end out' },
    'allow-empty': { type: 'boolean', about: 'write an empty value, too' },
    value: { type: 'string', value: 'TEXT', about: 'the value itself: others on this machine may see it' },
    ...OUTPUT_OPTIONS,
    ...STORE_OPTIONS,
    ...CONNECTION_OPTIONS,
  },
  examples: [
    ['set orders/DB_PASSWORD', 'asks for the value'],
    ['set orders/KEYSTORE -f keystore.jks', 'the bytes of a file'],
    ['set orders/DB_PASSWORD --create < password.txt', 'only if it is not there yet'],
  ],
  run: async ({ values, operands, io }) => {
    const key = keyOperand(operands[0]);
    const { create = false, 'if-version': version, output } = values;
    if (create && version !== undefined) throw new UsageProblem('give one of --create and --if-version, not both');
    const value = await givenValue(key, values, io);
    const ifVersion = create ? null : version;
    const { written, title } = await withStore(values, io, async (store) => ({
      written: await store.write(key, value, ifVersion),
      title: store.title,
    }));
    await write(io, output, written, () => writtenText(written, title));
    return undefined;
  },
});

export function writtenText({ key, version, created, unchanged = false }: Written, store: string): string {
  const became = unchanged ? 'has that value already' : created ? 'created' : 'changed';
  return `${plain(`${key} ${became} in ${store}, version ${version}`)}\n`;
}
