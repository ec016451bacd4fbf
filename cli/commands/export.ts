import { withStore } from '../api/chosen-store.ts';
import type { StoreClient } from '../api/store-client.ts';
import { command } from '../command.ts';
import { FORMAT_OPTION, formatOf, type Format } from '../formats/format.ts';
import { fileOf, type Exported } from '../formats/write.ts';
import type { Io } from '../io.ts';
import { written } from '../output.ts';
import { whatIsAt, writePrivate } from '../private-file.ts';
import { CommandProblem, UsageProblem } from '../problem.ts';
import { CONNECTION_OPTIONS, STORE_OPTIONS } from '../shared-options.ts';
import { isPlainText } from '../terminal/plain.ts';
import { Progress } from '../terminal/progress.ts';
import { allKeys } from '../transfer/bring-in.ts';
import { readAll } from '../transfer/read-all.ts';
import { groupOperand } from './operands.ts';

export const exportKeys = command({
  name: 'export',
  summary: 'write keys with their values into a file',
  operands: '[GROUP]',
  about: `Writes the keys of a store, or of a group and those below it, with their values into a file that only its owner may read (mode
0600): all of them, or nothing when one can't be read. Each read is audited. JSON and YAML hold everything, as a list of
{key, value} or {key, valueBase64} that import reads. A dotenv file has no groups: it gets what lies directly in the group,
under the last part of the keys. The file holds secrets in clear: encrypt it, or remove it soon.`,
  options: {
    file: { type: 'string', short: 'f', value: 'FILE', about: 'where to; - for standard output' },
    format: FORMAT_OPTION,
    force: { type: 'boolean', about: 'replace the file' },
    'show-on-terminal': { type: 'boolean', about: 'with -f -, also when that is a terminal' },
    ...STORE_OPTIONS,
    ...CONNECTION_OPTIONS,
  },
  examples: [
    ['export -f backup.yaml', 'a whole store'],
    ['export orders -f orders.env', 'one group, for a shell or a container'],
    ['export -f - --format json | age -r RECIPIENT > backup.age', 'never in clear on a disk'],
  ],
  run: async ({ values, operands, io }) => {
    const group = groupOperand(operands[0]);
    const { file, format: option } = values;
    if (file === undefined) throw new UsageProblem('say where to: -f FILE, or -f - for standard output');
    const format = formatOf(option, file);
    await refuseEarly(file, { force: values.force === true, onTerminal: values['show-on-terminal'] === true }, io);
    const { found, left, title } = await withStore(values, io, (store) => read(store, { group, format }, io));
    if (found.length === 0) throw new CommandProblem(`${title} has no key ${group === '' ? '' : `in group ${group}`}`);
    await put(file, await fileOf(format, found), { replace: values.force === true, io });
    io.stderr.write(`${found.length} keys of ${title} written${file === '-' ? '' : ` to ${file}`}.\n${leftOut(left)}`);
    return undefined;
  },
});

/** Before any value is read. */
async function refuseEarly(
  file: string,
  { force, onTerminal }: { readonly force: boolean; readonly onTerminal: boolean },
  { stdout }: Pick<Io, 'stdout'>,
): Promise<void> {
  if (file === '-' && stdout.isTTY === true && !onTerminal)
    throw new UsageProblem('standard output is a terminal: --show-on-terminal writes the values there');
  if (file !== '-' && !force && (await whatIsAt(file)) === 'file')
    throw new CommandProblem(`${file} is there already: --force replaces it`);
}

interface Read {
  readonly found: readonly Exported[];
  /** How many keys lie in groups below, which a dotenv file has no place for. */
  readonly left: number;
  readonly title: string;
}

async function read(
  store: StoreClient,
  { group, format }: { readonly group: string; readonly format: Format },
  io: Io,
): Promise<Read> {
  const all = await allKeys(store, group, io.signal);
  const isDirect = (key: string): boolean => key.lastIndexOf('/') === (group === '' ? -1 : group.length);
  const keys = format === 'dotenv' ? all.filter(isDirect) : all;
  const progress = new Progress(io.stderr, 'reading', keys.length);
  try {
    const found = await readAll(store, keys, progress.step);
    return { found, left: all.length - keys.length, title: store.title };
  } finally {
    progress.end();
  }
}

async function put(
  file: string,
  text: string,
  { replace, io }: { readonly replace: boolean; readonly io: Io },
): Promise<void> {
  if (file !== '-') {
    await writePrivate(file, text, { replace });
    return;
  }
  if (io.stdout.isTTY === true && !isPlainText(text))
    throw new CommandProblem('a value holds what a terminal would act on: write it to a file, or as json');
  await written(io.stdout, text);
}

function leftOut(left: number): string {
  return left === 0 ? '' : `In groups below, which a dotenv file has no place for, are ${left} more: NOT in it.\n`;
}
