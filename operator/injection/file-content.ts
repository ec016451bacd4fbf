import { isDynamic, parseSource } from '../api/dynamic-reference.ts';
import type { BindingSpec } from '../api/kinds.ts';
import type { Problem } from '../api/reasons.ts';
import { parseKey, type SecretKey } from '../api/secret-key.ts';
import type { SecretValue } from '../api/secret-value.ts';
import type { FileEntry } from './files.ts';
import { tooLarge } from './secret-size.ts';

/** Content of the Secret with a binding's files. */
export interface FileContent {
  /** `data` of the Secret: base64. */
  readonly data: Readonly<Record<string, string>>;
  /** Name of each file → its key. */
  readonly keys: Readonly<Record<string, SecretKey>>;
}

/** What there is where a binding has no files (any more). */
export const NO_FILES: FileContent = { data: {}, keys: {} };

/** What Kubernetes takes as a key of a Secret's data, of which the kubelet makes a file of that name. */
const NAME = /^(?![.][.]|[.]$)[A-Za-z0-9._-]{1,253}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** What is wrong with an entry itself, whatever the store has: the CRD refuses it, but objects may be older than that. */
export function fileProblem({ path, key }: FileEntry): Problem | undefined {
  if (!NAME.test(path))
    return {
      reason: 'InvalidValue',
      message: `files: a path is the name of one file, of letters, digits and ._- only: correct spec.files.`,
    };
  const source = parseSource(key);
  if (source === undefined)
    return {
      reason: 'KeyNotFound',
      message: `file ${path}: this is not the form of a key: write it like orders/KEYSTORE.`,
    };
  if (!isDynamic(source)) return undefined;
  return {
    reason: 'InvalidValue',
    message: `file ${path}: ${source} is made for each run and can't be a file: use env or sparkConf.`,
  };
}

/**
 * The Secret with a binding's files, or everything that keeps it from being written; undefined: it gives none. Entries that
 * `fileProblem` refuses are left out. Pure and deterministic.
 */
export function fileContent(
  { files = [] }: Pick<BindingSpec, 'files'>,
  values: ReadonlyMap<SecretKey, SecretValue>,
): FileContent | { readonly problems: readonly Problem[] } | undefined {
  if (files.length === 0) return undefined;
  const problems: Problem[] = [];
  const data = new Map<string, Buffer>();
  const keys = new Map<string, SecretKey>();
  for (const entry of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const key = parseKey(entry.key);
    if (key === undefined || fileProblem(entry) !== undefined) continue;
    if (keys.has(entry.path)) problems.push(twice(entry));
    const bytes = bytesOf(entry, values.get(key));
    if (Buffer.isBuffer(bytes)) data.set(entry.path, bytes);
    else problems.push(bytes);
    keys.set(entry.path, key);
  }
  problems.push(...tooLarge('all files', data));
  if (problems.length > 0) return { problems };
  const encoded = [...data].map(([name, bytes]) => [name, bytes.toString('base64')] as const);
  return { data: Object.fromEntries(encoded), keys: Object.fromEntries(keys) };
}

function bytesOf({ path, key, encoding }: FileEntry, value: SecretValue | undefined): Buffer | Problem {
  if (value === undefined)
    return {
      reason: 'KeyNotFound',
      message: `key ${key} has no value in the store: add it, or correct the key in the binding.`,
    };
  if (encoding !== 'base64') return value.reveal();
  const text = value.reveal().toString('latin1').replaceAll(/\s+/g, '');
  if (BASE64.test(text)) return Buffer.from(text, 'base64');
  const message = `file ${path} (key ${key}): the value is no base64: write into the store what "base64 FILE" prints, or set encoding: text.`;
  return { reason: 'InvalidValue', message };
}

function twice({ path }: FileEntry): Problem {
  return { reason: 'Conflict', message: `file ${path} is listed more than once: remove all but one.` };
}
