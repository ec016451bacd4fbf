import type { KubeConfig } from '@kubernetes/client-node';
import { SECRET_STORE_CONFIG, type SecretStoreConfig } from './api/kinds.ts';
import { NamespaceReferences } from './namespace-references.ts';
import { HttpKubeClient } from './runtime/kube-client.ts';
import { KubeConnection } from './runtime/kube-connection.ts';
import { openDatabase } from './stores/registry.ts';

const USAGE = `usage: rewrap NAMESPACE/STORE
Seals the data keys of a store of type database anew with its present key-encryption key. Values are not opened.
Before: add the new key to the Secret beside the old one, and name it in spec.database.encryption.keySecretRef.key.
After it ended well: remove the old key from the Secret.`;

/** The longest run, in milliseconds. It may be run again: it goes on where it was. */
const LIMIT_MS = 3_600_000;
const NO_IDENTITY = { namespace: '', serviceAccount: undefined, allowedNamespaces: [] };

/** The command `rewrap`. Returns the process' exit code: 0 all done, 1 something is left, 2 not understood. */
export async function rewrapCommand(kubeConfig: KubeConfig, argument: string | undefined): Promise<number> {
  const [, namespace, name] = /^([^/]+)[/]([^/]+)$/.exec(argument ?? '') ?? [];
  if (namespace === undefined || name === undefined) {
    say(USAGE);
    return 2;
  }
  const connection = new KubeConnection(kubeConfig);
  try {
    const client = new HttpKubeClient(connection);
    const config = await client.get(SECRET_STORE_CONFIG, namespace, name, AbortSignal.timeout(LIMIT_MS));
    if (config?.spec.type !== 'database') {
      say(
        config
          ? `${argument} is of type ${config.spec.type}: only database has data keys`
          : `there is no SecretStoreConfig ${argument}`,
      );
      return 2;
    }
    return await rewrap(client, config);
  } catch (error) {
    say((error as Error).message);
    return 1;
  } finally {
    await connection.close();
  }
}

async function rewrap(client: HttpKubeClient, config: SecretStoreConfig): Promise<number> {
  const references = (namespace: string): NamespaceReferences =>
    new NamespaceReferences({ client, namespace, identity: NO_IDENTITY });
  const store = openDatabase({ references }, config);
  try {
    const result = await store.rewrap(AbortSignal.timeout(LIMIT_MS), ({ rewrapped }) => {
      say(`${rewrapped} data keys sealed anew…`);
    });
    for (const { key, version, former } of result.unopened)
      say(
        `${key}, version ${version}${former ? ' (history)' : ''}: no key of the Secret opens it, or it was changed since`,
      );
    say(`Done: ${result.rewrapped} data keys sealed anew, ${result.unopened.length} could not be opened`);
    return result.unopened.length === 0 ? 0 : 1;
  } finally {
    await store.close();
  }
}

/** To a person, and past the log's JSON. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
