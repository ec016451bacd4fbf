import { fastify } from 'fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RequestListener } from 'node:http';
import { OperatorError } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { AuditTrail } from './audit.ts';
import type { Callers } from './callers.ts';
import { Door } from './door.ts';
import { openApiRoute, querySchema } from './openapi.ts';
import { HttpProblem, PROBLEM_TYPE, problemBody, problemOf } from './problem.ts';
import type { Rate } from './rate-limit.ts';
import { RequestRecord } from './request-record.ts';
import type { ResourceAttributes } from './reviews.ts';
import { Answer, type ApiRequest, type ApiRoute, type OneOf, type Query } from './route.ts';
import { targetAsFar, targetOf } from './target.ts';
import { AJV_OPTIONS, typedQuery, validationProblem } from './validation.ts';

/** What the API answers with. */
export interface ApiAppOptions {
  readonly callers: Callers;
  readonly routes: readonly ApiRoute[];
  readonly logger: Logger;
  readonly audit: AuditTrail;
  /** Whether the informers know all: before, nobody can be answered. */
  readonly isReady: () => boolean;
  /** For each caller. */
  readonly rate?: Rate;
}

const MIB = 1_048_576;
/** Each asks the API server who it is: a crowd is sent away before. */
const MOST_AT_ONCE = 64;
/** The longest name of an object. */
const LONGEST_PARAMETER = 253;
const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/**
 * What answers the API's requests, whatever server they come by. Every answer is JSON, errors as problem details (RFC
 * 9457). Requests are not logged, but audited.
 */
export class ApiApp {
  readonly #options: ApiAppOptions;
  readonly #app: FastifyInstance;
  readonly #records = new WeakMap<FastifyRequest, RequestRecord>();
  readonly #door: Door;
  #underWay = 0;

