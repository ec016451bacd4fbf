import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Cluster } from '../../support/test-cluster.ts';
import { adminConfig } from '../../support/kubeconfig.ts';

/** What was asked of the API server, as it looks for it in rules. */
export interface Asked {
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `pods/log`. */
  readonly resource: string;
  /** Undefined when no single object was named. */
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
}

/**
 * Stands before the API server for one user, whose token it adds to each request, and writes down what was asked and not
 * refused. What every user may ask (discovery, schemas, the version) is left out.
 */
export class RecordingProxy {
  readonly asked: Asked[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(cluster: Cluster, token: string): Promise<RecordingProxy> {
    const target = adminConfig(cluster).getCurrentCluster();
    if (target?.caData === undefined) throw new Error('the kubeconfig has no cluster with its authority');
    const { server, caData } = target;
    const ca = Buffer.from(caData, 'base64');
    const http = createServer();
    const proxy = new RecordingProxy(http);
    http.on('request', (asked: IncomingMessage, answer: ServerResponse) => {
      const { method, headers, url = '' } = asked;
      const options = {
        method,
        ca,
        headers: { ...headers, host: new URL(server).host, authorization: `Bearer ${token}` },
      };
      const onward = request(new URL(url, server), options, (response) => {
        const { statusCode = 502 } = response;
        if (statusCode !== 403) proxy.asked.push(...requested(method ?? '', new URL(url, server), statusCode));
        answer.writeHead(statusCode, response.headers);
        // A watch may have nothing to say for long.
        answer.flushHeaders();
        response.pipe(answer);
      });
      onward.on('error', (error) => answer.destroy(error));
      // A watch that nobody waits for any more.
      answer.on('close', () => onward.destroy());
      asked.pipe(onward);
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    return proxy;
  }

  /** A kubeconfig without any credentials. */
  get kubeconfig(): string {
    const { port } = this.#server.address() as AddressInfo;
    const named = { cluster: { server: `http://127.0.0.1:${port}` }, name: 'proxy' };
    const context = { name: 'proxy', context: { cluster: 'proxy', user: '' } };
    return JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'Config', clusters: [named], contexts: [context] },
      'current-context': 'proxy',
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** A namespace itself is a resource as well: what follows its name decides. */
const PATH =
  /^\/(?:api|apis\/(?<group>[^/]+))\/v[^/]+\/(?:namespaces\/(?<namespace>[^/]+)\/)?(?<resource>[^/]+)(?:\/(?<name>[^/]+)(?<sub>\/.+)?)?$/;

const VERBS: Readonly<Record<string, readonly [ofOne: string, ofMany: string]>> = {
  GET: ['get', 'list'],
  POST: ['create', 'create'],
  PUT: ['update', 'update'],
  PATCH: ['patch', 'patch'],
  DELETE: ['delete', 'deletecollection'],
};

function requested(method: string, { pathname, searchParams }: URL, status: number): Asked[] {
  const path = PATH.exec(pathname)?.groups;
  if (path === undefined) return [];
  const { group = '', namespace, resource = '', name } = path;
  const plain = VERBS[method]?.[name === undefined ? 1 : 0] ?? method;
  const whole = { group, resource: `${resource}${path['sub'] ?? ''}`, name: name ?? nameIn(searchParams), namespace };
  return verbsOf(plain, searchParams, status).map((verb) => ({ verb, ...whole }));
}

function nameIn(query: URLSearchParams): string | undefined {
  return /^metadata\.name=(.+)$/.exec(query.get('fieldSelector') ?? '')?.[1];
}

function verbsOf(plain: string, query: URLSearchParams, status: number): readonly string[] {
  // An API server that can't begin a watch with what is there is asked for a list before.
  if (query.has('watch')) return query.has('sendInitialEvents') ? ['watch', 'list'] : ['watch'];
  // Server-side apply of what is not there is a patch that also needs create.
  return plain === 'patch' && status === 201 ? ['patch', 'create'] : [plain];
}
