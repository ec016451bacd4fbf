import type { SecretKey } from '../../api/secret-key.ts';
import type { VaultSpec } from './connection.ts';
import { KvPath } from './path.ts';

/** Mounts of the server itself: what is made there is no credential of a job, but tokens and identities. */
const OWN_MOUNTS = ['sys', 'auth', 'identity', 'cubbyhole'];

/** Why the store never gives out what lies at a path, whatever its spec lists; undefined: it may. */
export function leasePathProblem(spec: VaultSpec, path: SecretKey): string | undefined {
  const [mount = ''] = path.split('/');
  if (OWN_MOUNTS.includes(mount.toLowerCase())) return `${mount}/ belongs to the server itself`;
  if (keysOf(spec)?.mayHold(path) ?? true) return `${mount}/ holds the keys of the store: name them without #`;
  return undefined;
}

/** Undefined for a path that can't be used, which the store's condition tells. */
function keysOf({ path }: VaultSpec): KvPath | undefined {
  try {
    return new KvPath(path);
  } catch {
    return undefined;
  }
}
