import { envKeysOf, fileKeysOf, keptEntriesOf, referenceKeysOf, type BindingSecret } from '../../api/binding-secret.ts';
import { storeRefOf, type DriverPod, type SecretStoreConfig, type SparkJobSecretBinding } from '../../api/kinds.ts';
import type { Problem } from '../../api/reasons.ts';
import { parseKey, type SecretKey } from '../../api/secret-key.ts';
import { keysOfSource } from '../../injection/environment.ts';
import { requirements, type Requirements } from '../../injection/requirements.ts';
import { bindingSecretName, filesSecretName } from '../../injection/secret-name.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import type { Lister } from '../../runtime/lister.ts';
import { requestKey, type Request } from '../../runtime/reconciler.ts';
import type { Knowledge, WatchScope } from '../../runtime/watch-scope.ts';
import type { Answer, StoreCache } from '../../stores/cache.ts';

/** Whether driver pods of a namespace reach the webhook. */
export type Coverage = 'covered' | 'pending' | 'excluded' | 'missing';

/** Where the present is read from. */
export interface Sources {
  readonly bindings: Lister<SparkJobSecretBinding>;
  readonly stores: Lister<SecretStoreConfig>;
  /** Secrets with the label `secrets.iomete.com/binding`. */
  readonly secrets: Lister<BindingSecret>;
  readonly namespaces: Lister<KubeObject>;
  /** Driver pods with the label `secrets.iomete.com/injected`; index `binding` by `namespace/name`. */
  readonly drivers: Lister<DriverPod>;
  readonly cache: Pick<StoreCache, 'read' | 'forget' | 'leaseProblems'>;
  readonly coverage: { covers(namespace: string): Coverage };
  readonly scope: Pick<WatchScope, 'knowledgeOf'>;
}

/** All that a binding's plan is made from. */
export interface Observed {
  readonly binding: SparkJobSecretBinding;
  readonly requirements: Requirements;
  readonly store: SecretStoreConfig | undefined;
  /** Whether a store that is not seen is not there. */
  readonly storeNamespace: Knowledge;
  /** What the store has; undefined without a store, or with a spec that needs mending first. */
  readonly answer: Answer | undefined;
  /** What keeps the binding from credentials that are made for each run. */
  readonly leaseProblems: readonly Problem[];
  readonly secretName: string;
  readonly secret: BindingSecret | undefined;
  /** Name of the Secret with its files, and that Secret, which need not be there for a binding without files. */
  readonly filesName: string;
  readonly files: BindingSecret | undefined;
  readonly coverage: Coverage;
  readonly drivers: readonly DriverPod[];
}

/** Reads the present of a binding. Undefined: it is gone, or about to be. Does not throw for a store that fails. */
export async function observe(request: Request, sources: Sources): Promise<Observed | undefined> {
  const { namespace, name } = request;
  const reader = requestKey(request);
  const binding = sources.bindings.get(namespace, name);
  if (binding === undefined || binding.metadata.deletionTimestamp !== undefined) {
    sources.cache.forget(reader);
    return undefined;
  }
  const needs = requirements(binding.spec);
  const ref = storeRefOf(binding);
  const store = sources.stores.get(ref.namespace, ref.name);
  const namespaceLabels = sources.namespaces.get(undefined, namespace)?.metadata.labels ?? {};
  const { keys, groups, dynamic } = needs;
  const secretName = bindingSecretName(name);
  const filesName = filesSecretName(name);
  const held = heldKeys(binding, sources.secrets.get(namespace, secretName), sources.secrets.get(namespace, filesName));
  const answer = store && (await sources.cache.read(store, { reader, namespace, namespaceLabels, keys, groups, held }));
  if (store === undefined) sources.cache.forget(reader);
  return {
    binding,
    requirements: needs,
    store,
    storeNamespace: sources.scope.knowledgeOf(ref.namespace),
    answer,
    leaseProblems:
      store === undefined ? [] : sources.cache.leaseProblems(store, { namespace, namespaceLabels }, dynamic),
    secretName,
    secret: sources.secrets.get(namespace, secretName),
    filesName,
    files: sources.secrets.get(namespace, filesName),
    coverage: sources.coverage.covers(namespace),
    drivers: sources.drivers.byIndex('binding', reader),
  };
}

/** Keys that the binding may not have, or may have no more: what it held of them has to go. */
export function goneKeys({ answer }: Pick<Observed, 'answer'>): ReadonlySet<string> {
  return new Set<string>([...(answer?.denied ?? []), ...(answer?.withdrawn ?? [])]);
}

/** What its Secrets have of the store: the keys of variables and files as they say themselves, those of properties as the status does. */
function heldKeys(
  { status }: SparkJobSecretBinding,
  secret: BindingSecret | undefined,
  files: BindingSecret | undefined,
): SecretKey[] {
  const ofFiles = files === undefined ? [] : Object.values(fileKeysOf(files));
  if (secret === undefined) return ofFiles;
  const sources = [
    ...Object.values(envKeysOf(secret) ?? {}),
    ...Object.values(keptEntriesOf(secret)).map((kept) => kept.source),
  ];
  const ofVariables = sources.flatMap(keysOfSource);
  const names = [...ofVariables, ...referenceKeysOf(secret), ...(status?.keys ?? []).map(({ key }) => key)];
  return [...new Set([...names.flatMap((name) => parseKey(name) ?? []), ...ofFiles])];
}
