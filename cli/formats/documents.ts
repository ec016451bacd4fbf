import { isPair, isScalar, isSeq, parseAllDocuments, visit, type Document } from 'yaml';
import { SecretValue } from '../../operator/api/secret-value.ts';
import { objectsIn, titleOf } from '../../operator/injection/explain/manifest.ts';
import { fields, type Fields } from '../../operator/injection/explain/shape.ts';
import { CommandProblem } from '../problem.ts';
import { base64Value } from './base64.ts';
import type { Entry } from './entry.ts';
import { isSecret, secretEntries } from './secret-manifest.ts';

/** Tags by which a text, a map or a list stays what it is. */
const PLAIN_TAGS: readonly unknown[] = ['!', ...['str', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`)];

/**
 * The values of a JSON or YAML text: a list of `{key, value}` or `{key, valueBase64}`, a map of keys whose maps are groups,
 * or manifests of Secrets. Throws CommandProblem, which repeats no value. `domainGroups`: as in `secretEntries`.
 */
export function parseDocuments(content: string, domainGroups: boolean): Entry[] {
  // Keys are named as they are written: 1.10 is not 1.1.
  const documents = parseAllDocuments(content, { logLevel: 'silent', stringKeys: true });
  return [...documents].flatMap((document) => {
    refuse(document.errors);
    refuseTags(document);
    refuse(document.warnings);
    const root = inJs(() => document.toJS() as unknown);
    return root === null ? [] : entriesOf(root, domainGroups);
  });
}

function refuse([problem]: Document['errors'] | Document['warnings']): void {
  if (problem === undefined) return;
  const line = problem.linePos?.[0].line;
  throw new CommandProblem(
    `it is no JSON or YAML${line === undefined ? '' : ` from line ${line} on`} (${problem.code})`,
  );
}

/** A value with a tag would be another one than what stands there. */
function refuseTags(document: Document): void {
  visit(document, {
    Node: (_key, node, path) => {
      if (node.tag === undefined || PLAIN_TAGS.includes(node.tag)) return;
      const names = [...path, node].flatMap((step, at, all) => {
        if (isPair(step)) return isScalar(step.key) ? [String(step.key.value)] : [];
        return isSeq(step) && at + 1 < all.length ? [`entry ${step.items.indexOf(all[at + 1]) + 1}`] : [];
      });
      throw new CommandProblem(
        `${names.join('/') || 'it'} has a YAML tag: write it as text in quotes, without the tag`,
      );
    },
  });
}

function entriesOf(root: unknown, domainGroups: boolean): Entry[] {
  if (Array.isArray(root)) return root.map(listed);
  if (!isMap(root)) throw new CommandProblem('it is neither a list nor a map of keys');
  return isManifest(root) ? secretsOf(root, domainGroups) : mapped(root, []);
}

/** A date is none, which YAML 1.1 has. */
function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** An object of Kubernetes. */
function isManifest({ apiVersion, kind }: Fields): boolean {
  return typeof apiVersion === 'string' && typeof kind === 'string';
}

function secretsOf(root: object, domainGroups: boolean): Entry[] {
  const objects = objectsIn(root);
  const other = objects.find((object) => !isSecret(object));
  if (other !== undefined) throw new CommandProblem(`it holds ${titleOf(other)}: of manifests only Secrets are taken`);
  return objects.flatMap((secret) => secretEntries(secret, domainGroups));
}

function listed(item: unknown, at: number): Entry {
  const { key, value, valueBase64, ...more } = fields(item);
  const where = typeof key === 'string' ? key : `entry ${at + 1} of the list`;
  const isOne = (typeof value === 'string') !== (typeof valueBase64 === 'string');
  if (typeof key !== 'string' || !isOne || Object.keys(more).length > 0)
    throw new CommandProblem(`${where}: an entry is {key, value} or {key, valueBase64}, all of them text`);
  return { key, value: typeof value === 'string' ? textValue(value, where) : base64Value(valueBase64, where), where };
}

function mapped(map: Fields, path: readonly string[]): Entry[] {
  return Object.entries(map).flatMap(([name, value]) => {
    const below = [...path, name];
    const where = below.join('/');
    if (typeof value === 'string') return [{ key: where, value: textValue(value, where), where }];
    if (isMap(value)) return mapped(value, below);
    // 0123 and 1e3 are numbers that are not written as they were.
    throw new CommandProblem(`${where} is no text: put its value in quotes`);
  });
}

function textValue(text: string, where: string): SecretValue {
  if (!text.isWellFormed()) throw new CommandProblem(`${where} holds what is no Unicode: give it as valueBase64`);
  return SecretValue.fromText(text);
}

function inJs(convert: () => unknown): unknown {
  try {
    return convert();
  } catch {
    throw new CommandProblem('it has too many YAML aliases');
  }
}
