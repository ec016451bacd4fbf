import { SecretValue } from '../../../operator/api/secret-value.ts';
import { OperatorError } from '../../../operator/errors.ts';
import type { SecretKeyRef, StoreReferences } from '../../../operator/stores/references.ts';
import { RequestBudget } from '../../../operator/stores/request-budget.ts';
import type { Found } from '../../../operator/stores/store.ts';
import type { VaultSpec } from '../../../operator/stores/vault/connection.ts';
import { VaultStore } from '../../../operator/stores/vault/driver.ts';
import { key } from '../../support/keys.ts';

/** Secrets by `NAME/KEY`, and tokens of the operator's ServiceAccount: all in memory, changed by tests as they like. */
export class MemoryReferences implements StoreReferences {
  readonly secrets: Map<string, string>;
  /** Makes a token for an audience. */
  identify: (audience: string | undefined) => string = () => {
    throw new OperatorError('AuthenticationFailed', 'this namespace may not');
  };
  /** How many tokens were made. */
  identities = 0;

  constructor(secrets: Readonly<Record<string, string>> = {}) {
    this.secrets = new Map(Object.entries(secrets));
  }

  async value({ name, key: under }: SecretKeyRef, signal: AbortSignal): Promise<SecretValue> {
    await Promise.resolve();
    signal.throwIfAborted();
    const text = this.secrets.get(`${name}/${under}`);
    if (text === undefined) throw new OperatorError('CredentialsMissing', `Secret ${name} has no key ${under}`);
    return SecretValue.fromText(text);
  }

  values(): Promise<ReadonlyMap<string, SecretValue>> {
    return Promise.reject(new Error('no driver of this kind asks for it'));
  }

  async identity(audience: string | undefined): Promise<SecretValue> {
    await Promise.resolve();
    this.identities += 1;
    return SecretValue.fromText(this.identify(audience));
  }
}

/** A signal that nobody aborts. */
export const { signal } = new AbortController();

export const TOKEN_AUTH: VaultSpec['auth'] = { tokenSecretRef: { name: 'bao', key: 'token' } };

/** A store for tests, with a budget that is never in the way. */
export function vaultStore(
  spec: Partial<VaultSpec> & Pick<VaultSpec, 'endpoint'>,
  references: StoreReferences,
  budget = new RequestBudget({ perSecond: 100_000, burst: 100_000 }),
): VaultStore {
  const whole = { path: '/v1/secret/data/app', auth: TOKEN_AUTH, ...spec };
  return new VaultStore({ spec: whole, references, budget, uid: 'a-uid' });
}

/** References with the token that `TOKEN_AUTH` names. */
export function withToken(token: string): MemoryReferences {
  return new MemoryReferences({ 'bao/token': token });
}

/** The texts of keys that are there; of one that can't be told, the error's code. */
export async function textsIn(store: VaultStore, ...names: readonly string[]): Promise<Record<string, string>> {
  const found = await store.readMany(names.map(key), signal);
  return Object.fromEntries([...found].map(([name, what]) => [name, textOf(what)]));
}

function textOf(found: Found): string {
  return found instanceof OperatorError ? found.code : found.value.reveal().toString();
}

/** Writes a text. */
export async function put(store: VaultStore, name: string, text: string): Promise<string> {
  return (await store.write(key(name), SecretValue.fromText(text), { signal })).version;
}
