import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { anyAddress } from '../runtime/any-address.ts';
import type { ApiApp, ApiAppOptions } from './app.ts';
import { expectsContinue } from './bodies.ts';
import { answerBrokenRequests } from './broken-requests.ts';
import { ConnectionGate, PATIENCE } from './connection-gate.ts';
import { HttpProblem, sendProblem } from './problem.ts';
import { Reception, type Guest, type ReceptionOptions } from './reception.ts';

export interface ApiServerOptions extends ApiAppOptions, Omit<ReceptionOptions, 'callers'> {
  /** 0: any free port, see `port`. */
  readonly port: number;
  /** Address to listen on; default: all. */
  readonly host?: string;
  readonly patience?: Partial<typeof PATIENCE>;
  /** Answers what is not below /api; default: the API does, with 404. */
  readonly page?: RequestListener;
}

/** What is no path at all (`*`, or a whole URL) is the API's to refuse. */
const OF_THE_API = /^(?:[^/]|[/]api(?:[/?]|$))/;
const TLS = { minVersion: 'TLSv1.2' } as const;

/**
 * The HTTPS server of the API for people and programs; on every replica. It listens before it has a certificate
 * (handshakes fail until then). What answers is made with the first request: routes and validators that an operator whose
 * API nobody uses does not need.
 */
export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #server: Server;
  readonly #gate: ConnectionGate;
  readonly #reception: Reception;
  #app: ReturnType<ApiApp['listener']> | undefined;
  #certificate: string | undefined;
  #isDraining = false;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#reception = new Reception(options);
    const patience = { ...PATIENCE, ...options.patience };
    this.#server = createServer({ ...TLS, ...patience });
    this.#server.setTimeout(patience.silence);
    this.#gate = new ConnectionGate(this.#server);
    answerBrokenRequests(this.#server);
    const receive = (request: IncomingMessage, response: ServerResponse): void => {
      // Whoever keeps a connection is to make the next one to another replica, before this one breaks it.
      if (this.#isDraining) response.shouldKeepAlive = false;
      this.#reception.receive(request, response, (guest) => {
        this.#serve(request, response, guest);
      });
    };
    this.#server.on('request', receive).on('checkContinue', (request, response) => {
      expectsContinue(request);
      receive(request, response);
    });
  }

  /** For the readiness probe: it listens, and has a certificate. */
  get ready(): boolean {
    return this.#server.listening && this.#certificate !== undefined;
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
    this.#isDraining = true;
    await sleep(Math.min(drainMs, limitMs));
    const limit = setTimeout(() => {
      this.#gate.closeAll();
    }, deadline - performance.now());
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeIdleConnections();
    await closed;
    clearTimeout(limit);
  }

  #serve(request: IncomingMessage, response: ServerResponse, guest: Guest): void {
    const { page, logger } = this.#options;
    if (page !== undefined && !OF_THE_API.test(request.url ?? '')) {
      page(request, response);
      return;
    }
    this.#app ??= this.#load();
    this.#app.then(
      (answer) => {
        answer(request, response, guest);
      },
      (error: unknown) => {
        logger.error({ err: error }, 'the API can not be loaded');
        sendProblem(response, new HttpProblem(500, 'the operator could not tell: its log says why.'));
      },
    );
  }

  async #load(): ReturnType<ApiApp['listener']> {
    const { ApiApp } = await import('./app.ts');
    return new ApiApp(this.#options, this.#reception.door).listener();
  }
}
