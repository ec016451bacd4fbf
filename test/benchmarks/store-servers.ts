import type { StoreSpec } from '../../operator/api/kinds.ts';
import { SecretValue } from '../../operator/api/secret-value.ts';
import { parseKey } from '../../operator/api/secret-key.ts';
import { DatabaseStore } from '../../operator/stores/database/driver.ts';
import type { StoreReferences } from '../../operator/stores/references.ts';
import { RequestBudget } from '../../operator/stores/request-budget.ts';
import { OpenBao } from '../servers/openbao.ts';
import { PostgresServer } from '../servers/postgres.ts';
import { type Bench } from './bench.ts';
import { apply } from '../support/operator/installation.ts';
import { secretOf, storeNamespace, storeValues } from './objects.ts';

/** A store with its 200 keys, and how somebody changes one of them. */
export interface StoreServer {
  readonly spec: StoreSpec;
  /** The Secrets that the spec names, and that the store consists of. */
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  change(key: string, value: string): Promise<void>;
  stop(): Promise<void>;
}

/** OpenBao in memory; the operator has a token for its keys alone, which it renews. */
export async function vaultServer(): Promise<StoreServer & { readonly server: OpenBao }> {
  const server = await OpenBao.start();
  const put = (key: string, value: string): Promise<unknown> =>
    server.must('POST', `secret/data/bench/${key}`, { data: { value } });
  for (const [key, value] of Object.entries(storeValues())) await put(key, value);
  const policy = 'path "secret/*" { capabilities = ["read", "list"] }';
  await server.must('PUT', 'sys/policies/acl/bench', { policy });
  const { auth } = await server.must('POST', 'auth/token/create', { policies: ['bench'], period: '2m' });
  const token = (auth as { readonly client_token: string }).client_token;
  return {
    server,
    spec: {
      type: 'vault',
      vault: {
        endpoint: server.url,
        path: '/v1/secret/data/bench',
        auth: { tokenSecretRef: { name: 'vault-token', key: 'token' } },
      },
      // No refresh may come between the first reads.
      refreshInterval: '1m',
    },
    secrets: { 'vault-token': { token } },
    change: async (key, value) => {
      await put(key, value);
    },
    stop: () => server.stop(),
  };
}

/** PostgreSQL, filled by the driver itself. */
export async function databaseServer(): Promise<StoreServer> {
  const server = await PostgresServer.start();
  const url = await server.createDatabase('bench', 'bench');
  const kek = Buffer.alloc(32, 7).toString('base64');
  const database = {
    client: 'pg' as const,
    connectionSecretRef: { name: 'database', key: 'url' },
    encryption: { keySecretRef: { name: 'database-kek', key: 'one' } },
  };
  const secrets = { database: { url }, 'database-kek': { one: kek } };
  const references = fixedReferences(secrets);
  const store = new DatabaseStore({
    spec: database,
    references,
    budget: new RequestBudget({ perSecond: 1e4, burst: 1e4 }),
  });
  const { signal } = new AbortController();
  const change = async (name: string, value: string): Promise<void> => {
    const key = parseKey(name);
    if (key !== undefined) await store.write(key, SecretValue.fromText(value), { signal });
  };
  for (const [key, value] of Object.entries(storeValues())) await change(key, value);
  return {
    spec: { type: 'database', database },
    secrets,
    change,
    stop: async () => {
      await store.close();
      await server.remove();
    },
  };
}

/** The cluster itself. */
export function kubernetesServer(bench: Bench): StoreServer {
  const values = storeValues();
  const name = 'iomete-secret-store';
  return {
    spec: { type: 'kubernetes' },
    secrets: { [name]: values },
    change: (key, value) => {
      values[key] = value;
      return apply(bench.cluster, [secretOf(storeNamespace(bench), name, values)]);
    },
    stop: () => Promise.resolve(),
  };
}

function fixedReferences(secrets: StoreServer['secrets']): StoreReferences {
  const values = (name: string): ReadonlyMap<string, SecretValue> =>
    new Map(Object.entries(secrets[name] ?? {}).map(([key, text]) => [key, SecretValue.fromText(text)]));
  return {
    value: ({ name, key }) => Promise.resolve(values(name).get(key) ?? SecretValue.fromText('')),
    values: (name) => Promise.resolve(values(name)),
    identity: () => Promise.reject(new Error('no identity is needed here')),
  };
}
