import { KubeConfig } from '@kubernetes/client-node';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, ApiStore, type StoredObject } from './api-store.ts';

/** Which requests go wrong, and how. `times`: how often (default: always). */
export interface Fault {
  readonly method?: string;
  /** Found in the path with its query. */
  readonly path?: RegExp;
  readonly times?: number;
  /** Answer with this status … */
  readonly code?: number;
  readonly retryAfterSeconds?: number;
  /** JSON, or a text that is sent as it is. */
  readonly body?: object | string;
  /** … or cut the connection before answering, or never answer, or be slow. */
  readonly act?: 'reset' | 'hang';
  readonly delayMs?: number;
}

interface Watcher {
  readonly response: ServerResponse;
  readonly collection: string;
  readonly namespace: string | undefined;
  readonly query: URLSearchParams;
  silent: boolean;
}

/**
 * A small API server on 127.0.0.1: list with pages, watch with history and bookmarks, get, create, replace with
 * compare-and-set, server-side apply (a merge), delete. It serves any kind; what isn't in `absent` exists. `faults` make
 * it go wrong. Objects can be changed from outside through `store`.
 */
export class ApiServer {
  readonly store = new ApiStore();
  readonly faults: (Fault & { used?: number })[] = [];
  /** `METHOD path?query` of each request. */
  readonly requests: string[] = [];
  /** Collections that answer 404, as a kind that isn't installed: `/apis/group/version/plural`. */
  readonly absent = new Set<string>();
  /** With tokens in it, a request needs one of them. */
  readonly tokens = new Set<string>();
  connections = 0;
  readonly #watchers = new Set<Watcher>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      void this.#serve(request, response);
    });
    this.#server.on('connection', () => this.connections++);
    this.store.onEvent = (collection, type, object) => {
      for (const watcher of this.#watchers) if (watcher.collection === collection) this.#send(watcher, type, object);
    };
  }

  async start(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  kubeConfig(user: object = {}, port = this.port): KubeConfig {
    const kubeConfig = new KubeConfig();
    const server = `http://127.0.0.1:${port}`;
    kubeConfig.loadFromClusterAndUser({ name: 'double', server, skipTLSVerify: true }, { name: 'test', ...user });
    return kubeConfig;
  }

  /** Requests whose `METHOD path?query` matches. */
  count(pattern: RegExp): number {
    return this.requests.filter((request) => pattern.test(request)).length;
  }

  /** Ends all watches: as a server does, by a reset, by a reset within a line, or not at all but never to speak again. */
  dropWatches(how: 'end' | 'reset' | 'half-line' | 'silence'): void {
    for (const watcher of this.#watchers) {
      if (how === 'silence') watcher.silent = true;
      else if (how === 'end') watcher.response.end();
      else if (how === 'reset') watcher.response.destroy();
      else watcher.response.write('{"type":"ADDED","object":{"meta', () => watcher.response.destroy());
      if (how !== 'silence') this.#watchers.delete(watcher);
    }
  }

  /** Sends one event to all watches as it is: an ERROR, or nonsense. */
  emit(type: string, object: object): void {
    for (const watcher of this.#watchers) watcher.response.write(`${JSON.stringify({ type, object })}\n`);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    this.requests.push(`${method} ${url}`);
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
    const fault = this.faults.find((each) => applies(each, method, url));
    if (fault && (await misbehave(fault, response))) return;
    const token = (request.headers.authorization ?? '').replace('Bearer ', '');
    const refused = this.tokens.size > 0 && !this.tokens.has(token);
    if (refused) answer(response, { code: 401, body: { kind: 'Status', reason: 'Unauthorized', code: 401 } });
    else this.#handle({ method, url, body }, response);
  }

  #handle({ method, url, body }: { method: string; url: string; body: string }, response: ServerResponse): void {
    const { searchParams: query, pathname } = new URL(url, 'http://x');
    const target = this.store.targetOf(pathname);
    if (target === undefined || this.absent.has(target.collection)) {
      answer(response, { code: 404, body: { kind: 'Status', reason: 'NotFound', code: 404 } });
    } else if (query.get('watch') === 'true') {
      this.#watch(target, query, response);
    } else {
      const parsed = body === '' ? undefined : (JSON.parse(body) as StoredObject);
      answer(response, this.store.handle({ method, ...target, query, body: parsed }));
    }
  }

  /** An object whose labels no longer fit is told of no more, where the real server tells that it is gone. */
  #send(watcher: Watcher, type: string, object: StoredObject): void {
    const elsewhere = watcher.namespace !== undefined && object.metadata.namespace !== watcher.namespace;
    const isMeant = type === 'BOOKMARK' || this.store.selects(object, watcher.query);
    if (isMeant && !elsewhere && !watcher.silent) watcher.response.write(`${JSON.stringify({ type, object })}\n`);
  }

  #watch(target: { collection: string; namespace?: string }, query: URLSearchParams, response: ServerResponse): void {
    const history = this.store.historySince(target.collection, Number(query.get('resourceVersion')));
    if (history === undefined) {
      answer(response, { code: 410, body: { kind: 'Status', reason: 'Expired', code: 410 } });
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    const { collection, namespace } = target;
    const watcher: Watcher = { response, collection, namespace, query, silent: false };
    this.#watchers.add(watcher);
    response.on('close', () => this.#watchers.delete(watcher));
    for (const { type, object } of history) this.#send(watcher, type, object);
  }
}

function answer(response: ServerResponse, { code, body, headers = {} }: Answer): void {
  response
    .writeHead(code, { 'content-type': 'application/json', ...headers })
    .end(typeof body === 'string' ? body : JSON.stringify(body));
}

function applies(fault: Fault & { used?: number }, method: string, url: string): boolean {
  if (fault.method !== undefined && fault.method !== method) return false;
  if (fault.path !== undefined && !fault.path.test(url)) return false;
  fault.used = (fault.used ?? 0) + 1;
  return fault.used <= (fault.times ?? Infinity);
}

/** True if the request has been dealt with. */
async function misbehave(fault: Fault, response: ServerResponse): Promise<boolean> {
  if (fault.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
  if (fault.act === 'reset') response.destroy();
  if (fault.code !== undefined) {
    const headers = fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) };
    const body = fault.body ?? { kind: 'Status', reason: 'Injected', message: 'injected', code: fault.code };
    answer(response, { code: fault.code, body, headers });
  }
  return fault.act !== undefined || fault.code !== undefined;
}
