import { fastify } from 'fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { OperatorError } from '../errors.ts';
import { ApiError } from '../runtime/api-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { AuditTrail } from './audit.ts';
import { announced, askForBody, MIB, parseBody, refuseBody, tooLarge } from './bodies.ts';
import { countedAs, type Caller, type Callers } from './callers.ts';
import type { Door } from './door.ts';
import { openApiRoute, querySchema } from './openapi.ts';
import { comeBack, HEADERS, HttpProblem, PROBLEM_TYPE, problemBody, problemOf, sendProblem } from './problem.ts';
import type { Guest } from './reception.ts';
import { RequestRecord } from './request-record.ts';
import type { ResourceAttributes } from './reviews.ts';
import { Answer, Prepared, type ApiRequest, type ApiRoute, type OneOf, type Query } from './route.ts';
import { targetAsFar, targetOf } from './target.ts';
import { AJV_OPTIONS, typedQuery, validationProblem } from './validation.ts';
import { refuseUnknown, type Scope } from './watched.ts';
import { WrongMethod } from './wrong-method.ts';

/** What the API answers with. */
export interface ApiAppOptions {
  readonly callers: Callers;
  readonly routes: readonly ApiRoute[];
  readonly logger: Logger;
  readonly audit: AuditTrail;
  /** Whether the informers know all: before, nobody can be answered. */
  readonly isReady: () => boolean;
  /** Requests about a namespace that is not known are refused. */
  readonly scope: Scope;
}

/** A request on its way. */
interface Ongoing {
  readonly guest: Guest;
  readonly record: RequestRecord;
  /** Aborted when the caller is gone. */
  readonly signal: AbortSignal;
}

/** Longer than what Node takes as a request's first line: what a path names is refused by its own rules. */
const LONGEST_PARAMETER = 65_536;
/** A body counts as one request more for each of these. */
const CHARGED_BYTES = 262_144;

/**
 * What answers the API's requests, whatever server they come by. Every answer is JSON, errors as problem details (RFC
 * 9457). Requests are not logged, but audited.
 */
export class ApiApp {
  readonly #options: ApiAppOptions;
  readonly #door: Door;
  readonly #app: FastifyInstance;
  readonly #wrongMethod: WrongMethod;
  readonly #guests = new WeakMap<IncomingMessage, Guest>();
  readonly #ongoing = new WeakMap<FastifyRequest, Ongoing>();

