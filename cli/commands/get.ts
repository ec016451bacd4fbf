import { ApiProblem } from '../api/api-problem.ts';
import { withStore } from '../api/chosen-store.ts';
import { wireOf } from '../api/value-wire.ts';
import { command } from '../command.ts';
import { documentOf } from '../output.ts';
import { CONNECTION_OPTIONS, STORE_OPTIONS } from '../shared-options.ts';
import { writeValue } from '../write-value.ts';
import { keyOperand } from './operands.ts';

export const get = command({
  name: 'get',
  summary: 'the value of a key',
  operands: 'KEY',
  about: `Writes the value of a key to standard output: its bytes as they are, with a line end added only on a terminal. It needs the
verb get on the store's keys, and is audited. Exit code 4: the key is not there.`,
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: 'FORMAT',
      choices: ['value', 'json', 'yaml'],
      about: 'value (default); json or yaml: with key and version, valueBase64 for what is no text',
    },
    ...STORE_OPTIONS,
    ...CONNECTION_OPTIONS,
  },
  examples: [
    ['get orders/DB_PASSWORD', 'on the terminal'],
    ['get orders/KEYSTORE > keystore.jks', 'bytes into a file'],
    ['get orders/DB_PASSWORD -o json', 'with its version'],
  ],
  run: async ({ values, operands, io }) => {
    const key = keyOperand(operands[0]);
    const found = await withStore(values, io, (store) => store.read(key));
    if (found === undefined) throw notThere(key);
    const { version, value } = found;
    if (values.output === 'value') writeValue(io.stdout, value);
    else io.stdout.write(await documentOf(values.output, { key, version, ...wireOf(value) }));
    return undefined;
  },
});

/** As the API says it of other requests. */
export function notThere(key: string): ApiProblem {
  return new ApiProblem(404, `the store has no key ${key}`, 'KeyNotFound');
}