  constructor(options: ApiAppOptions) {
    this.#options = options;
    this.#door = new Door(options);
    this.#app = fastify({
      bodyLimit: MIB,
      logger: false,
      exposeHeadRoutes: false,
      routerOptions: { maxParamLength: LONGEST_PARAMETER },
      ajv: AJV_OPTIONS,
      frameworkErrors: (_error, _request, reply) => {
        send(reply, 400, 'the path is not encoded as paths are.');
      },
    });
    this.#setUp();
    for (const route of [openApiRoute(options.routes), ...options.routes]) this.#add(route);
  }

  /** What to give requests to. */
  async listener(): Promise<RequestListener> {
    await this.#app.ready();
    return (request, response) => {
      this.#app.routing(request, response);
    };
  }

  #setUp(): void {
    this.#app.removeAllContentTypeParsers();
    this.#app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
      const parsed = parseJson(body as string);
      if (parsed === undefined) done(new HttpProblem(400, 'the body is no JSON.'));
      else done(null, parsed);
    });
    this.#app.setErrorHandler((error: FastifyError | HttpProblem, request, reply) => this.#fail(error, request, reply));
    this.#app.setNotFoundHandler((_request, reply) => send(reply, 404, 'there is nothing at this path.'));
  }

  #add(route: ApiRoute): void {
    this.#app.route({
      method: route.method,
      url: route.path.replace('{key}', '*').replaceAll(/\{(\w+)\}/g, ':$1'),
      bodyLimit: (route.bodyMiB ?? 1) * MIB,
      schema: { querystring: querySchema(route), ...(route.body === undefined ? {} : { body: route.body }) },
      onRequest: (request, reply) => this.#admit(route, request, reply),
      preValidation: (request, _reply, done) => {
        request.query = typedQuery(route, request.query);
        done();
      },
      handler: (request, reply) => this.#answer(route, request, reply),
    });
  }

  /** Who calls, whether they go slowly enough, and whether they may. */
  async #admit(route: ApiRoute, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { callers, audit } = this.#options;
    const record = new RequestRecord(route, request.ip, audit);
    this.#records.set(request, record);
    if (route.access === 'everybody') {
      this.#count(reply);
      return;
    }
    record.note(targetAsFar(request.params, request.query));
    const { headers, ip: address } = request;
    const visitor = this.#door.knock({ header: headers.authorization, address, limitBy: route.limitBy });
    this.#count(reply);
    const signal = goneSignal(reply);
    const caller = await this.#door.enter(visitor, (known) => (record.caller = known), signal);
    const target = targetOf(request.params as Record<string, string>, request.query as Record<string, unknown>);
    if (route.access !== 'known') await authorizeOne(callers, { caller, signal }, route.access(target));
  }

  /** Throws HttpProblem 503. */
  #count(reply: FastifyReply): void {
    if (!this.#options.isReady()) throw busy('the operator has just started: try again.');
    if (this.#underWay >= MOST_AT_ONCE) throw busy('too many requests are under way: try again.');
    this.#underWay += 1;
    reply.raw.once('close', () => (this.#underWay -= 1));
  }

  async #answer(route: ApiRoute, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const record = this.#records.get(request);
    const caller = record?.caller ?? NOBODY;
    if (record === undefined || (caller === NOBODY && route.access !== 'everybody'))
      throw new Error('a request that nobody admitted');
    const found = await route.answer({
      caller,
      target: targetOf(request.params as Record<string, string>, request.query as Record<string, unknown>),
      query: request.query as Query,
      body: request.body,
      signal: goneSignal(reply),
      note: (what) => {
        record.note(what);
      },
    });
    record.done();
    const { status, body } = found instanceof Answer ? found : { status: 200, body: found };
    reply.code(status).headers(HEADERS);
    return body === undefined ? reply.send() : reply.type('application/json').send(JSON.stringify(body));
  }

  #fail(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const problem = this.#problemOf(error, request, reply);
    this.#records.get(request)?.failed(problem);
    return send(reply.headers(problem.headers), problem.status, problem.message, problem.code);
  }

  #problemOf(error: unknown, request: FastifyRequest, reply: FastifyReply): HttpProblem {
    if (error instanceof HttpProblem) return error;
    if (error instanceof OperatorError) return problemOf(error);
    const own = ownWords(error as FastifyError, request);
    if (own !== undefined) return own;
    // The caller went away: nobody reads an answer.
    if (!reply.raw.destroyed) this.#options.logger.error({ err: error }, 'request failed');
    return new HttpProblem(500, 'the operator could not tell: its log says why.');
  }
}

/** Of what is for everybody. */
const NOBODY = { username: '' };

/** Throws HttpProblem 403 of the last, unless the caller may do one of these. */
async function authorizeOne(
  callers: Callers,
  { caller, signal }: Pick<ApiRequest, 'caller' | 'signal'>,
  [first, ...rest]: OneOf<ResourceAttributes>,
): Promise<void> {
  const [next, ...others] = rest;
  if (next === undefined) await callers.authorize(caller, first, signal);
  else if (!(await callers.may(caller, first, signal)))
    await authorizeOne(callers, { caller, signal }, [next, ...others]);
}

/** Of what the framework refuses; its own words may quote the request. */
function ownWords(error: Partial<FastifyError>, request: FastifyRequest): HttpProblem | undefined {
  const { statusCode: status = 500 } = error;
  if (status === 413)
    return new HttpProblem(413, `the body is larger than ${request.routeOptions.bodyLimit / MIB} MiB.`);
  if (status === 415) return new HttpProblem(415, 'send JSON: Content-Type: application/json.');
  if (status >= 500) return undefined;
  return new HttpProblem(400, validationProblem(error, request) ?? 'the request has not the form that is asked for.');
}

function send(reply: FastifyReply, status: number, detail: string, code?: string): FastifyReply {
  return reply
    .code(status)
    .headers(HEADERS)
    .type(PROBLEM_TYPE)
    .send(problemBody(status, detail, code));
}

function busy(detail: string): HttpProblem {
  return new HttpProblem(503, detail, { headers: { 'retry-after': '1' } });
}

function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    gone.abort();
  });
  return gone.signal;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // V8's message quotes the text
  }
}
