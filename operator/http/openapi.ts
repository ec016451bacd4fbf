import { STATUS_CODES } from 'node:http';
import { Prepared, type ApiRoute } from './route.ts';
import { object, PARAMETERS, PROBLEM, whole, type Schema } from './schemas.ts';

/** Problems that every operation can answer with, and those that every one with a known caller can. */
const ALWAYS = [400, 429, 431, 500, 503];
const OF_CALLERS = [401, 403];
const WITH_BODY = [413, 415];
const STORE_PROBLEMS = [404, 502];
/** Of a namespace that is not watched. */
const OF_NAMESPACES = [404];

/** What comes with some problems, by status. */
const HEADERS: Readonly<Record<number, Schema>> = {
  401: { 'WWW-Authenticate': { schema: { type: 'string', const: 'Bearer' } } },
  429: { 'Retry-After': { schema: whole('Seconds to wait at least.', { minimum: 1 }) } },
};

const ABOUT = [
  'Secrets for Apache Spark on Kubernetes. Send a token of the cluster: `Authorization: Bearer TOKEN`.',
  'What a caller may is asked of the API server (SubjectAccessReview) for each request. A value is in no error and no log.',
].join(' ');

/** The OpenAPI 3.1 document of these routes: made of the schemas that requests are checked with. */
export function openApi(routes: readonly ApiRoute[]): Schema {
  const paths: Record<string, Record<string, Schema>> = {};
  for (const route of routes)
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route) };
  return {
    openapi: '3.1.0',
    info: { title: 'Spark secrets', version: 'v1', description: ABOUT },
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'A token of the cluster.' } },
      schemas: { Problem: PROBLEM },
    },
  };
}

/** GET /api/v1/openapi.json, for everybody: what it says is in this file's repository, too. */
export function openApiRoute(routes: readonly ApiRoute[]): ApiRoute {
  const route: ApiRoute = {
    method: 'GET',
    path: '/api/v1/openapi.json',
    operation: 'describe',
    summary: 'This document',
    description: 'OpenAPI 3.1, made from the schemas that requests are checked with.',
    answers: { 200: { type: 'object' } },
    access: 'everybody',
    answer: () => Promise.resolve(document),
  };
  const document = new Prepared(JSON.stringify(openApi([route, ...routes])));
  return route;
}

function operationOf(route: ApiRoute): Schema {
  const { operation: operationId, summary, description, body, answers, access } = route;
  const statuses = Object.entries(answers).map(([status, schema]) => [status, answerOf(Number(status), schema)]);
  const problems = problemsOf(route).map((status) => [String(status), problemAnswer(status)]);
  return {
    operationId,
    summary,
    description,
    security: access === 'everybody' ? [] : [{ token: [] }],
    parameters: parametersOf(route),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: Object.fromEntries([...statuses, ...problems]) as Schema,
  };
}

function parametersOf({ path, query = {} }: ApiRoute): Schema[] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as keyof typeof PARAMETERS);
  return [
    ...names.map((name) => parameter('path', name, PARAMETERS[name])),
    ...Object.entries(query).map(([name, schema]) => parameter('query', name, schema)),
  ];
}

function parameter(where: 'path' | 'query', name: string, { description, ...schema }: Schema): Schema {
  return { name, in: where, required: where === 'path', description, schema };
}

function problemsOf({ path, query = {}, body, access, problems = [] }: ApiRoute): number[] {
  const all = [
    ...ALWAYS,
    ...(access === 'everybody' ? [] : OF_CALLERS),
    ...(body === undefined ? [] : WITH_BODY),
    ...(path.includes('{store}') ? STORE_PROBLEMS : []),
    ...(path.includes('{namespace}') || 'consumer' in query ? OF_NAMESPACES : []),
    ...problems,
  ];
  return [...new Set(all)].sort((a, b) => a - b);
}

function answerOf(status: number, schema: Schema | undefined): Schema {
  const description = STATUS_CODES[status] ?? '';
  return schema === undefined ? { description } : { description, content: { 'application/json': { schema } } };
}

function problemAnswer(status: number): Schema {
  const schema = { $ref: '#/components/schemas/Problem' };
  const headers = HEADERS[status];
  return {
    description: STATUS_CODES[status] ?? '',
    ...(headers === undefined ? {} : { headers }),
    content: { 'application/problem+json': { schema } },
  };
}

/** What fastify checks a query with: nothing that the route does not name. */
export function querySchema({ query = {} }: ApiRoute): Schema {
  return object(query, Object.keys(query));
}
