import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { clientPrograms } from '../../../deploy/local/binaries.ts';
import { expectValid, isOurs, type Manifest } from '../../support/crd-schema.ts';
import { Program, type Line } from './help.ts';
import { ROOT, type Page } from './pages.ts';

const kubectl = new Program('kubectl', async () => join(await clientPrograms(), 'kubectl'), {
  ask: '--help',
  globals: ['options'],
});

/** Kinds of Kubernetes that pages name, and of others' whose objects pages read. A new one: write its plural here. */
const PLURALS = [
  ...[
    'pods',
    'secrets',
    'configmaps',
    'namespaces',
    'services',
    'events',
    'leases',
    'endpointslices',
    'serviceaccounts',
  ],
  ...[
    'deployments',
    'statefulsets',
    'jobs',
    'clusterroles',
    'clusterrolebindings',
    'rolebindings',
    'customresourcedefinitions',
  ],
  ...[
    'mutatingwebhookconfigurations',
    'certificates',
    'externalsecrets',
    'secretstores',
    'clustersecretstores',
    'sparkapplications',
  ],
];
const SHORT = ['po', 'cm', 'ns', 'svc', 'sa', 'deploy', 'crd'];
/** Verbs whose first operand is a kind, or KIND/NAME. */
const BY_KIND = ['get', 'describe', 'delete', 'label', 'annotate', 'edit', 'patch', 'scale', 'wait', 'explain'];

let known: Promise<ReadonlySet<string>> | undefined;

/** @throws Error that says what the real kubectl, or our definitions, do not know */
export async function checkKubectl(words: readonly string[], page: Page): Promise<readonly string[]> {
  const line = await kubectl.read(words);
  const [verb = ''] = line.path;
  const kinds = kindsOf(verb, line);
  known ??= kindNames();
  for (const kind of kinds)
    if (!kind.includes('$') && !(await known).has(kind))
      throw new Error(
        `kubectl's server has no kind ${kind}; one that it has is to be added to PLURALS of test/docs/commands/kubectl.ts`,
      );
  for (const [name, value] of line.options) await checkOption(name, value, { verb, page });
  return line.rest;
}

function kindsOf(verb: string, { operands, options }: Line): readonly string[] {
  const [first] = operands;
  if (first === undefined || options.some(([name]) => ['-f', '--filename'].includes(name))) return [];
  const isNamed = first.includes('/');
  if (!BY_KIND.includes(verb) && !isNamed) return [];
  const parts = verb === 'explain' ? [first.split('.')[0] ?? ''] : first.split(',');
  return parts.map((part) => (part.split('/')[0] ?? '').toLowerCase());
}

async function kindNames(): Promise<ReadonlySet<string>> {
  const singular = PLURALS.map((plural) => plural.replace(/s$/, ''));
  const files = (await readdir(join(ROOT, 'crds'))).filter((file) => file.endsWith('.yaml'));
  const ours = await Promise.all(
    files.map(async (file) => {
      const { spec } = parse(await readFile(join(ROOT, 'crds', file), 'utf8')) as {
        readonly spec: {
          readonly group: string;
          readonly names: Readonly<Record<'plural' | 'singular', string>> & { readonly shortNames: readonly string[] };
        };
      };
      const { plural, singular: one, shortNames } = spec.names;
      return [plural, one, ...shortNames, `${plural}.${spec.group}`];
    }),
  );
  return new Set([...PLURALS, ...singular, ...SHORT, ...ours.flat()]);
}

async function checkOption(name: string, value: string, { verb, page }: { verb: string; page: Page }): Promise<void> {
  const option = verb === 'logs' ? '' : name;
  if (/^(?:-f|--filename)$/.test(option)) await checkManifests(value, page);
  if (/^--from-(?:env-)?file$/.test(option)) page.expectFile(value.replace(/^[^=]*=/, ''));
  if (option === '-p' && verb === 'patch') JSON.parse(value);
  const isOutput = /^(?:-o|--output)$/.test(option);
  if (isOutput && !/^(?:json|yaml|name|wide|jsonpath=.+|custom-columns=.+)$/.test(value))
    throw new Error(`kubectl has no output ${value}`);
}

/** What is applied is there, and is objects; ours have the form of their definitions. */
async function checkManifests(name: string, page: Page): Promise<void> {
  page.expectFile(name);
  const path = page.find(name);
  if (path === undefined || !path.endsWith('.yaml')) return;
  for (const document of parseAllDocuments(await readFile(path, 'utf8'))) {
    if (document.errors[0]) throw new Error(`${name}: ${document.errors[0].message}`);
    const object = document.toJS() as Manifest | null;
    if (object === null) continue;
    if (typeof object['kind'] !== 'string') throw new Error(`${name} holds what is no object of Kubernetes`);
    if (isOurs(object['kind'])) expectValid(object, name);
  }
}
