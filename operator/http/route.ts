import type { Caller } from './callers.ts';
import type { AuditEvent } from './audit.ts';
import type { ResourceAttributes } from './reviews.ts';
import type { Schema } from './schemas.ts';
import type { Target } from './target.ts';

/** What is in a query, checked against the route's schema. */
export interface Query {
  readonly group?: string;
  readonly search?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly ifVersion?: string;
  readonly force?: boolean;
  readonly binding?: string;
  readonly key?: string;
}

/** What a route adds to the audit's event of its request. */
export type Noted = Partial<
  Pick<AuditEvent, 'namespace' | 'store' | 'consumer' | 'binding' | 'key' | 'version' | 'result'>
>;

/** A request as a route gets it: of a known caller who may do what the route needs. */
export interface ApiRequest {
  readonly caller: Caller;
  readonly target: Target;
  readonly query: Query;
  /** Parsed JSON, checked against the route's schema; undefined without a body. */
  readonly body: unknown;
  /** Aborted when the caller is gone. */
  readonly signal: AbortSignal;
  /** For the audit. */
  readonly note: (what: Noted) => void;
}

/** An answer with another status than 200. */
export class Answer {
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, body?: unknown) {
    this.status = status;
    this.body = body;
  }
}

/** A 200 whose JSON is made already. */
export class Prepared {
  readonly json: string;

  constructor(json: string) {
    this.json = json;
  }
}

/** At least one. */
export type OneOf<T> = readonly [T, ...T[]];

/** One operation of the API. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As OpenAPI writes it: `{name}` for parameters, of which `{key}` is the last part and may hold slashes. */
  readonly path: string;
  /** `operationId`, and `operation` in the audit. */
  readonly operation: string;
  readonly summary: string;
  readonly description: string;
  /** What a query may hold. */
  readonly query?: Readonly<Record<string, Schema>>;
  readonly body?: Schema;
  /** The most that a body may have, in MiB; default: 1. */
  readonly bodyMiB?: number;
  /** What becomes of it, by status: undefined for no body. */
  readonly answers: Readonly<Record<number, Schema | undefined>>;
  /** Statuses of problems that come on top of those that every operation has. */
  readonly problems?: readonly number[];
  /**
   * Who may: everybody, every known caller (the route looks by itself), or who may do one of these. Asked before the
   * body is read. Throws HttpProblem 400.
   */
  readonly access: 'everybody' | 'known' | ((target: Target) => OneOf<ResourceAttributes>);
  /** Whether each request is an event of the audit; those that are denied always are. */
  readonly audited?: boolean;
  /** Returns what becomes the JSON of a 200, an Answer, or something Prepared. Throws HttpProblem or OperatorError. */
  readonly answer: (request: ApiRequest) => Promise<unknown>;
}
