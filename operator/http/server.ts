import { fastify } from 'fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../telemetry/logger.ts';
import type { Caller, Callers } from './callers.ts';
import { HttpProblem, PROBLEM_TYPE, problemBody } from './problem.ts';
import type { ResourceAttributes } from './reviews.ts';

/** A request as a route gets it: of a known caller who may do what the route needs. */
export interface ApiRequest {
  readonly caller: Caller;
  readonly parameters: Readonly<Record<string, string>>;
  /** Parsed JSON, not looked at; undefined without a body. */
  readonly body: unknown;
  /** Aborted when the caller is gone. */
  readonly signal: AbortSignal;
}

/** One operation of the API. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With `:name` for parameters. */
  readonly path: string;
  /** What a caller has to be allowed, before the body is read. Throws HttpProblem for parameters of another form. */
  readonly needs: (parameters: Readonly<Record<string, string>>) => ResourceAttributes;
  /** Returns what becomes the JSON of the answer. Throws HttpProblem. */
  readonly answer: (request: ApiRequest) => Promise<unknown>;
}

export interface ApiServerOptions {
  /** 0: any free port, see `port`. */
  readonly port: number;
  /** Address to listen on; default: all. */
  readonly host?: string;
  readonly callers: Callers;
  readonly routes: readonly ApiRoute[];
  readonly logger: Logger;
  /** Whether the informers know all: before, nobody can be answered. */
  readonly isReady: () => boolean;
}

const BODY_LIMIT = 1_048_576;
const REQUEST_MS = 15_000;
/** Each asks the API server who it is: a crowd is sent away before. */
const MOST_AT_ONCE = 64;
const TLS = { minVersion: 'TLSv1.2' } as const;

/**
 * The HTTPS server of the API for people and programs; on every replica. It listens before it has a certificate
 * (handshakes fail until then). Every answer is JSON, errors as problem details (RFC 9457). No request is logged.
 */
export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #app: FastifyInstance<Server>;
  readonly #callers = new WeakMap<FastifyRequest, Caller>();
  #certificate: string | undefined;
  #underWay = 0;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#app = fastify({
      https: TLS,
      bodyLimit: BODY_LIMIT,
      requestTimeout: REQUEST_MS,
      forceCloseConnections: 'idle',
      logger: false,
    });
    this.#setUp();
    for (const route of options.routes) this.#add(route);
  }

  /** The port it listens on; only after `start`. */
  get port(): number {
    return (this.#app.server.address() as AddressInfo).port;
  }

  /** Throws what listening throws, for example EADDRINUSE. */
  async start(): Promise<void> {
    await this.#app.listen({ port: this.#options.port, host: this.#options.host ?? anyAddress() });
  }

  /** Serves with this certificate (PEM, of that key) from the next handshake on. The same one again does nothing. */
  useCertificate(cert: string, key: string): void {
    if (cert === this.#certificate) return;
    this.#app.server.setSecureContext({ ...TLS, cert, key });
    this.#certificate = cert;
  }

  /** Accepts requests for `drainMs` more, while Services learn of it; finishes those under way, within `limitMs` of all. */
  async stop({ drainMs = 2000, limitMs = 5000 } = {}): Promise<void> {
    const deadline = performance.now() + limitMs;
    await sleep(Math.min(drainMs, limitMs));
    const limit = setTimeout(() => {
      this.#app.server.closeAllConnections();
    }, deadline - performance.now());
    await this.#app.close();
    clearTimeout(limit);
  }

  #setUp(): void {
    this.#app.removeAllContentTypeParsers();
    this.#app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
      const parsed = parseJson(body as string);
      if (parsed === undefined) done(new HttpProblem(400, 'the body is no JSON.'));
      else done(null, parsed);
    });
    this.#app.addHook('onRequest', async (_request, reply) => {
      this.#underWay += 1;
      reply.raw.once('close', () => (this.#underWay -= 1));
      if (this.#underWay > MOST_AT_ONCE) throw busy('too many requests are under way: try again.');
      if (!this.#options.isReady()) throw busy('the operator has just started: try again.');
      return Promise.resolve();
    });
    this.#app.setErrorHandler((error: FastifyError | HttpProblem, _request, reply) => this.#fail(error, reply));
    this.#app.setNotFoundHandler((_request, reply) => send(reply, 404, 'there is nothing at this path.'));
  }

  #add({ method, path, needs, answer }: ApiRoute): void {
    const { callers } = this.#options;
    const parametersOf = (request: FastifyRequest): Record<string, string> => request.params as Record<string, string>;
    this.#app.route({
      method,
      url: path,
      onRequest: async (request, reply) => {
        const signal = goneSignal(reply);
        const caller = await callers.authenticate(request.headers.authorization, signal);
        await callers.authorize(caller, needs(parametersOf(request)), signal);
        this.#callers.set(request, caller);
      },
      handler: async (request, reply) => {
        const caller = this.#callers.get(request);
        if (caller === undefined) throw new Error('a request that nobody authenticated');
        const { body } = request;
        const found = await answer({ caller, parameters: parametersOf(request), body, signal: goneSignal(reply) });
        return reply.header('cache-control', 'no-store').type('application/json').send(JSON.stringify(found));
      },
    });
  }

  #fail(error: FastifyError | HttpProblem, reply: FastifyReply): FastifyReply {
    if (error instanceof HttpProblem) return send(reply.headers(error.headers), error.status, error.message);
    const status = error.statusCode ?? 500;
    const { [status]: detail } = OWN_WORDS;
    if (detail !== undefined) return send(reply, status, detail);
    if (status < 500) return send(reply, 400, 'the request has not the form that is asked for.');
    // The caller went away: nobody reads an answer.
    if (!reply.raw.destroyed) this.#options.logger.error({ err: error }, 'request failed');
    return send(reply, 500, 'the operator could not tell: its log says why.');
  }
}

/** Of what the framework refuses; its own words may quote the request. */
const OWN_WORDS: Readonly<Record<number, string>> = {
  413: 'the body is larger than 1 MiB.',
  415: 'send JSON: Content-Type: application/json.',
};

function send(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply.code(status).header('cache-control', 'no-store').type(PROBLEM_TYPE).send(problemBody(status, detail));
}

function busy(detail: string): HttpProblem {
  return new HttpProblem(503, detail, { 'retry-after': '1' });
}

function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    gone.abort();
  });
  return gone.signal;
}

/** All addresses, IPv4 included; a kernel without IPv6 refuses `::`. */
function anyAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.some(({ family }) => family === 'IPv6') ? '::' : '0.0.0.0';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // V8's message quotes the text
  }
}
