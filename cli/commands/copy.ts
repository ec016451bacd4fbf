import { storeNamed, withApi } from '../api/chosen-store.ts';
import { command } from '../command.ts';
import { UsageProblem } from '../problem.ts';
import { CONNECTION_OPTIONS, OUTPUT_OPTIONS, STORE_OPTIONS } from '../shared-options.ts';
import { allKeys, bringIn, patient, presentKeys } from '../transfer/bring-in.ts';
import { ifThereOf, TRANSFER_OPTIONS } from '../transfer/options.ts';
import { report } from '../transfer/report.ts';
import { groupOperand } from './operands.ts';

export const copy = command({
  name: 'copy',
  summary: 'copy the keys of one store into another',
  operands: 'FROM TO',
  about: `Copies keys with their values from a store to another, [NAMESPACE/]NAME each: how values move from a database to Vault. What
is in TO already is compared: the same is fine, another value stays (exit code 3) unless --overwrite. Of every key it is said
what became of it. Interrupted, or with keys that failed (exit code 1), the same command goes on where it ended. Nothing is
removed from FROM. It needs get on the keys of FROM and, to compare, of TO, and create (with --overwrite update, too) on TO.`,
  options: {
    group: { type: 'string', short: 'g', value: 'GROUP', about: 'only the keys in a group and below' },
    ...TRANSFER_OPTIONS,
    ...OUTPUT_OPTIONS,
    namespace: STORE_OPTIONS.namespace,
    consumer: STORE_OPTIONS.consumer,
    ...CONNECTION_OPTIONS,
  },
  examples: [
    ['copy platform/database platform/vault --dry-run', 'what would happen'],
    ['copy platform/database platform/vault', 'the move of all keys'],
    ['copy database vault -n platform --group orders --overwrite', 'one group, whatever is there'],
  ],
  run: async ({ values, operands: [fromText = '', toText = ''], io }) => {
    const group = groupOperand(values.group);
    const ifThere = ifThereOf(values);
    const done = await withApi(values, patient(io), async (api, connection) => {
      const { consumer } = values;
      const from = api.store({ ...(await storeNamed(fromText, values, connection)), consumer });
      const to = api.store({ ...(await storeNamed(toText, values, connection)), consumer });
      if (from.title === to.title) throw new UsageProblem('FROM and TO are the same store');
      const keys = await allKeys(from, group, io.signal);
      const present = await presentKeys(to, group, io);
      const items = keys.map((key) => ({ key, value: async () => (await from.read(key))?.value }));
      return bringIn(items, to, { what: 'copying', ifThere, dryRun: values['dry-run'] === true, present }, io);
    });
    return report(values.output, done, io);
  },
});
