import type { StoreName } from '../api/answers.ts';
import { toYaml, type Yaml } from './yaml.ts';
import {
  confNameProblem,
  envNameFor,
  envNameProblem,
  fileNameFor,
  fileNameProblem,
  namespaceProblem,
  objectNameProblem,
} from './names.ts';
import { keyProblem } from './path.ts';
import { templateKeys } from './template.ts';

/** Where a value comes from: a key, text with keys in it, or every key of a folder. */
export type Source = 'key' | 'template' | 'folder';

/** A variable, property or file that jobs get. Of a folder, `name` is what the variables begin with. */
export interface Row {
  readonly id: number;
  readonly name: string;
  readonly from: Source;
  /** The key, the template or the folder. */
  readonly text: string;
  /** Of variables. */
  readonly isDriverOnly: boolean;
  /** Of files: whether the store has them as base64 text. */
  readonly isBase64: boolean;
}

export type Section = 'env' | 'conf' | 'files';

/** A binding in the making. */
export interface Draft {
  readonly namespace: string;
  readonly name: string;
  /** Names of applications, or globs, set apart by commas or lines: a name may have blanks. */
  readonly applications: string;
  /** `name=value` of the driver's labels, set apart by commas, blanks or lines. */
  readonly labels: string;
  readonly env: readonly Row[];
  readonly conf: readonly Row[];
  readonly files: readonly Row[];
  /** For the next row. */
  readonly nextId: number;
}

export function newDraft(namespace: string): Draft {
  return { namespace, name: '', applications: '', labels: '', env: [], conf: [], files: [], nextId: 1 };
}

/** What one would call it. */
const NAME_FOR: Readonly<Record<Section, (key: string) => string>> = {
  env: envNameFor,
  conf: () => '',
  files: fileNameFor,
};

/** With one row more; of a key, if there is one. */
export function withRow(draft: Draft, section: Section, key = ''): Draft {
  const row: Row = {
    id: draft.nextId,
    name: NAME_FOR[section](key),
    from: 'key',
    text: key,
    isDriverOnly: false,
    isBase64: false,
  };
  return { ...draft, [section]: [...draft[section], row], nextId: draft.nextId + 1 };
}

export function withChange(draft: Draft, section: Section, id: number, change: Partial<Row>): Draft {
  return { ...draft, [section]: draft[section].map((row) => (row.id === id ? { ...row, ...change } : row)) };
}

export function withoutRow(draft: Draft, section: Section, id: number): Draft {
  return { ...draft, [section]: draft[section].filter((row) => row.id !== id) };
}

/** The keys that a draft names, each once. */
export function keysOf({ env, conf, files }: Draft): readonly string[] {
  return [...new Set([...env, ...conf, ...files].flatMap(keysOfRow))];
}

function keysOfRow({ from, text }: Row): readonly string[] {
  if (from === 'folder') return [];
  if (from === 'key') return keyProblem(text) === undefined ? [text] : [];
  const found = templateKeys(text);
  return 'keys' in found ? found.keys : [];
}

/** Something to mend, and the id of the field where. */
export interface DraftProblem {
  readonly field: string;
  readonly text: string;
}

export function fieldOf(section: Section, { id }: Row, what: 'name' | 'text'): string {
  return `${section}-${id}-${what}`;
}

/** All that keeps a draft from being a binding. */
export function draftProblems(draft: Draft): readonly DraftProblem[] {
  const { namespace, name, env, conf, files } = draft;
  const isEmpty = env.length + conf.length + files.length === 0;
  const found = [
    { field: 'namespace', text: namespaceProblem(namespace) },
    { field: 'name', text: objectNameProblem(name) },
    ...selectorProblems(draft),
    { field: 'add-env', text: isEmpty ? 'Add a variable, a property or a file.' : undefined },
    ...env.flatMap((row) => rowProblems('env', row, env)),
    ...conf.flatMap((row) => rowProblems('conf', row, conf)),
    ...files.flatMap((row) => rowProblems('files', row, files)),
  ];
  return found.flatMap(({ field, text }) => (text === undefined ? [] : [{ field, text }]));
}

