import { SECRET, SERVICE_ACCOUNT } from './api/kinds.ts';
import { SecretValue } from './api/secret-value.ts';
import { OperatorError } from './errors.ts';
import { ApiError } from './runtime/api-error.ts';
import type { KubeClient } from './runtime/kube-client.ts';
import type { KubeObject } from './runtime/kube-object.ts';
import type { SecretKeyRef, StoreReferences } from './stores/references.ts';

/** The operator's own ServiceAccount, and whose stores may log in with it. */
export interface Identity {
  readonly namespace: string;
  readonly serviceAccount: string | undefined;
  readonly allowedNamespaces: readonly string[];
}

export interface NamespaceReferencesOptions {
  readonly client: KubeClient;
  /** The store's own. Nothing outside of it can be reached. */
  readonly namespace: string;
  readonly identity: Identity;
}

/** A TokenRequest, as far as it is used here. */
interface TokenRequest extends KubeObject {
  readonly spec?: { readonly expirationSeconds: number; readonly audiences?: readonly string[] };
  readonly status?: { readonly token: string };
}

/** The shortest that the API server grants. */
const TOKEN_SECONDS = 600;

/** What stores refer to, read from the API server. Built by compose, because a driver may not know runtime/. */
export class NamespaceReferences implements StoreReferences {
  readonly #options: NamespaceReferencesOptions;

  constructor(options: NamespaceReferencesOptions) {
    this.#options = options;
  }

  async value({ name, key }: SecretKeyRef, signal: AbortSignal): Promise<SecretValue> {
    const value = (await this.values(name, signal)).get(key);
    if (value === undefined) throw new OperatorError('CredentialsMissing', `Secret ${name} has no key ${key}`);
    return value;
  }

  async values(name: string, signal: AbortSignal): Promise<ReadonlyMap<string, SecretValue>> {
    const { client, namespace } = this.#options;
    const secret = await withStoreErrors(`read Secret ${name}`, client.get(SECRET, namespace, name, signal));
    if (secret === undefined)
      throw new OperatorError('CredentialsMissing', `create Secret ${name} in namespace ${namespace}`);
    return new Map(Object.entries(secret.data ?? {}).map(([key, text]) => [key, SecretValue.fromBase64(text)]));
  }

  async identity(audience: string | undefined, signal: AbortSignal): Promise<SecretValue> {
    const { client, namespace, identity } = this.#options;
    const { serviceAccount } = identity;
    if (!identity.allowedNamespaces.includes(namespace))
      throw new OperatorError(
        'AuthenticationFailed',
        `stores in namespace ${namespace} may not log in with the operator's own identity: use auth.tokenSecretRef or auth.appRole, or have the namespace added to the chart's identityNamespaces`,
      );
    if (serviceAccount === undefined)
      throw new OperatorError(
        'AuthenticationFailed',
        'the operator runs without a ServiceAccount: set SERVICE_ACCOUNT',
      );
    const request: TokenRequest = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { name: serviceAccount },
      spec: { expirationSeconds: TOKEN_SECONDS, ...(audience === undefined ? {} : { audiences: [audience] }) },
    };
    const where = { namespace: identity.namespace, name: serviceAccount, subresource: 'token' };
    const answer = await withStoreErrors(
      `get a token of ServiceAccount ${serviceAccount}`,
      client.createSubresource<TokenRequest>(SERVICE_ACCOUNT, where, request, signal),
    );
    return SecretValue.fromText(answer.status?.token ?? '');
  }
}

/** The API server's sentence is left out: about a Secret it may quote what is in it. */
async function withStoreErrors<T>(what: string, request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const detail = `the operator could not ${what} (HTTP ${error.code})`;
    throw new OperatorError(error.code === 403 ? 'AuthenticationFailed' : 'StoreUnreachable', detail, { cause: error });
  }
}
