import type { FastifyError, FastifyRequest } from 'fastify';
import type { ApiRoute } from './route.ts';

/** How fastify's ajv is to work: what was sent is taken as it is, or refused. */
export const AJV_OPTIONS = {
  customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: true, allowUnionTypes: true },
} as const;

/** A query is all text: whole numbers and flags become what the schema wants; anything else is left for it to refuse. */
export function typedQuery({ query: schemas = {} }: ApiRoute, query: unknown): Record<string, unknown> {
  const typed = Object.entries(query as Record<string, unknown>).map(([name, value]) => {
    return [name, typeof value === 'string' ? typedValue(schemas[name]?.['type'], value) : value] as const;
  });
  return Object.fromEntries(typed);
}

function typedValue(type: unknown, text: string): unknown {
  if (type === 'integer' && /^[0-9]{1,9}$/.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

/** What is wrong with what was sent, without what was sent; undefined: it was not that. */
export function validationProblem(error: Partial<FastifyError>, request: FastifyRequest): string | undefined {
  const [first] = error.validation ?? [];
  if (first === undefined) return undefined;
  const isBody = error.validationContext === 'body';
  const part = isBody ? 'the body' : 'the query';
  // The path names members of the schema only: a member that it does not know is refused in the one above.
  const where = first.instancePath === '' ? part : `${part}’s ${first.instancePath.slice(1)}`;
  return `${where} ${first.message ?? 'is not right'}: ${wanted(request, isBody)}`;
}

interface Described {
  readonly description?: string;
  readonly properties?: object;
}

function wanted(request: FastifyRequest, isBody: boolean): string {
  const { body, querystring } = (request.routeOptions.schema ?? {}) as Readonly<Record<string, Described | undefined>>;
  if (isBody) return body?.description ?? '';
  return `it may hold ${Object.keys(querystring?.properties ?? {}).join(', ') || 'nothing'}.`;
}
