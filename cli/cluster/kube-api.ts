import { HttpMethod, RequestContext, type KubeConfig } from '@kubernetes/client-node';
import { request, type Dispatcher } from 'undici';
import { CommandProblem } from '../problem.ts';
import { readKubeconfig } from './kubeconfig.ts';
import { forwardPort, type ForwardedPod } from './port-forward.ts';
import { Refusal } from './refusal.ts';
import type { Duplex } from 'node:stream';

/** Which cluster: `--kubeconfig` and `--context`. */
export interface ClusterChoice {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

/** An object, and the API server's clock when it answered. */
export interface Got<T> {
  readonly object: T;
  readonly at: Date;
}

export interface List<T> {
  readonly items: readonly T[];
}

/** The media type by which the API server leaves out all but metadata. */
export const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

const JSON_TYPE = 'application/json';
const TIMEOUT_MS = 15_000;
/** How long what client-node found out (a token, certificates) is used. */
const CREDENTIALS_MS = 30_000;

/** The API server of a kubeconfig, with the rights of whoever runs the command. */
export class KubeApi {
  readonly #config: KubeConfig;
  readonly #root: string;
  readonly #signal: AbortSignal;
  #credentials: Promise<RequestContext> | undefined;
  #readAt = -Infinity;

  /** Throws CommandProblem when there is no such kubeconfig or context. */
  constructor(choice: ClusterChoice, signal: AbortSignal = new AbortController().signal) {
    this.#config = load(choice);
    this.#signal = signal;
    const server = this.#config.getCurrentCluster()?.server;
    if (server === undefined) throw new CommandProblem('the kubeconfig has no current context: set one with --context');
    this.#root = server.replace(/\/+$/, '');
  }

  /** The context's namespace. */
  get namespace(): string {
    return this.#config.getContextObject(this.#config.getCurrentContext())?.namespace ?? 'default';
  }

  get context(): string {
    return this.#config.getCurrentContext();
  }

  /** `what` names it for people. Throws Refusal, CommandProblem. */
  async get<T>(what: string, path: string, accept = JSON_TYPE): Promise<Got<T>> {
    return this.#ask(what, { method: 'GET', path, headers: { accept } });
  }

  /** Undefined: the API server has no such object. */
  async find<T>(what: string, path: string, accept = JSON_TYPE): Promise<Got<T> | undefined> {
    try {
      return await this.get<T>(what, path, accept);
    } catch (error) {
      if (Refusal.is(error, 404)) return undefined;
      throw error;
    }
  }

  async post<T>(what: string, path: string, body: object): Promise<T> {
    const headers = { accept: JSON_TYPE, 'content-type': JSON_TYPE };
    return (await this.#ask<T>(what, { method: 'POST', path, headers, body: JSON.stringify(body) })).object;
  }

  /** The bearer token that the kubeconfig's user has, whoever gives it; undefined: they log in by certificate. */
  async bearerToken(): Promise<string | undefined> {
    const headers = (await this.#context()).getHeaders();
    const [, token] = /^Bearer (.+)$/i.exec(headers['Authorization'] ?? headers['authorization'] ?? '') ?? [];
    return token;
  }

  /** A connection to a port of a pod. */
  forward(pod: ForwardedPod): Promise<Duplex> {
    return forwardPort(this.#config, pod);
  }

  async #ask<T>(what: string, { path, ...rest }: Asked): Promise<Got<T>> {
    const url = this.#root + path;
    const { statusCode, headers, body } = await this.#send(url, rest).catch((error: unknown) => {
      this.#signal.throwIfAborted();
      const { code, name } = error as NodeJS.ErrnoException;
      throw new CommandProblem(`${what}: the API server at ${new URL(url).host} does not answer (${code ?? name})`);
    });
    const text = await body.text();
    if (statusCode >= 400) throw new Refusal(statusCode, `${what}: ${reasonOf(statusCode, text)}`);
    return { object: JSON.parse(text) as T, at: new Date(String(headers['date'])) };
  }

  async #send(url: string, { headers, ...rest }: Omit<Asked, 'path'>): Promise<Dispatcher.ResponseData> {
    const context = await this.#context();
    const dispatcher = context.getDispatcher();
    return request(url, {
      ...rest,
      headers: { ...context.getHeaders(), ...headers },
      signal: AbortSignal.any([this.#signal, AbortSignal.timeout(TIMEOUT_MS)]),
      ...(dispatcher === undefined ? {} : { dispatcher }),
    });
  }

  /** client-node makes a new pool of connections each time that it is asked. */
  #context(): Promise<RequestContext> {
    if (performance.now() - this.#readAt > CREDENTIALS_MS) {
      this.#readAt = performance.now();
      this.#credentials = authenticated(this.#config, this.#root);
    }
    return this.#credentials ?? authenticated(this.#config, this.#root);
  }
}

interface Asked {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function authenticated(config: KubeConfig, url: string): Promise<RequestContext> {
  const context = new RequestContext(url, HttpMethod.GET);
  try {
    await config.applySecurityAuthentication(context);
  } catch (error) {
    // Its words may hold what the login program wrote.
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandProblem(
      `the kubeconfig's user can't be logged in${code === undefined ? '' : ` (${code})`}: see that kubectl get namespaces works`,
    );
  }
  return context;
}

function load({ kubeconfig, context }: ClusterChoice): KubeConfig {
  const config = read(kubeconfig);
  if (context === undefined) return config;
  if (config.getContextObject(context) === null) throw new CommandProblem(`the kubeconfig has no context ${context}`);
  config.setCurrentContext(context);
  return config;
}

function read(file: string | undefined): KubeConfig {
  try {
    return readKubeconfig(file, process.env['KUBECONFIG']);
  } catch (error) {
    // The parser's own words may quote the file, which holds credentials.
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandProblem(`the kubeconfig can't be read${code === undefined ? '' : ` (${code})`}`);
  }
}

/** The server's own sentence where it gives one. */
function reasonOf(code: number, text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === 'string' && message !== '') return message;
  } catch {
    // Not from the API server: a proxy on the way.
  }
  return code === 401 ? 'the API server does not know you' : `the API server answers ${code}`;
}
