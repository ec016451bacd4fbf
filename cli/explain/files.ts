import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { parseAllDocuments } from 'yaml';
import type { SparkJobSecretBinding } from '../../operator/api/kinds.ts';
import { objectsIn, titleOf } from '../../operator/injection/explain/manifest.ts';
import { fields, list, text, type Fields } from '../../operator/injection/explain/shape.ts';
import type { Io } from '../io.ts';
import { CommandProblem } from '../problem.ts';

/** Most that YAML's aliases may make of a manifest: more is a bomb. */
const MAX_ALIASES = 1000;
/** The lists in a binding's spec whose items are objects. */
const LISTS = ['env', 'envFrom', 'sparkConf', 'presets', 'references', 'files'];

/**
 * The objects of a manifest: YAML of any number of documents, or JSON; those of Lists one by one. `-` is standard input.
 * Throws CommandProblem, which repeats nothing of the file.
 */
export async function objectsOf(path: string, io: Pick<Io, 'stdin'>): Promise<readonly Fields[]> {
  const content = await read(path, io);
  const documents = parseAllDocuments(content, { logLevel: 'silent' });
  const objects = [...documents].flatMap((document) => {
    const [error] = document.errors;
    const line = error?.linePos?.[0].line;
    if (error !== undefined)
      throw new CommandProblem(
        `${path} is no YAML${line === undefined ? '' : ` from line ${line} on`} (${error.code})`,
      );
    const parsed = inJs(path, () => document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown);
    return parsed === null || parsed === undefined ? [] : objectsIn(parsed);
  });
  if (objects.length === 0) throw new CommandProblem(`${path} holds no object`);
  return objects;
}

/** The bindings of a manifest; `namespace` is where those go that don't say it themselves. */
export async function bindingsOf(
  path: string,
  namespace: string,
  io: Pick<Io, 'stdin'>,
): Promise<readonly SparkJobSecretBinding[]> {
  const objects = await objectsOf(path, io);
  const found = objects.filter(({ kind }) => kind === 'SparkJobSecretBinding');
  if (found.length === 0) throw new CommandProblem(`${path} holds no SparkJobSecretBinding`);
  return found.map((object) => bindingOf(object, namespace));
}

function bindingOf(object: Fields, namespace: string): SparkJobSecretBinding {
  const metadata = fields(object['metadata']);
  const spec = fields(object['spec']);
  const name = text(metadata['name']);
  const wrong = (what: string): CommandProblem => new CommandProblem(`${titleOf(object)}: ${what}`);
  if (name === undefined) throw wrong('metadata.name is missing');
  if (text(fields(spec['storeRef'])['name']) === undefined) throw wrong('spec.storeRef.name is missing');
  if (!isSelector(spec['selector'])) throw wrong('spec.selector has another form than crds/README.md tells');
  const bad = LISTS.find((field) => spec[field] !== undefined && !isListOfNamed(spec[field]));
  if (bad !== undefined) throw wrong(`spec.${bad} has another form than crds/README.md tells`);
  const own = text(metadata['namespace']) ?? namespace;
  return { ...object, metadata: { name, namespace: own }, spec } as unknown as SparkJobSecretBinding;
}

function isSelector(value: unknown): boolean {
  const { matchLabels = {}, applications = [] } = fields(value);
  const isText = (one: unknown): boolean => typeof one === 'string';
  return Array.isArray(applications) && applications.every(isText) && Object.values(fields(matchLabels)).every(isText);
}

/** Whether it is a list of objects all of whose plain members are texts, truth values or lists of texts. */
function isListOfNamed(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  return list(value).every((item) => {
    const members = Object.values(fields(item));
    return members.length > 0 && members.flat().every((member) => ['string', 'boolean'].includes(typeof member));
  });
}

async function read(path: string, { stdin }: Pick<Io, 'stdin'>): Promise<string> {
  try {
    return path === '-' ? await readAll(stdin) : await readFile(path, 'utf8');
  } catch (error) {
    throw new CommandProblem(`${path} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}

function inJs(path: string, convert: () => unknown): unknown {
  try {
    return convert();
  } catch {
    throw new CommandProblem(`${path} has too many YAML aliases`);
  }
}
