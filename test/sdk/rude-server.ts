import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServing, type KeyPair } from '../../operator/webhook/certificates.ts';

/** An HTTPS server that does with each request what it is told, in turn; the last one again and again. */
export class RudeServer {
  /** The header Authorization of each request. */
  readonly tokens: (string | undefined)[] = [];
  /** When each request came, in milliseconds of `performance.now()`. */
  readonly times: number[] = [];
  /** How many connections were made. */
  connections = 0;
  /** PEM. */
  readonly certificate: string;
  readonly #server: Server;
  #listeners: RequestListener[] = [];

  private constructor(serving: KeyPair) {
    this.certificate = serving.cert;
    this.#server = createServer(serving, (request, response) => {
      this.tokens.push(request.headers.authorization);
      this.times.push(performance.now());
      const listener = this.#listeners.length > 1 ? this.#listeners.shift() : this.#listeners[0];
      listener?.(request, response);
    });
    this.#server.on('secureConnection', () => (this.connections += 1));
  }

  /** For 127.0.0.1, and no other name. */
  static async start(authority: KeyPair): Promise<RudeServer> {
    const server = new RudeServer(await createServing(authority, ['127.0.0.1'], new Date()));
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  answer(...listeners: readonly RequestListener[]): void {
    this.#listeners = [...listeners];
  }

  /** As it happens to a connection that nobody used for a while. */
  closeIdle(): void {
    this.#server.closeIdleConnections();
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
