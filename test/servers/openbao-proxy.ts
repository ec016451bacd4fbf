import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent as TlsAgent, createServer as createTlsServer, request as requestTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What happens to requests on their way. */
export interface Treatment {
  /** Each is held for so many milliseconds. */
  readonly delayMs?: number;
  /** The connection is cut instead of an answer. */
  readonly cut?: boolean;
  /** It is answered so, instead of by the server. */
  readonly answer?: { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };
  /** Only for so many requests; then they pass. */
  readonly times?: number;
  /** Only for paths that match. */
  readonly path?: RegExp;
}

/** What a proxy speaks TLS with, to both sides. PEM. */
export interface ProxyTls {
  readonly key: string;
  readonly cert: string;
  /** Who signed the server's certificate. */
  readonly ca: string;
}

/** Stands before a server, over plain HTTP or TLS, and does to requests what networks and load balancers do. */
export class OpenBaoProxy {
  readonly #server: Server;
  readonly #target: string;
  readonly #agent: Agent;
  readonly #send: typeof request;
  #treatment: Treatment = {};
  #treated = 0;
  /** Method and path of all requests. */
  readonly seen: string[] = [];

  private constructor(target: string, tls: ProxyTls | undefined) {
    this.#target = target;
    const handle = (incoming: IncomingMessage, response: ServerResponse): void => {
      this.#handle(incoming, response).catch(() => response.destroy());
    };
    this.#server = tls ? createTlsServer({ key: tls.key, cert: tls.cert }, handle) : createServer(handle);
    this.#agent = tls ? new TlsAgent({ keepAlive: true, ca: tls.ca }) : new Agent({ keepAlive: true });
    this.#send = tls ? requestTls : request;
  }

  /** With `tls` both the server and the proxy speak it. */
  static async before(target: string, tls?: ProxyTls): Promise<OpenBaoProxy> {
    const proxy = new OpenBaoProxy(target, tls);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    const scheme = this.#agent instanceof TlsAgent ? 'https' : 'http';
    return `${scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on requests are treated so; left out: they pass. */
  treat(treatment: Treatment = {}): void {
    this.#treatment = treatment;
    this.#treated = 0;
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    this.seen.push(`${incoming.method ?? ''} ${incoming.url ?? ''}`);
    const treatment = this.#treatmentOf(incoming.url ?? '');
    if (treatment.delayMs !== undefined) await sleep(treatment.delayMs);
    if (treatment.cut) incoming.socket.destroy();
    else if (treatment.answer) {
      incoming.resume();
      response.writeHead(treatment.answer.status, treatment.answer.headers).end(treatment.answer.body);
    } else this.#pass(incoming, response);
  }

  #treatmentOf(url: string): Treatment {
    const { times = Infinity, path } = this.#treatment;
    if (this.#treated >= times || path?.test(url) === false) return {};
    this.#treated += 1;
    return this.#treatment;
  }

  #pass(incoming: IncomingMessage, response: ServerResponse): void {
    const { method, headers, url } = incoming;
    const onward = this.#send(`${this.#target}${url ?? ''}`, { method, headers, agent: this.#agent });
    onward.on('error', () => response.destroy());
    onward.on('response', (from) => {
      response.writeHead(from.statusCode ?? 502, from.headers);
      from.pipe(response);
    });
    incoming.pipe(onward);
  }
}
