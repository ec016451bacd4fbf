import type { Fields } from '../../../operator/injection/explain/shape.ts';
import { CommandProblem } from '../../problem.ts';
import { distinct } from '../distinct.ts';
import type { Finding } from '../findings.ts';
import type { Translation } from '../translation.ts';
import { bindingsOf } from './external-secret.ts';
import type { BindingOptions } from './parts.ts';
import { sourcesOf } from './source.ts';
import { Stores, type StoreOptions } from './stores.ts';
import { objectsOfDraft } from './target.ts';

export interface ExternalSecretsOptions extends BindingOptions, StoreOptions {
  /** Of objects that don't say theirs; undefined: nor is it said here. */
  readonly namespace: string | undefined;
}

/**
 * ExternalSecrets with their SecretStores and ClusterSecretStores as bindings and stores. What a store of ours has as a
 * key of its own is used where it is; what it has not, is to be copied once from the Secret that External Secrets made.
 * Throws CommandProblem when there is nothing to translate, and UsageProblem when it can't be told where a store goes.
 */
export function translateExternalSecrets(manifest: readonly Fields[], options: ExternalSecretsOptions): Translation {
  const findings: Finding[] = [];
  const { stores: sources, secrets } = sourcesOf(manifest, options.namespace, findings);
  if (sources.length + secrets.length === 0)
    throw new CommandProblem('there is no ExternalSecret, SecretStore or ClusterSecretStore (v1, v1beta1) in it');
  const stores = new Stores(sources, options);
  const bindings = secrets.map((secret) => bindingsOf(secret, stores, options));
  const named = distinct(
    bindings.flatMap(({ objects }) => objects),
    findings,
  );
  return {
    objects: [...stores.drafts().flatMap(objectsOfDraft), ...named],
    findings,
    commands: [...new Set(bindings.flatMap(({ commands }) => commands))],
  };
}
