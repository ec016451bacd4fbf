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
  const { body = {}, querystring: query = {} } = (request.routeOptions.schema ?? {}) as Schemas;
  return isBody ? problemIn('the body', body, first) : problemIn('the query', query, first);
}

type ValidationError = NonNullable<FastifyError['validation']>[number];

interface Schemas {
  readonly body?: Described;
  readonly querystring?: Described;
}

interface Described {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Described>>;
}

function problemIn(part: string, schema: Described, { instancePath, keyword, message }: ValidationError): string {
  const { description, properties = {} } = schema;
  // The path names members of the schema only: a member that it does not know is refused in the one above.
  const member = instancePath.slice(1);
  const where = member === '' ? part : `${part}’s ${member}`;
  const about = properties[member]?.description;
  // Nobody wants to read the pattern.
  if (keyword === 'pattern' && about !== undefined) return `${where} has not the right form. ${about}`;
  const wanted = description ?? `it may hold ${Object.keys(properties).join(', ') || 'nothing'}.`;
  return `${where} ${message ?? 'is not right'}: ${wanted}`;
}
