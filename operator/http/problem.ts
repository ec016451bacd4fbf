import { STATUS_CODES } from 'node:http';
import type { OperatorError } from '../errors.ts';

/** The media type of RFC 9457. */
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** What a problem says beside its status and its sentence. */
export interface ProblemExtras {
  readonly headers?: Readonly<Record<string, string>>;
  /** A word for programs: a code of operator/errors.ts, or one that docs/api.md names. */
  readonly code?: string;
}

/** An answer of 400 and above. `detail` goes to the caller: it holds no value, and nothing of the operator's inside. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly code: string | undefined;

  constructor(status: number, detail: string, { headers = {}, code }: ProblemExtras = {}) {
    super(detail);
    this.status = status;
    this.headers = headers;
    this.code = code;
  }
}

/** The body of a problem: `type` is about:blank, so `title` is HTTP's own word for the status. `code` is an extension. */
export function problemBody(status: number, detail: string, code?: string): string {
  return JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, code });
}

/** How an error of the table is told to a caller. Its message holds no value, nor what a backend answered. */
export function problemOf({ status, message, code, retry, retryAfterMs }: OperatorError): HttpProblem {
  const seconds = Math.max(1, Math.ceil((retryAfterMs ?? 1000) / 1000));
  const headers = retry && status === 503 ? { 'retry-after': String(seconds) } : {};
  return new HttpProblem(status, `${message}.`, { code, headers });
}
