import { type DispatcherOptions, HttpMethod, type KubeConfig, RequestContext } from '@kubernetes/client-node';
import { createHash } from 'node:crypto';
import type { AgentOptions, RequestOptions } from 'node:https';
import { Agent, type buildConnector, type Dispatcher } from 'undici';

/** One request. `path` is below the cluster's URL and holds the query. */
export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly signal: AbortSignal;
  /** How long the server may say nothing: before the answer begins, and within it. Milliseconds. */
  readonly silenceMs: number;
  /** The answer lasts for minutes. */
  readonly isWatch?: boolean;
}

/** An answer whose body is still to be read. `retryAfterMs` is the Retry-After header. */
export interface KubeAnswer {
  readonly code: number;
  readonly retryAfterMs: number | undefined;
  readonly body: Dispatcher.ResponseData['body'];
}

type Headers = Readonly<Record<string, string>>;

/**
 * A call has a connection to itself while it lasts, over HTTP/1.1: it costs Node and the API server less than a stream of
 * HTTP/2 does (docs/decisions/0020-calls-and-watches.md). Watches are quiet, and may be hundreds: they share connections.
 */
interface Pools {
  readonly calls: Dispatcher;
  readonly watches: Dispatcher;
}

/** Calls at once; others wait. More than the rooms have under way together, so that the lease never waits behind a crowd of the API's. */
const MOST_CALLS = 256;

/** How long headers (a token) and certificates are used before they are read again; client-node adds up to 60 s to it. */
const CREDENTIALS_MS = 30_000;

/** Below the 90 s after which an API server closes an idle connection, so that it never does so under a request. */
const KEEP_ALIVE_MS = 45_000;

/**
 * All connections to the API server, shared by the client and the informers. Made once, by compose.
 *
 * KubeConfig finds the cluster, the credentials and the proxy, but in client-node 2.0.1 its
 * `applySecurityAuthentication` makes a new undici Agent for each request (and reads the CA file): a TLS handshake each
 * time. So it is asked at most every 30 seconds, and its answer is used for all requests in between; that also carries
 * a ServiceAccount token's rotation into the next request and the next watch. The pools live as long as the
 * certificates stay the same.
 */
export class KubeConnection {
  readonly #kubeConfig: KubeConfig;
  readonly #origin: string;
  readonly #prefix: string;
  #credentials: Promise<Headers> | undefined;
  #readAt = -Infinity;
  #pools: Pools | undefined;
  #fingerprint = '';

  /** Throws if the kubeconfig has no current cluster. */
  constructor(kubeConfig: KubeConfig) {
    const server = kubeConfig.getCurrentCluster()?.server;
    if (server === undefined) throw new Error('The kubeconfig has no current cluster: set its current-context.');
    const url = new URL(server);
    this.#kubeConfig = kubeConfig;
    this.#origin = url.origin;
    this.#prefix = url.pathname.replace(/\/+$/, '');
  }

  /** Sends a request; rejects if no answer begins. The caller must read or destroy the body. */
  async send(request: KubeRequest): Promise<KubeAnswer> {
    const headers = await this.#authenticate();
    if (this.#pools === undefined) throw new Error('The connection to the API server is closed.');
    const answer = await this.#pools[request.isWatch ? 'watches' : 'calls'].request({
      origin: this.#origin,
      path: this.#prefix + request.path,
      method: request.method,
      headers: {
        ...headers,
        accept: 'application/json',
        ...(request.contentType === undefined ? {} : { 'content-type': request.contentType }),
      },
      body: request.body ?? null,
      signal: request.signal,
      headersTimeout: request.silenceMs,
      bodyTimeout: request.silenceMs,
    });
    // A revoked or expired token: don't wait for the 30 s to look for a new one.
    if (answer.statusCode === 401) this.#credentials = undefined;
    return { code: answer.statusCode, retryAfterMs: retryAfterMs(answer.headers['retry-after']), body: answer.body };
  }

  /** Ends all connections; what is under way fails. */
  async close(): Promise<void> {
    await Promise.all(Array.from(each(this.#pools), (pool) => pool.destroy()));
  }

  async #authenticate(): Promise<Headers> {
    const now = performance.now();
    if (this.#credentials === undefined || now - this.#readAt > CREDENTIALS_MS) {
      this.#readAt = now;
      const reading = this.#readCredentials();
      this.#credentials = reading;
      reading.catch(() => {
        if (this.#credentials === reading) this.#credentials = undefined;
      });
    }
    return this.#credentials;
  }

  async #readCredentials(): Promise<Headers> {
    const context = new RequestContext(this.#origin, HttpMethod.GET);
    await this.#kubeConfig.applySecurityAuthentication(context);
    const tls: RequestOptions = {};
    await this.#kubeConfig.applyToHTTPSOptions(tls);
    const options = this.#kubeConfig.createDispatcherOptions(this.#kubeConfig.getCurrentCluster(), tls as AgentOptions);
    const fingerprint = createHash('sha256').update(JSON.stringify(options)).digest('base64');
    if (this.#pools === undefined || fingerprint !== this.#fingerprint) {
      // close() lets running requests and watches end by themselves.
      for (const pool of each(this.#pools)) void pool.close();
      this.#pools = poolsOf(options, () => context.getDispatcher() ?? new Agent());
      this.#fingerprint = fingerprint;
    }
    return context.getHeaders();
  }
}

function each(pools: Pools | undefined): Iterable<Dispatcher> {
  return new Set(pools === undefined ? [] : [pools.calls, pools.watches]);
}

/** For a proxy both are the one that client-node builds, though it keeps idle connections for 4 s only. */
function poolsOf(options: DispatcherOptions, ofProxy: () => Dispatcher): Pools {
  if (options.type !== 'none' && options.type !== 'agent') {
    const pool = ofProxy();
    return { calls: pool, watches: pool };
  }
  const connect = options.type === 'agent' ? { connect: options.connect as buildConnector.BuildOptions } : {};
  const common = { keepAliveTimeout: KEEP_ALIVE_MS, ...connect };
  return {
    calls: new Agent({ ...common, allowH2: false, connections: MOST_CALLS }),
    watches: new Agent({ ...common, allowH2: true }),
  };
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function retryAfterMs(header: string | string[] | undefined): number | undefined {
  if (typeof header !== 'string') return undefined;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}
