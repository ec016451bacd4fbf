import { withStore } from '../api/chosen-store.ts';
import type { ConnectionValues } from '../api/connect.ts';
import { openKube } from '../api/connect.ts';
import { command } from '../command.ts';
import { inGroup, type Entry } from '../formats/entry.ts';
import { FORMAT_OPTION, formatOf } from '../formats/format.ts';
import type { Io } from '../io.ts';
import { CommandProblem, UsageProblem } from '../problem.ts';
import { CONNECTION_OPTIONS, OUTPUT_OPTIONS, STORE_OPTIONS } from '../shared-options.ts';
import { bringIn, patient } from '../transfer/bring-in.ts';
import { ifThereOf, TRANSFER_OPTIONS } from '../transfer/options.ts';
import { report } from '../transfer/report.ts';
import { entriesOfFile, entriesOfIomete, entriesOfSecret } from '../transfer/sources.ts';
import { groupOperand } from './operands.ts';

export const importKeys = command({
  name: 'import',
  summary: 'write keys from a file or a Secret into a store',
  operands: '[FILE]',
  about: `Writes the keys of a file, or of Secrets of the cluster, into a store. All is read and checked before anything is written. What
is there already is compared: the same is fine, another value stays (exit code 3) unless --overwrite. Of every key it is said
what became of it; the same command again goes on where one ended that failed (exit code 1).

FILE is a dotenv file; JSON or YAML: a map of keys, whose maps are groups, or a list of {key, value} or {key, valueBase64} as
export writes it; or a manifest of Secrets. - is standard input. Of IOMETE's iomete-secret-store-DOMAIN the keys get the group
DOMAIN, unless --group says another one.`,
  options: {
    format: FORMAT_OPTION,
    'from-secret': { type: 'string', value: '[NAMESPACE/]NAME', about: 'instead of a file: a Secret of the cluster' },
    'from-iomete': {
      type: 'string',
      value: 'NAMESPACE',
      about: "instead of a file: IOMETE's stores in a namespace, that of each domain too",
    },
    group: { type: 'string', short: 'g', value: 'GROUP', about: "where the keys go; '' is the root" },
    ...TRANSFER_OPTIONS,
    ...OUTPUT_OPTIONS,
    ...STORE_OPTIONS,
    ...CONNECTION_OPTIONS,
  },
  examples: [
    ['import prod.env --group orders --dry-run', 'what would become of a dotenv file'],
    ['import backup.yaml', 'what export wrote'],
    ['import --from-iomete iomete-system -s platform/vault', "IOMETE's Kubernetes stores into Vault"],
    ["import --from-secret iomete-system/iomete-secret-store-sales -g ''", "one domain's, without a group"],
  ],
  run: async ({ values, operands, io }) => {
    const ifThere = ifThereOf(values);
    const group = values.group === undefined ? undefined : groupOperand(values.group);
    const found = await entriesOf(operands[0], values, { domainGroups: group === undefined, io });
    const entries = inGroup(group ?? '', found);
    if (entries.length === 0) throw new CommandProblem('there is no key in it');
    const items = entries.map(({ key, value }) => ({ key, value: () => Promise.resolve(value) }));
    const dryRun = values['dry-run'] === true;
    const done = await withStore(values, patient(io), (store) =>
      bringIn(items, store, { what: 'importing', ifThere, dryRun }, io),
    );
    return report(values.output, done, io);
  },
});

interface Sources extends ConnectionValues {
  readonly format?: string;
  readonly 'from-secret'?: string;
  readonly 'from-iomete'?: string;
}

async function entriesOf(
  file: string | undefined,
  values: Sources,
  how: { readonly domainGroups: boolean; readonly io: Io },
): Promise<Entry[]> {
  const { 'from-secret': secret, 'from-iomete': iomete, format } = values;
  if ([file, secret, iomete].filter((source) => source !== undefined).length !== 1)
    throw new UsageProblem(
      'import wants one of FILE, --from-secret and --from-iomete: see spark-secrets import --help',
    );
  if (file !== undefined) return entriesOfFile(file, formatOf(format, file), how);
  const kube = await openKube(values, how.io.signal);
  if (secret !== undefined) return entriesOfSecret(kube, secret, how.domainGroups);
  return entriesOfIomete(kube, iomete ?? '', how.domainGroups);
}
