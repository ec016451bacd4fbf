import type { Values } from '../command.ts';
import type { Io } from '../io.ts';
import { CommandProblem, UsageProblem } from '../problem.ts';
import type { CONNECTION_OPTIONS, STORE_OPTIONS } from '../shared-options.ts';
import { connect, type Connection, type ConnectionValues } from './connect.ts';
import type { StoreName } from './paths.ts';
import type { SecretsApi } from './secrets-api.ts';
import type { StoreClient } from './store-client.ts';

export type StoreValues = Values<typeof CONNECTION_OPTIONS & typeof STORE_OPTIONS>;

/** Does some work with the API, and lets go of it. */
export async function withApi<T>(
  values: ConnectionValues,
  io: Pick<Io, 'env' | 'signal'>,
  work: (api: SecretsApi, connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connect(values, io);
  try {
    return await work(connection.api, connection);
  } finally {
    await connection.api.close();
  }
}

/** Does some work with the store that was chosen. Throws CommandProblem that lists the stores when none was. */
export function withStore<T>(
  values: StoreValues,
  io: Pick<Io, 'env' | 'signal'>,
  work: (store: StoreClient, connection: Connection) => Promise<T>,
): Promise<T> {
  return withApi(values, io, async (api, connection) => {
    const { store, consumer } = values;
    const name = store === undefined ? await onlyStore(api, values) : await storeNamed(store, values, connection);
    return work(api.store({ ...name, consumer }), connection);
  });
}

/** What `NAMESPACE/NAME`, or NAME with `--namespace`, names. Throws UsageProblem. */
export async function storeNamed(
  text: string,
  { namespace: given, server }: Pick<StoreValues, 'namespace' | 'server'>,
  { kube }: Pick<Connection, 'kube'>,
): Promise<StoreName> {
  const [first = '', second, more] = text.split('/');
  if (first === '' || second === '' || more !== undefined)
    throw new UsageProblem('a store is NAMESPACE/NAME, or NAME with --namespace');
  if (second !== undefined) return { namespace: first, name: second };
  if (given === undefined && server !== undefined)
    throw new UsageProblem('say the namespace of the store, too: NAMESPACE/NAME, or --namespace');
  return { namespace: given ?? (await kube()).namespace, name: first };
}

async function onlyStore(api: SecretsApi, { namespace, consumer }: StoreValues): Promise<StoreName> {
  const all = await api.stores(consumer);
  const stores = namespace === undefined ? all : all.filter((store) => store.namespace === namespace);
  const [store, ...others] = stores;
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  if (store === undefined)
    throw new CommandProblem(
      consumer === undefined
        ? `you see no store${where}: it needs list on secretstoreconfigs/keys there, or say with --consumer in which namespace you have it`
        : `no store${where} grants keys to namespace ${consumer}, or you may not list them in its name`,
    );
  if (others.length > 0) {
    const names = stores.map((each) => `${each.namespace}/${each.name}`).join(', ');
    throw new UsageProblem(`say which store with --store: ${names}`);
  }
  return { namespace: store.namespace, name: store.name };
}
