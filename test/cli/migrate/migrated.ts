import { expect } from 'chai';
import { Readable } from 'node:stream';
import { parseAllDocuments, stringify } from 'yaml';
import { run } from '../../../cli/program.ts';
import { expectValid, isOurs } from '../../support/crd-schema.ts';
import { silentIo } from '../silent-io.ts';

export type Fields = Readonly<Record<string, unknown>>;

export interface Migrated {
  readonly code: number;
  /** The objects, by `Kind NAME` and, where they say one, `NAMESPACE/NAME`. */
  readonly objects: Readonly<Record<string, Fields>>;
  /** What is said, line by line, without the marks of a comment. */
  readonly told: readonly string[];
  readonly err: string;
}

/** Runs `migrate`; whatever it gives is checked against the schemas of our kinds. */
export async function migrated(args: readonly string[], ...sources: readonly unknown[]): Promise<Migrated> {
  const input = sources.map((source) => stringify(source, { aliasDuplicateObjects: false })).join('---\n');
  const io = { ...silentIo(), stdin: Readable.from([input]) };
  const code = await run(['migrate', ...args, '-f', '-'], io);
  const [out, err] = [io.out(), io.err()];
  const documents = parseAllDocuments(out).map((document) => document.toJS() as Fields | null);
  const objects = documents.filter((object) => object !== null);
  for (const object of objects) if (isOurs(object['kind'])) expectValid(object, titleOf(object));
  const told = out.split('\n').filter((line) => line.startsWith('# '));
  // The same for people and for who reads the file later.
  expect(told.map((line) => `${line.slice(2)}\n`).join('')).to.equal(code === 0 || code === 3 ? err : '');
  return {
    code,
    objects: Object.fromEntries(objects.map((object) => [titleOf(object), object])),
    told: told.map((line) => line.slice(2).trim()),
    err,
  };
}

function titleOf({ kind, metadata }: Fields): string {
  const { name, namespace } = metadata as { name: string; namespace?: string };
  return `${String(kind)} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}
