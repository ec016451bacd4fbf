import { isDynamic, parseSource, type SecretSource } from '../../api/dynamic-reference.ts';
import type { BindingSpec } from '../../api/kinds.ts';
import { groupOf, nameOf, parseGroup, parseKey } from '../../api/secret-key.ts';
import type { BindingView } from '../binding-view.ts';
import { confTemplate, type ConfEntry } from '../conf-template.ts';
import { envVariable, goesTo, keysOfSource } from '../environment.ts';
import { carrierOf, expandedSpec, isCarrier } from '../expanded-spec.ts';
import { fileProblem } from '../file-content.ts';
import { filesFolder, type FileEntry } from '../files.ts';
import type { ExplainedItem, ItemSource } from './result.ts';
import { presetEntries } from '../presets.ts';
import { templateKeys, type Template, type TemplateProblem } from '../template.ts';

type EnvEntry = NonNullable<BindingSpec['env']>[number];
type GroupEntry = NonNullable<BindingSpec['envFrom']>[number];

const BOTH = ['driver', 'executors'] as const;

/**
 * What a binding gives a job: its variables (those of a group as far as the binding's Secret tells them), properties, what
 * jobs may refer to, and files. Of templates only the keys. Not what the operator itself tells a pod by variables.
 */
export function bindingItems({ binding, secret }: BindingView): readonly ExplainedItem[] {
  const { spec } = binding;
  const expanded = expandedSpec(spec);
  const presets = presetNames(spec);
  const env = expanded.env ?? [];
  const listed = env.filter(({ name }) => !isCarrier(name));
  const carriers = new Map(env.map((entry) => [entry.name, entry]));
  const names = new Set(listed.map(({ name }) => name));
  const grouped = Object.entries(secret?.envKeys ?? {}).filter(([name]) => !names.has(name));
  return [
    ...listed.map((entry) => variable(entry, spec, presets)),
    ...(spec.envFrom ?? []).flatMap((entry) => groupVariables(entry, grouped)),
    ...(expanded.sparkConf ?? []).map((entry) => property(entry, carriers, presets)),
    ...(spec.references ?? []).map(({ key, group }) => reference(key, group)),
    ...(spec.files ?? []).map((entry) => file(entry, binding.metadata.name)),
  ];
}

function variable(entry: EnvEntry, spec: BindingSpec, presets: ReadonlyMap<string, string>): ExplainedItem {
  const parsed = envVariable(entry);
  const from = sourceOf(entry, 'problem' in parsed ? parsed : parsed.template);
  const reaches = BOTH.filter((one) => goesTo(spec, entry.name, one === 'driver' ? 'driver' : 'executor'));
  return {
    what: 'variable',
    name: entry.name,
    from: withPreset(from, presets.get(entry.name)),
    reaches,
    delivery: 'SecretKeyRef',
  };
}

function groupVariables(
  { group, prefix = '' }: GroupEntry,
  variables: readonly (readonly [name: string, source: string])[],
): ExplainedItem[] {
  const common = { reaches: BOTH, delivery: 'SecretKeyRef' } as const;
  const found = variables.flatMap(([name, source]) => {
    const key = parseKey(source);
    if (key === undefined || groupOf(key) !== group || prefix + nameOf(key) !== name) return [];
    return [{ ...common, what: 'variable' as const, name, from: { kind: 'key' as const, keys: [key], group } }];
  });
  if (found.length > 0) return found;
  if (parseGroup(group) === undefined) return [{ ...common, what: 'variables', name: `${prefix}*`, from: INVALID }];
  return [{ ...common, what: 'variables', name: `${prefix}*`, from: { kind: 'group', keys: [], group } }];
}

function property(
  entry: ConfEntry,
  carriers: ReadonlyMap<string, EnvEntry>,
  presets: ReadonlyMap<string, string>,
): ExplainedItem {
  const via = carrierOf(entry);
  // The value comes from what the variable is made of.
  const { key, template } = (via === undefined ? undefined : carriers.get(via)) ?? entry;
  const origin: ConfEntry = { name: entry.name, ...(key === undefined ? { template: template ?? '' } : { key }) };
  const from = withPreset(sourceOf(origin, confTemplate(origin)), presets.get(entry.name));
  const common = { what: 'property', name: entry.name, from, reaches: BOTH } as const;
  return via === undefined ? { ...common, delivery: 'Value' } : { ...common, delivery: 'Environment', via };
}

function reference(key: string | undefined, group: string | undefined): ExplainedItem {
  const common = { what: 'reference', reaches: BOTH, delivery: 'OnDemand' } as const;
  if (key !== undefined) {
    const parsed = parseKey(key);
    const from: ItemSource = parsed === undefined ? INVALID : { kind: 'key', keys: [parsed] };
    return { ...common, name: parsed === undefined ? '' : `\${secrets.${parsed}}`, from };
  }
  const parsed = parseGroup(group ?? '');
  if (parsed === undefined) return { ...common, name: '', from: INVALID };
  return { ...common, name: `\${secrets.${parsed}/*}`, from: { kind: 'group', keys: [], group: parsed } };
}

function file(entry: FileEntry, binding: string): ExplainedItem {
  const common = { what: 'file', reaches: BOTH, delivery: 'Mount' } as const;
  if (fileProblem(entry) !== undefined) return { ...common, name: '', from: INVALID };
  const { path: name, key } = entry;
  return { ...common, name, from: { kind: 'key', keys: [key] }, path: `${filesFolder(binding)}/${name}` };
}

/** What is no key may be a value that somebody wrote there by mistake: it is not shown. */
const INVALID: ItemSource = { kind: 'invalid', keys: [] };

function sourceOf(entry: { readonly key?: string | undefined }, parsed: Template | TemplateProblem): ItemSource {
  if ('problem' in parsed) return INVALID;
  const keys: readonly SecretSource[] = templateKeys(parsed);
  if (entry.key !== undefined) return { kind: keys.some(isDynamic) ? 'lease' : 'key', keys };
  return { kind: keys.length === 0 ? 'text' : 'template', keys };
}

function withPreset(from: ItemSource, preset: string | undefined): ItemSource {
  return preset === undefined ? from : { ...from, preset };
}

/** Type of the preset that a variable or property comes from, by its name. */
function presetNames(spec: BindingSpec): ReadonlyMap<string, string> {
  const own = new Set([...(spec.env ?? []), ...(spec.sparkConf ?? [])].map(({ name }) => name));
  const all = (spec.presets ?? []).flatMap((preset) => {
    const { env, sparkConf } = presetEntries(preset);
    return [...env, ...sparkConf].map(({ name }) => [name, preset.type] as const);
  });
  return new Map(all.toReversed().filter(([name]) => !own.has(name)));
}

/** Every key that a job may refer to because of a binding, as far as its spec and its Secret tell. */
export function coveredKeys({ binding, secret }: BindingView): ReadonlySet<string> {
  const items = bindingItems({ binding, secret }).flatMap(({ what, from }) => (what === 'file' ? [] : from.keys));
  const sources = Object.values(secret?.envKeys ?? {}).flatMap((source) => keysOfSource(source));
  const all = [...items, ...sources, ...(secret?.referenceKeys ?? [])];
  return new Set(all.filter((key) => parseSource(key) !== undefined));
}