interface Finding {
  readonly field: string;
  readonly text: string | undefined;
}

function selectorProblems({ applications, labels }: Draft): Finding[] {
  const isEmpty = applicationsOf(applications).length === 0 && wordsOf(labels).length === 0;
  const text = isEmpty ? 'Say which jobs: names of applications, or labels of their drivers.' : undefined;
  return [
    { field: 'applications', text },
    {
      field: 'labels',
      text: wordsOf(labels)
        .map(labelProblem)
        .find((problem) => problem !== undefined),
    },
  ];
}

const LABEL_NAME = /^(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

function labelProblem(label: string): string | undefined {
  const [name, value] = partsOfLabel(label);
  const isLabel = value !== undefined && LABEL_NAME.test(name) && LABEL_VALUE.test(value);
  return isLabel ? undefined : 'Write labels as name=value, such as team=orders.';
}

function rowProblems(section: Section, row: Row, all: readonly Row[]): Finding[] {
  const isTwice =
    row.from !== 'folder' &&
    all.some((other) => other.id < row.id && other.from !== 'folder' && other.name === row.name);
  const twice = isTwice && row.name !== '' ? 'This name is given twice.' : undefined;
  return [
    { field: fieldOf(section, row, 'name'), text: nameProblem(section, row) ?? twice },
    { field: fieldOf(section, row, 'text'), text: sourceProblem(row) },
  ];
}

function nameProblem(section: Section, { from, name }: Row): string | undefined {
  if (section === 'conf') return confNameProblem(name);
  if (section === 'files') return fileNameProblem(name);
  if (from !== 'folder') return envNameProblem(name);
  return /^(?:[A-Za-z_][A-Za-z0-9_]*)?$/.test(name) ? undefined : 'Letters, digits and "_" only, and no digit first.';
}

function sourceProblem({ from, text }: Row): string | undefined {
  if (from === 'template') {
    const found = templateKeys(text);
    return 'problem' in found ? found.problem : undefined;
  }
  if (text === '') return from === 'key' ? 'Choose a key.' : 'Choose a folder.';
  return keyProblem(text);
}

/** The binding as YAML, ready to commit when there is no problem. */
export function bindingYaml(draft: Draft, store: StoreName): string {
  const { namespace, name, applications, labels, env, conf, files } = draft;
  const labelled = wordsOf(labels).map(partsOfLabel);
  return toYaml({
    apiVersion: 'secrets.iomete.com/v1alpha1',
    kind: 'SparkJobSecretBinding',
    metadata: { name, namespace },
    spec: {
      storeRef: { name: store.name, namespace: store.namespace },
      selector: {
        applications: some(applicationsOf(applications)),
        matchLabels:
          labelled.length === 0 ? undefined : Object.fromEntries(labelled.map(([key, value = '']) => [key, value])),
      },
      env: some(env.filter(({ from }) => from !== 'folder').map(entryOf)),
      envFrom: some(env.filter(({ from }) => from === 'folder').map(folderEntryOf)),
      sparkConf: some(conf.map(entryOf)),
      files: some(files.map(fileEntryOf)),
    },
  });
}

function entryOf({ name, from, text, isDriverOnly }: Row): Yaml {
  return { name, [from]: text, targets: isDriverOnly ? ['driver'] : undefined };
}

function fileEntryOf({ name, text, isBase64 }: Row): Yaml {
  return { path: name, key: text, encoding: isBase64 ? 'base64' : undefined };
}

function folderEntryOf({ name, text }: Row): Yaml {
  return { group: text, prefix: name === '' ? undefined : name };
}

function some<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items;
}

function applicationsOf(text: string): readonly string[] {
  return eachOnce(text.split(/[\r\n,]/).map((name) => name.trim()));
}

function wordsOf(text: string): readonly string[] {
  return eachOnce(text.split(/[\s,]/));
}

function eachOnce(words: readonly string[]): readonly string[] {
  return [...new Set(words.filter((word) => word !== ''))];
}

function partsOfLabel(label: string): [string, string | undefined] {
  const at = label.indexOf('=');
  return at < 0 ? [label, undefined] : [label.slice(0, at), label.slice(at + 1)];
}
