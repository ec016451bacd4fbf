import { fields, list, text, type Fields } from '../../../operator/injection/explain/shape.ts';
import { COPIED, dataEntries, type Delivery, type Entry, type StoreOf } from './entries.ts';
import { Parts, type BindingOptions, type Bindings } from './parts.ts';
import { noteSecret } from './secret.ts';
import type { ExternalSecret } from './source.ts';
import type { Stores, TranslatedStore } from './stores.ts';

/** The bindings of an ExternalSecret. What they use of a store, and how often it is to be read, is noted in its draft. */
export function bindingsOf(source: ExternalSecret, stores: Stores, options: BindingOptions): Bindings {
  const parts = new Parts(source, options);
  const storeOf: StoreOf = (ref, where) => storeNamed(source, stores, ref, where);
  const interval = noteSecret(source);
  for (const entry of entriesOf(source, storeOf, options.delivery)) parts.add(entry, interval);
  const groups = groupsOf(source, storeOf);
  if (groups.length > 0 && options.delivery === 'files')
    source.findings.left(
      source.spec['dataFrom'] === undefined ? 'spec.target.template.templateFrom' : 'spec.dataFrom',
      'a group is given as variables only: write its keys into files of the binding, one by one',
    );
  for (const store of groups) parts.addGroup(store);
  return parts.finished();
}

/** Of `spec.data`, and of a template whose result the Secret is. Of two with one name the later one counts. */
function entriesOf(source: ExternalSecret, storeOf: StoreOf, delivery: Delivery): Iterable<Entry> {
  const template = fields(fields(source.spec['target'])['template']);
  const names = Object.keys(fields(template['data']));
  const isAll = (names.length > 0 || template['templateFrom'] !== undefined) && template['mergePolicy'] !== 'Merge';
  const entries = new Map(dataEntries(source, storeOf, delivery).map((entry) => [entry.name, entry]));
  if (isAll) entries.clear();
  const store = names.length === 0 ? undefined : storeOf(fields(source.spec['secretStoreRef']), 'spec.secretStoreRef');
  if (store !== undefined)
    for (const name of names) entries.set(name, { name, place: undefined, isBase64: false, store });
  return entries.values();
}

/** The stores of what has names that only the Secret tells: `spec.dataFrom`, and templates that are elsewhere. */
function groupsOf(source: ExternalSecret, storeOf: StoreOf): TranslatedStore[] {
  const { spec, findings } = source;
  const own = (): TranslatedStore | undefined => storeOf(fields(spec['secretStoreRef']), 'spec.secretStoreRef');
  const template = fields(fields(spec['target'])['template']);
  const isReplaced = template['data'] !== undefined && template['mergePolicy'] !== 'Merge';
  const found = list(spec['dataFrom']).map((item, at) => {
    const where = `spec.dataFrom[${at}]`;
    const { sourceRef, extract, find, rewrite, ...others } = fields(item);
    findings.unknown(others, [], where);
    const { generatorRef, storeRef } = fields(sourceRef);
    if (generatorRef !== undefined) {
      findings.left(`${where}.sourceRef.generatorRef`, 'generated: see docs/dynamic-credentials.md for Vault’s');
      return undefined;
    }
    for (const [name, part] of Object.entries({ extract, find, rewrite }))
      if (part !== undefined) findings.left(`${where}.${name}`, `it has names that only the Secret tells: ${COPIED}`);
    if (isReplaced) return undefined;
    return storeRef === undefined ? own() : storeOf(fields(storeRef), `${where}.sourceRef.storeRef`);
  });
  if (template['templateFrom'] !== undefined) found.push(own());
  return found.filter((store) => store !== undefined);
}

function storeNamed(
  { namespace, findings }: ExternalSecret,
  stores: Stores,
  ref: Fields,
  where: string,
): TranslatedStore | undefined {
  const [kind = 'SecretStore', name = ''] = [text(ref['kind']), text(ref['name'])];
  const found = stores.find(kind, name, namespace);
  if (found === undefined)
    findings.left(where, `${[kind, name].join(' ').trim()} is not among the objects: give it, too`);
  return found;
}
