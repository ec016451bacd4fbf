import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { anyAddress } from '../runtime/any-address.ts';
import type { ApiAppOptions } from './app.ts';

export interface ApiServerOptions extends ApiAppOptions {
  /** 0: any free port, see `port`. */
  readonly port: number;
  /** Address to listen on; default: all. */
  readonly host?: string;
}

const REQUEST_MS = 15_000;
const TLS = { minVersion: 'TLSv1.2' } as const;

/**
 * The HTTPS server of the API for people and programs; on every replica. It listens before it has a certificate
 * (handshakes fail until then). What answers is made with the first request: routes and validators that an operator whose
 * API nobody uses does not need.
 */
export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #server: Server;
  #app: Promise<RequestListener> | undefined;
  #certificate: string | undefined;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#server = createServer({ ...TLS, requestTimeout: REQUEST_MS }, (request, response) => {
      this.#app ??= this.#load();
      this.#app.then(
        (answer) => {
          answer(request, response);
        },
        (error: unknown) => {
          options.logger.error({ err: error }, 'the API can not be loaded');
          response.destroy();
        },
      );
    });
  }

  /** The port it listens on; only after `start`. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Throws what listening throws, for example EADDRINUSE. */
  async start(): Promise<void> {
    const { port, host = anyAddress() } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen({ port, host }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  /** Serves with this certificate (PEM, of that key) from the next handshake on. The same one again does nothing. */
  useCertificate(cert: string, key: string): void {
    if (cert === this.#certificate) return;
    this.#server.setSecureContext({ ...TLS, cert, key });
    this.#certificate = cert;
  }

  /** Accepts requests for `drainMs` more, while Services learn of it; finishes those under way, within `limitMs` of all. */
  async stop({ drainMs = 2000, limitMs = 5000 } = {}): Promise<void> {
    const deadline = performance.now() + limitMs;
    await sleep(Math.min(drainMs, limitMs));
    const limit = setTimeout(() => {
      this.#server.closeAllConnections();
    }, deadline - performance.now());
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeIdleConnections();
    await closed;
    clearTimeout(limit);
  }

  async #load(): Promise<RequestListener> {
    const { ApiApp } = await import('./app.ts');
    return new ApiApp(this.#options).listener();
  }
}
