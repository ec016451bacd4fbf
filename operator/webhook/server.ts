import { fastify } from 'fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { X509Certificate } from 'node:crypto';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { anyAddress } from '../runtime/any-address.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Admission } from './admission.ts';
import { readPair, splitBundle } from './certificate-state.ts';
import { BodyRoom, type RoomLimits } from './body-room.ts';
import { MUTATE_PATH } from './coverage.ts';

export interface WebhookServerOptions {
  /** 0: any free port, see `port`. */
  readonly port: number;
  /** Address to listen on; default: all. */
  readonly host?: string;
  readonly admission: Admission;
  readonly logger: Logger;
  /** For tests: other limits than usual. */
  readonly room?: Partial<RoomLimits>;
  /** A certificate was loaded that ends then. */
  readonly onCertificate?: (notAfter: Date) => void;
}

/** How `stop` goes, in milliseconds. */
export interface StopOptions {
  /** How long it still accepts work after it is no longer ready, while Services learn of it; default 2 s. */
  readonly drainMs?: number;
  /** When what is still open is cut off, counted from the call; default 5 s. */
  readonly limitMs?: number;
}

// The largest pod that etcd takes is 1.5 MiB; the review has it once, and its escapes may double it.
const BODY_LIMIT = 4 * 1024 * 1024;
// The API server keeps idle connections for 90 s. If we closed first, a request just on its way would fail its pod.
const KEEP_ALIVE_MS = 120_000;
const REQUEST_MS = 15_000;
const TLS = { minVersion: 'TLSv1.2' } as const;

/**
 * The HTTPS server that the API server calls; on every replica.
 *
 * It listens before it has a certificate (handshakes fail until then) and swaps certificates without closing a
 * connection: give every version of the certificate Secret to `useCertificate`.
 */
export class WebhookServer {
  readonly #options: WebhookServerOptions;
  readonly #app: FastifyInstance<Server>;
  readonly #room: BodyRoom;
  #certificate: string | undefined;
  #listening = false;
  #draining = false;

  constructor(options: WebhookServerOptions) {
    this.#options = options;
    this.#room = new BodyRoom(options.room);
    this.#app = fastify({
      https: TLS,
      bodyLimit: BODY_LIMIT,
      keepAliveTimeout: KEEP_ALIVE_MS,
      requestTimeout: REQUEST_MS,
      forceCloseConnections: 'idle',
      return503OnClosing: false,
      logger: false,
    });
    this.#route();
  }

  /** For the readiness probe: it listens, has a certificate and is not about to stop. */
  get ready(): boolean {
    return this.#listening && this.#certificate !== undefined && !this.#draining;
  }

  /** The port it listens on; only after `start`. */
  get port(): number {
    return (this.#app.server.address() as AddressInfo).port;
  }

  /** Throws what listening throws, for example EADDRINUSE. */
  async start(): Promise<void> {
    await this.#app.listen({ port: this.#options.port, host: this.#options.host ?? anyAddress() });
    this.#listening = true;
  }

  /**
   * Serves with this certificate, and those between it and its authority after it, from the next handshake on. False: they
   * don't belong together or don't parse; the one before stays. The same one again does nothing.
   */
  useCertificate(chain: string | undefined, key: string | undefined): boolean {
    const pair = readPair(chain, key);
    if (pair === undefined) {
      this.#options.logger.warn('webhook certificate unusable, keeping the one before');
      return false;
    }
    if (pair.cert === this.#certificate) return true;
    this.#app.server.setSecureContext({ ...TLS, cert: splitBundle(chain).join(''), key: pair.key });
    this.#certificate = pair.cert;
    const notAfter = new X509Certificate(pair.cert).validToDate;
    this.#options.logger.info({ notAfter }, 'webhook certificate loaded');
    this.#options.onCertificate?.(notAfter);
    return true;
  }

  /** Not ready at once, drains, then closes: requests under way are finished. Resolves within `limitMs`. */
  async stop({ drainMs = 2000, limitMs = 5000 }: StopOptions = {}): Promise<void> {
    const deadline = performance.now() + limitMs;
    this.#draining = true;
    await sleep(Math.min(drainMs, limitMs));
    const limit = setTimeout(() => {
      this.#app.server.closeAllConnections();
    }, deadline - performance.now());
    await this.#app.close();
    clearTimeout(limit);
  }

  #route(): void {
    this.#app.removeAllContentTypeParsers();
    this.#app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
      const review = parseJson(body as string);
      if (review === undefined) done(Object.assign(new Error('the body is no JSON'), { statusCode: 400 }));
      else done(null, review);
    });
    const preParsing = (request: FastifyRequest, reply: FastifyReply): Promise<void> => this.#makeRoom(request, reply);
    this.#app.post(MUTATE_PATH, { preParsing }, (request, reply) => this.#mutate(request, reply));
    this.#app.setErrorHandler((error: FastifyError, _request, reply) => this.#fail(error, reply));
    this.#app.setNotFoundHandler((_request, reply) => {
      return reply.code(404).send({ message: `there is only POST ${MUTATE_PATH}` });
    });
  }

  /** Before any of the body is read. */
  async #makeRoom({ headers, ip }: FastifyRequest, reply: FastifyReply): Promise<void> {
    const bytes = Math.min(Number(headers['content-length'] ?? BODY_LIMIT), BODY_LIMIT);
    const leave = this.#room.take(ip, bytes);
    if (leave) reply.raw.once('close', leave);
    else await reply.code(503).header('connection', 'close').send({ message: 'too much is on its way: try again' });
  }

  async #mutate(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const gone = new AbortController();
    reply.raw.once('close', () => {
      // Each abort makes an error with its stack: not for every answer that went well.
      if (!reply.raw.writableFinished) gone.abort();
    });
    const review = await this.#options.admission.review(request.body, gone.signal);
    // While draining, each answer also asks the caller to come back over a new connection, to another replica.
    if (this.#draining) reply.header('connection', 'close');
    return reply.type('application/json').send(JSON.stringify(review));
  }

  #fail(error: FastifyError, reply: FastifyReply): FastifyReply {
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send({ message: error.message });
    // The caller went away: nobody reads an answer.
    if (!reply.raw.destroyed) this.#options.logger.error({ err: error }, 'admission failed');
    return reply.code(status).send({ message: 'the operator could not tell: its log says why' });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // V8's message quotes the text
  }
}
