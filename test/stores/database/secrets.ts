import { randomBytes } from 'node:crypto';
import { SecretValue } from '../../../operator/api/secret-value.ts';
import { OperatorError } from '../../../operator/errors.ts';
import { DatabaseStore } from '../../../operator/stores/database/driver.ts';
import type { SecretKeyRef, StoreReferences } from '../../../operator/stores/references.ts';
import { RequestBudget } from '../../../operator/stores/request-budget.ts';

/** The Secrets of a store's namespace: connection URL and key-encryption keys, to be changed at will. */
export class Secrets implements StoreReferences {
  readonly data: Record<string, Record<string, string | Buffer>>;

  constructor(url: string) {
    this.data = { db: { url }, kek: { first: newKek() } };
  }

  async value({ name, key }: SecretKeyRef, signal: AbortSignal): Promise<SecretValue> {
    const value = (await this.values(name, signal)).get(key);
    if (value === undefined) throw new OperatorError('CredentialsMissing', `Secret ${name} has no key ${key}`);
    return value;
  }

  values(name: string, signal: AbortSignal): Promise<ReadonlyMap<string, SecretValue>> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    const data = this.data[name];
    if (data === undefined) return Promise.reject(new OperatorError('CredentialsMissing', `create Secret ${name}`));
    return Promise.resolve(
      new Map(Object.entries(data).map(([key, value]) => [key, SecretValue.fromBytes(Buffer.from(value))])),
    );
  }

  identity(): Promise<SecretValue> {
    return Promise.reject(new Error('a database is never logged in to with the identity of the operator'));
  }
}

/** A key-encryption key, as it would lie in a Secret. */
export function newKek(): string {
  return randomBytes(32).toString('base64');
}

/** What a test says of its store; the rest is as in most. */
export interface Given {
  readonly table?: string;
  /** Name of the key-encryption key; null: none, values are in clear. */
  readonly kek?: string | null;
  readonly allowPlaintext?: boolean;
  readonly client?: 'pg' | 'mysql2';
  readonly budget?: RequestBudget;
}

/** A store over these Secrets. */
export function openStore(references: Secrets, given: Given = {}): DatabaseStore {
  const { table, kek = 'first', allowPlaintext, client = 'pg', budget = unlimited() } = given;
  return new DatabaseStore({
    spec: {
      client,
      connectionSecretRef: { name: 'db', key: 'url' },
      ...(table === undefined ? {} : { table }),
      ...(kek === null ? {} : { encryption: { keySecretRef: { name: 'kek', key: kek } } }),
      ...(allowPlaintext === undefined ? {} : { allowPlaintext }),
    },
    references,
    budget,
  });
}

function unlimited(): RequestBudget {
  return new RequestBudget({ perSecond: 100_000, burst: 100_000 });
}
