import type { SecretKey } from '../../api/secret-key.ts';
import type { SecretValue } from '../../api/secret-value.ts';
import { OperatorError } from '../../errors.ts';
import type { Found, VersionInfo } from '../store.ts';
import { complains, fieldOf, textsOf, type Answer } from './answers.ts';
import type { Mount } from './mount.ts';
import type { KvPath } from './path.ts';
import { TOO_LARGE, type AskOptions } from './requests.ts';
import type { Session } from './session.ts';

/** What the two versions of KV do in their own ways. */
export interface Kv {
  /** Keys that were last seen deleted, though the server goes on listing them. */
  readonly deleted: ReadonlySet<SecretKey>;
  /** The value; undefined: not there. */
  read(key: SecretKey, options: AskOptions): Promise<Found | undefined>;
  write(key: SecretKey, value: SecretValue, options: KvWriteOptions): Promise<VersionInfo>;
  remove(key: SecretKey, options: KvRemoveOptions): Promise<void>;
}

export interface KvWriteOptions {
  readonly signal: AbortSignal;
  readonly ifVersion?: string | null | undefined;
}

export interface KvRemoveOptions {
  readonly signal: AbortSignal;
  readonly ifVersion?: string | undefined;
}

/** What both versions stand on. */
export interface KvParts {
  readonly path: KvPath;
  readonly session: Session;
  readonly mount: Mount;
}

/** The server's policies do not let the operator do that with this key. */
export function refused(key: string, capability: string, path: string): OperatorError {
  return new OperatorError('KeyRefused', `${key}: give the operator a policy with "${capability}" on ${path.slice(1)}`);
}

/**
 * Makes sure that an answer of 404 says that nothing is there. Throws StoreUnreachable when it says something else: that
 * the mount is not there, or of the other version, or that this is no Vault.
 */
export async function assertAbsent(answer: Answer, { mount, path }: KvParts, options: AskOptions): Promise<void> {
  const { body } = answer;
  if (complains(answer, /namespace/i)) throw new OperatorError('StoreUnreachable', 'there is no such namespace');
  if (complains(answer, /./)) {
    mount.forget();
    await mount.verify(options);
    throw new OperatorError('StoreUnreachable', `no secrets engine is mounted for ${path.toString()}`);
  }
  if (!Array.isArray(fieldOf(body, 'errors')) && fieldOf(body, 'request_id') === undefined)
    throw new OperatorError('StoreUnreachable', 'what answers is no Vault or OpenBao (HTTP 404)');
  if (textsOf(body, 'warnings').length > 0) mount.forget();
  await mount.verify(options);
}

/** The error for an answer that a write should not get. */
export function writeFailure(key: SecretKey, answer: Answer, path: string): OperatorError {
  if (answer.status === 403) return refused(key, 'create" and "update', path);
  if (answer.status === 413 || complains(answer, TOO_LARGE))
    return new OperatorError('ValueTooLarge', `${key}: the storage behind the server does not take that much`);
  return unexpected(answer);
}

/** The error for an answer that nobody knows. */
export function unexpected({ status }: Answer): OperatorError {
  return new OperatorError('StoreUnreachable', `it answers with HTTP ${status}: look at its log`);
}
