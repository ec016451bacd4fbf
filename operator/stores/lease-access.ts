import { leasePathOf, type DynamicReference } from '../api/dynamic-reference.ts';
import type { SecretStoreConfig } from '../api/kinds.ts';
import type { Problem } from '../api/reasons.ts';
import { globMatches, keyFilter, type Consumer } from './access.ts';
import { leasePathProblem } from './vault/lease-paths.ts';

/**
 * Everything that keeps a consumer from credentials on lease: the store makes none, its spec does not list the path, the
 * path is never given out, or the namespace has no grant. Decided by the store's spec alone, as it is now.
 */
export function leaseProblems(
  store: SecretStoreConfig,
  consumer: Consumer,
  references: readonly DynamicReference[],
): readonly Problem[] {
  const { namespace = '', name } = store.metadata;
  const title = `SecretStoreConfig ${namespace}/${name}`;
  const { vault, type } = store.spec;
  if (references.length === 0) return [];
  if (type !== 'vault' || vault === undefined)
    return [
      notLeasable(
        `${title} is of type ${type}, which makes no credentials for ${String(references[0])}: use a store of type vault.`,
      ),
    ];
  const isGranted = keyFilter(store, consumer);
  const globs = vault.dynamicPaths ?? [];
  const paths = [...new Set(references.map(leasePathOf))].flatMap((path) => {
    const never = leasePathProblem(vault, path);
    if (never !== undefined) return [notLeasable(`${title} never makes credentials at ${path}: ${never}.`)];
    if (globs.some((glob) => globMatches(glob, path))) return [];
    return [notLeasable(`${title} does not list ${path} in spec.vault.dynamicPaths: its owner can add it there.`)];
  });
  const denied = references.filter((reference) => !isGranted(reference));
  if (denied.length === 0) return paths;
  const message = `${title} does not grant ${denied.join(', ')} to namespace ${consumer.namespace}: its owner can add them to its spec.access.`;
  return [...paths, { reason: 'AccessDenied', message }];
}

function notLeasable(message: string): Problem {
  return { reason: 'NotLeasable', message };
}