  constructor(options: ApiAppOptions, door: Door) {
    this.#options = options;
    this.#door = door;
    this.#app = fastify({
      bodyLimit: MIB,
      logger: false,
      exposeHeadRoutes: false,
      routerOptions: { maxParamLength: LONGEST_PARAMETER },
      ajv: AJV_OPTIONS,
      frameworkErrors: (_error, _request, reply) => {
        send(reply, new HttpProblem(400, 'the path is not encoded as paths are.'));
      },
    });
    const routes = [openApiRoute(options.routes), ...options.routes];
    this.#wrongMethod = new WrongMethod(routes);
    this.#setUp();
    for (const route of routes) this.#add(route);
  }

  /** What to give requests to, with who sent them. */
  async listener(): Promise<(request: IncomingMessage, response: ServerResponse, guest: Guest) => void> {
    await this.#app.ready();
    return (request, response, guest) => {
      const wrong = this.#wrongMethod.problemOf(request);
      if (wrong !== undefined) {
        sendProblem(response, wrong);
        return;
      }
      this.#guests.set(request, guest);
      this.#app.routing(request, response);
    };
  }

  #setUp(): void {
    this.#app.removeAllContentTypeParsers();
    this.#app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
      this.#read(request, bytes as Buffer, done);
    });
    this.#app.setErrorHandler((error: FastifyError | HttpProblem, request, reply) => this.#fail(error, request, reply));
    this.#app.setNotFoundHandler((_request, reply) => send(reply, NOTHING));
  }

  #add(route: ApiRoute): void {
    const bodyLimit = (route.bodyMiB ?? 1) * MIB;
    this.#app.route({
      method: route.method,
      url: route.path.replace('{key}', '*').replaceAll(/\{(\w+)\}/g, ':$1'),
      bodyLimit,
      schema: { querystring: querySchema(route), ...(route.body === undefined ? {} : { body: route.body }) },
      onRequest: (request, reply) => this.#admit(route, request, reply),
      preParsing: (request, reply, _payload, done) => {
        done(
          thrownBy(() => {
            this.#takeBody(route, bodyLimit, request, reply);
          }),
        );
      },
      preValidation: (request, _reply, done) => {
        request.query = typedQuery(route, request.query);
        done();
      },
      handler: (request, reply) => this.#answer(route, request, reply),
    });
  }

  /** Who calls, and whether they may. */
  async #admit(route: ApiRoute, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { callers, audit, isReady, scope } = this.#options;
    const guest = this.#guests.get(request.raw);
    if (guest === undefined) throw new Error('a request that nobody received');
    const record = new RequestRecord(route, guest.visitor.address, audit);
    const signal = goneSignal(reply);
    this.#ongoing.set(request, { guest, record, signal });
    if (!isReady()) throw comeBack(503, 'the operator has just started: try again.');
    if (route.access === 'everybody') return;
    record.note(targetAsFar(request.params, request.query));
    refuseTwoTokens(request.raw);
    const caller = await this.#door.enter(guest.visitor, (known) => (record.caller = known), signal);
    guest.place.belongTo(countedAs(caller));
    const target = targetOf(request.params as Record<string, string>, request.query as Record<string, unknown>);
    if (route.access !== 'known') await authorizeOne(callers, { caller, signal }, route.access(target));
    // Last: who may do nothing there is told nothing.
    for (const namespace of [target.namespace, target.consumer])
      if (namespace !== undefined) refuseUnknown(namespace, scope);
  }

  /** Before any of it is read. Throws HttpProblem 400, 413 and 503. */
  #takeBody({ body }: ApiRoute, limit: number, request: FastifyRequest, reply: FastifyReply): void {
    if (body === undefined) {
      refuseBody(request.raw);
      return;
    }
    const bytes = announced(request.raw, limit) ?? limit;
    this.#ongoing.get(request)?.guest.place.makeRoom(bytes);
    askForBody(request.raw, reply.raw);
  }

  #read(request: FastifyRequest, bytes: Buffer, done: (error: Error | null, body?: unknown) => void): void {
    const caller = this.#ongoing.get(request)?.record.caller;
    if (caller !== undefined) this.#door.charge(caller, Math.floor(bytes.length / CHARGED_BYTES));
    let body: unknown;
    const error = thrownBy(() => (body = parseBody(bytes, request.raw)));
    done(error ?? null, body);
  }

  async #answer(route: ApiRoute, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { record, signal } = this.#ongoing.get(request) ?? {};
    const caller = record?.caller ?? (route.access === 'everybody' ? NOBODY : undefined);
    if (record === undefined || signal === undefined || caller === undefined)
      throw new Error('a request that nobody admitted');
    const found = await route.answer({
      caller,
      target: targetOf(request.params as Record<string, string>, request.query as Record<string, unknown>),
      query: request.query as Query,
      body: request.body,
      signal,
      note: (what) => {
        record.note(what);
      },
    });
    const { status, json } = answerOf(found);
    record.done();
    reply.code(status).headers(HEADERS);
    return json === undefined ? reply.send() : reply.type('application/json').send(json);
  }

  #fail(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const problem = this.#problemOf(error, request, reply);
    this.#ongoing.get(request)?.record.failed(problem);
    return send(reply, problem);
  }

  #problemOf(error: unknown, request: FastifyRequest, reply: FastifyReply): HttpProblem {
    if (error instanceof HttpProblem) return error;
    if (error instanceof OperatorError) return problemOf(error);
    const own = ownWords(error as FastifyError, request);
    if (own !== undefined) return own;
    if (reply.raw.destroyed) return new HttpProblem(500, 'nobody reads this.', { code: 'CallerGone' });
    if (error instanceof ApiError && isPassing(error)) {
      this.#options.logger.warn({ err: error }, 'request not answered: the API server does not answer');
      return AWAY;
    }
    this.#options.logger.error({ err: error }, 'request failed');
    return new HttpProblem(500, 'the operator could not tell: its log says why.');
  }
}

/** Of what is for everybody. */
const NOBODY: Caller = { username: '' };
const NOTHING = new HttpProblem(404, 'there is nothing at this path.');

/** Nobody can say who calls, or what they may. Kubernetes' clients know it from its own API server. */
const AWAY = comeBack(503, 'the API server does not answer the operator: try again.');

/** Whether it may be another time: no answer, an overload, a restart. */
function isPassing({ code }: ApiError): boolean {
  return code === 0 || code === 429 || code >= 500;
}

/** For callbacks of the framework, which must not throw. */
function thrownBy(work: () => unknown): Error | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** Which of them counts, others on the way could see in another way. Throws HttpProblem 400. */
function refuseTwoTokens({ rawHeaders }: IncomingMessage): void {
  const tokens = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'authorization');
  if (tokens.length > 1) throw new HttpProblem(400, 'send one header Authorization.');
}

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

/** What is sent of what a route found. Throws where it is nothing that JSON can hold. */
function answerOf(found: unknown): { readonly status: number; readonly json: string | undefined } {
  if (found instanceof Prepared) return { status: 200, json: found.json };
  const { status, body } = found instanceof Answer ? found : { status: 200, body: found };
  return { status, json: body === undefined ? undefined : JSON.stringify(body) };
}

/** Of what the framework refuses; its own words may quote the request. */
function ownWords(error: Partial<FastifyError>, request: FastifyRequest): HttpProblem | undefined {
  const { statusCode: status = 500 } = error;
  if (status === 413) return tooLarge(request.routeOptions.bodyLimit);
  if (status === 415) return new HttpProblem(415, 'send JSON: Content-Type: application/json.');
  if (status >= 500) return undefined;
  return new HttpProblem(400, validationProblem(error, request) ?? 'the request has not the form that is asked for.');
}

function send(reply: FastifyReply, problem: HttpProblem): FastifyReply {
  return reply
    .code(problem.status)
    .headers({ ...HEADERS, ...problem.headers })
    .type(PROBLEM_TYPE)
    .send(problemBody(problem));
}

function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    // Each abort makes an error with its stack: not for every answer that went well.
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
