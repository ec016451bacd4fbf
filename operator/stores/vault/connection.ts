import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type vault from 'node-vault';
import type { StoreSpec } from '../../api/kinds.ts';
import type { SecretValue } from '../../api/secret-value.ts';
import { OperatorError } from '../../errors.ts';
import type { StoreReferences } from '../references.ts';
import { guardedLookup, isRefusedAddress, REFUSED_ADDRESS } from '../addresses.ts';
import { retryAfterMs, type Answer } from './answers.ts';
import { connectionFailure, type Endpoint } from './failures.ts';
import { send, type Incoming, type Outgoing } from './transport.ts';
import { credentialText } from './wire.ts';

export type VaultSpec = NonNullable<StoreSpec['vault']>;

/** One request to the API. */
export interface Ask {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `/v1`, encoded. */
  readonly path: string;
  readonly json?: object;
  /** Who asks. Left out for what anybody may ask. */
  readonly token?: SecretValue;
  /** Asked of the server as a whole, which refuses it within a namespace. */
  readonly ofServer?: boolean;
}

/** How many connections are kept: no more requests than that are under way. */
export const MAX_CONNECTIONS = 16;
/** A connection without traffic ends after so long. Longer than most intervals, because TLS handshakes cost. */
const IDLE_MS = 90_000;
const NAMESPACE = /^[\x21-\x7e]+$/;

interface Line {
  readonly ca: SecretValue | undefined;
  readonly agent: HttpAgent;
  readonly client: vault.client;
}

/** The way to one server: node-vault over kept connections, trusting the CA that the store's spec names and no other. */
export class Connection {
  readonly #spec: VaultSpec;
  readonly #references: StoreReferences;
  readonly #url: URL;
  readonly #endpoint: Endpoint;
  #line: Line | undefined;

  /** Throws StoreUnreachable for a spec that leads nowhere. */
  constructor(spec: VaultSpec, references: StoreReferences) {
    this.#spec = spec;
    this.#references = references;
    if (!URL.canParse(spec.endpoint)) throw new OperatorError('StoreUnreachable', 'endpoint is not a URL');
    this.#url = new URL(spec.endpoint);
    if (this.#url.username !== '' || this.#url.password !== '')
      throw new OperatorError('StoreUnreachable', 'endpoint holds a password: take it out, log in with auth');
    const { caSecretRef, serverName } = spec.tls ?? {};
    this.#endpoint = { host: this.#url.host, caSecretRef, serverName };
    if (isRefusedAddress(this.#url.hostname.replace(/^\[|\]$/g, ''))) throw this.#failure({ code: REFUSED_ADDRESS });
    if (spec.namespace !== undefined && !NAMESPACE.test(spec.namespace))
      throw new OperatorError('StoreUnreachable', `namespace ${JSON.stringify(spec.namespace)} is no name`);
  }

  /** Host and port, for words about it. */
  get host(): string {
    return this.#url.host;
  }

  /** Sends a request; any status is an answer. Throws StoreUnreachable, saying why. */
  async request(ask: Ask, signal: AbortSignal): Promise<Answer> {
    signal.throwIfAborted();
    const { client } = this.#line ?? (await this.refresh(signal));
    const { method, path, json } = ask;
    const headers = this.#headers(ask);
    try {
      const incoming = (await client.request({ method, path, json, headers, signal })) as Incoming;
      const { statusCode: status, body, retryAfter } = incoming;
      return { status, body, retryAfterMs: retryAfterMs(retryAfter, new Date()) };
    } catch (error) {
      signal.throwIfAborted();
      throw this.#failure(error);
    }
  }

  /** Looks anew at the CA; another one means other connections. Throws CredentialsMissing. */
  async refresh(signal: AbortSignal): Promise<Line> {
    const { caSecretRef } = this.#spec.tls ?? {};
    const ca = caSecretRef && (await this.#references.value(caSecretRef, signal));
    // Loaded with the first connection: an operator without a store of this type does not need it.
    const { default: library } = await import('node-vault');
    const present = this.#line;
    if (present && isSame(present.ca, ca)) return present;
    // Connections in use end by themselves, when their answers are there.
    for (const socket of Object.values(present?.agent.freeSockets ?? {}).flat()) socket?.destroy();
    this.#line = this.#open(ca, library);
    return this.#line;
  }

  close(): void {
    this.#line?.agent.destroy();
  }

  #headers({ token, ofServer }: Ask): Record<string, string> {
    const { namespace } = this.#spec;
    return {
      // Servers can be told to refuse requests without it: something that was tricked into a request does not send it.
      'X-Vault-Request': 'true',
      ...(token && { 'X-Vault-Token': credentialText(token) }),
      ...(namespace !== undefined && !ofServer && { 'X-Vault-Namespace': namespace }),
    };
  }

  #open(ca: SecretValue | undefined, library: typeof vault): Line {
    const agent = this.#agent(ca);
    const url = this.#url;
    const client = library({
      endpoint: url.origin,
      // Its own would print values and tokens when DEBUG is set.
      debug: () => undefined,
      'request-promise': { defaults: () => (outgoing: Outgoing) => send({ url, agent }, outgoing) },
    });
    // What is left out it would take from the operator's environment: VAULT_TOKEN, VAULT_NAMESPACE, VAULT_PREFIX.
    Object.assign(client, { token: '', namespace: '', pathPrefix: '' });
    // Its own drops status and headers, and makes errors that hold the body.
    client.handleVaultResponse = (response) => Promise.resolve(response);
    return { ca, agent, client };
  }

  #agent(ca: SecretValue | undefined): HttpAgent {
    const options = { keepAlive: true, maxSockets: MAX_CONNECTIONS, timeout: IDLE_MS, lookup: guardedLookup };
    if (this.#url.protocol !== 'https:') return new HttpAgent(options);
    const { serverName } = this.#spec.tls ?? {};
    return new HttpsAgent({
      ...options,
      minVersion: 'TLSv1.2',
      ...(ca && { ca: credentialText(ca) }),
      ...(serverName !== undefined && { servername: serverName }),
    });
  }

  #failure(error: unknown): OperatorError {
    return new OperatorError('StoreUnreachable', connectionFailure(error, this.#endpoint));
  }
}

function isSame(a: SecretValue | undefined, b: SecretValue | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b);
}
