import { createHash } from 'node:crypto';
import { keyOfSource } from './environment.ts';
import { isCarrier } from './expanded-spec.ts';
import { filesFolder, type FileEntry } from './files.ts';

/** A variable has room for twice as much; what does not fit is asked of the API. */
const MOST_BYTES = 65_536;

/** What an index is made of. */
export interface Indexed {
  /** Name of each variable → its source. */
  readonly envKeys: Readonly<Record<string, string>>;
  readonly files: readonly FileEntry[];
}

/** The variable by which a pod knows where the keys of a binding are in it: `SPARK_SECRETS_KEYS_` and 12 hex digits. */
export function keyIndexName(binding: string): string {
  return `SPARK_SECRETS_KEYS_${createHash('sha256').update(binding).digest('hex').slice(0, 12)}`;
}

/** Whether a binding that gives these has an index: one of properties and references alone has none. */
export function hasKeyIndex({ envKeys, files }: Indexed): boolean {
  return files.some(isValue) || Object.entries(envKeys).some(([name, source]) => isIndexed(name, source));
}

/**
 * The text of that variable: a line `KEY env NAME` or `KEY file PATH` for each key and each place where it is, sorted. Holds no
 * value. It is the same for driver and executors: a place that a container does not have may be named. Undefined: there is
 * nothing to tell. Of a very long one the first lines.
 */
export function keyIndex(binding: string, { envKeys, files }: Indexed): string | undefined {
  const env = Object.entries(envKeys)
    .filter(([name, source]) => isIndexed(name, source))
    .map(([name, source]) => `${source} env ${name}\n`);
  const inFiles = files.filter(isValue).map(({ key, path }) => `${key} file ${filesFolder(binding)}/${path}\n`);
  const lines = [...env, ...inFiles].sort();
  if (lines.length === 0) return undefined;
  const text = lines.join('');
  return text.slice(0, text.lastIndexOf('\n', MOST_BYTES) + 1);
}

/** Not those that are made of a text around keys, nor those that stand for a property. */
function isIndexed(name: string, source: string): boolean {
  return !isCarrier(name) && keyOfSource(source) !== undefined;
}

/** A file that was decoded is not the value of its key: whoever asks for the key gets the same wherever it is from. */
function isValue({ encoding }: FileEntry): boolean {
  return encoding !== 'base64';
}
