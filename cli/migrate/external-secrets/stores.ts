import { fields, text, type Fields } from '../../../operator/injection/explain/shape.ts';
import { UsageProblem } from '../../problem.ts';
import { Names, renamed } from '../distinct.ts';
import type { StoreName } from '../objects.ts';
import { isKey } from '../places.ts';
import type { SourceStore } from './source.ts';
import { draftOf, type Draft } from './target.ts';
import { accessOf, vaultKey, vaultStore } from './vault.ts';
import { KubernetesStores } from './kubernetes.ts';

/** A remote reference: a secret of the source, and an entry of it. */
export interface RemoteRef {
  readonly key: string;
  readonly property: string | undefined;
}

/** Where a value is that a remote reference names; or why it is nowhere as a key of its own. */
export type Place = { readonly draft: Draft; readonly key: string } | { readonly why: string };

/** What became of a store. */
export interface TranslatedStore {
  readonly place: (ref: RemoteRef) => Place;
  /** Where values can be put that have no place; undefined: nowhere in it. */
  readonly own: StoreName | undefined;
  /** The store here, when it is one: the interval of an ExternalSecret is its. */
  readonly draft: Draft | undefined;
}

export interface StoreOptions {
  /** Where a ClusterSecretStore goes; by default where its credentials are. */
  readonly storeNamespace: string | undefined;
}

/** The SecretStoreConfigs that come of SecretStores and ClusterSecretStores. */
export class Stores {
  readonly #translated = new Map<string, TranslatedStore>();
  readonly #drafts: Draft[] = [];
  readonly #names = new Names();
  readonly #kubernetes = new KubernetesStores(this.#names);

  /** Throws UsageProblem when it can't be told where a store goes. */
  constructor(sources: readonly SourceStore[], options: StoreOptions) {
    for (const source of sources) this.#translated.set(idOf(source), this.#translate(source, options));
  }

  /** Undefined: it was not given. */
  find(kind: string, name: string, namespace: string | undefined): TranslatedStore | undefined {
    return this.#translated.get(idOf({ kind, name, namespace }));
  }

  /** All that are to be written. */
  drafts(): readonly Draft[] {
    return [...this.#drafts, ...this.#kubernetes.drafts()];
  }

  #translate(source: SourceStore, options: StoreOptions): TranslatedStore {
    const { spec, findings } = source;
    findings.unknown(spec, ['controller', 'provider', 'retrySettings', 'refreshInterval', 'conditions'], 'spec');
    for (const name of ['retrySettings', 'refreshInterval'])
      if (spec[name] !== undefined)
        findings.note(`spec.${name}`, 'the operator tries again, and checks stores, by itself');
    if (spec['controller'] !== undefined) findings.note('spec.controller', 'every store is the one operator’s');
    const provider = fields(spec['provider']);
    const [kind = 'none'] = Object.keys(provider);
    if (kind === 'vault') return this.#vault(source, fields(provider['vault']), options);
    if (kind === 'kubernetes') return this.#kubernetes.translate(source, fields(provider['kubernetes']));
    findings.left(
      `spec.provider.${kind}`,
      'no store of this type: its values have to be copied (--store says where to), and are not followed then',
    );
    return nowhere(`a store of type ${kind} has no counterpart`);
  }

  #vault(source: SourceStore, vault: Fields, options: StoreOptions): TranslatedStore {
    const { name, findings, spec } = source;
    const namespace = namespaceOf(source, vault, options);
    const target = { name: this.#names.free({ name, namespace }), namespace };
    const made = vaultStore(vault, target, findings);
    if (made === undefined) return nowhere(`${source.kind} ${name} was left out`);
    if (this.#names.take(target) !== name) renamed(findings, target.name);
    const access = source.kind === 'ClusterSecretStore' ? accessOf(spec, findings) : [];
    if (access === undefined)
      findings.left(
        'spec.conditions',
        'there are none, so all namespaces may use it; here those of the ExternalSecrets given are granted their keys: add others to access',
      );
    const draft = draftOf(target, made.spec, { before: made.before, access: access ?? [] });
    this.#drafts.push(draft);
    return { place: (ref) => vaultPlace(ref, vault, draft), own: target, draft };
  }
}

/** In a Vault that the operator reads, each key is a secret of its own, whose entry `value` it is. */
function vaultPlace({ key: remote, property }: RemoteRef, vault: Fields, draft: Draft): Place {
  if (property === undefined)
    return { why: 'without a property it is the whole secret as JSON, and a key here is its entry value' };
  if (property !== 'value')
    return { why: `it is the entry ${property} of a secret, and a key here is the entry value of one` };
  const key = vaultKey(remote, vault);
  return isKey(key) ? { draft, key } : { why: 'its path has parts that a key has not (letters, digits and ._- only)' };
}

function nowhere(why: string): TranslatedStore {
  return { place: () => ({ why }), own: undefined, draft: undefined };
}

/** That of the source; for one of the cluster the option, else where its credentials are. */
function namespaceOf(source: SourceStore, vault: Fields, { storeNamespace }: StoreOptions): string | undefined {
  if (source.kind === 'SecretStore') return source.namespace;
  const found = storeNamespace ?? credentialNamespace(vault['auth']);
  if (found !== undefined) return found;
  throw new UsageProblem(`say with --store-namespace where ClusterSecretStore ${source.name} goes`);
}

function credentialNamespace(auth: unknown): string | undefined {
  const namespaces = Object.values(fields(auth)).flatMap((method) =>
    [fields(method), ...Object.values(fields(method)).map(fields)].flatMap((ref) => text(ref['namespace']) ?? []),
  );
  return namespaces[0];
}

function idOf({ kind, name, namespace = '' }: Pick<SourceStore, 'kind' | 'name' | 'namespace'>): string {
  return kind === 'ClusterSecretStore' ? `/${name}` : `${namespace}/${name}`;
}
