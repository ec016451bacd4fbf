import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { OperatorError } from '../errors.ts';

/** The media type of RFC 9457. */
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

const MOST_REFUSALS = 100;

/** Of every answer of the API. */
export const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

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

const refusals = new Map<string, HttpProblem>();

/** "Come back in so many seconds." The same one each time: in a flood it is the stack of a new error that costs most. */
export function comeBack(status: 429 | 503, detail: string, seconds = 1): HttpProblem {
  const key = `${status} ${detail} ${seconds}`;
  const known = refusals.get(key);
  if (known !== undefined) return known;
  const made = new HttpProblem(status, detail, { headers: { 'retry-after': String(seconds) } });
  if (refusals.size < MOST_REFUSALS) refusals.set(key, made);
  return made;
}

/** The body of a problem: `type` is about:blank, so `title` is HTTP's own word for the status. `code` is an extension. */
export function problemBody({
  status,
  message: detail,
  code,
}: Pick<HttpProblem, 'status' | 'message' | 'code'>): string {
  return JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, code });
}

/** Answers with a problem where no framework is at hand. */
export function sendProblem(response: ServerResponse, problem: HttpProblem): void {
  const body = problemBody(problem);
  response
    .writeHead(problem.status, {
      ...HEADERS,
      ...problem.headers,
      'content-type': PROBLEM_TYPE,
      'content-length': Buffer.byteLength(body),
    })
    .end(body);
}

/** How an error of the table is told to a caller. Its message holds no value, nor what a backend answered. */
export function problemOf({ status, message, code, retry, retryAfterMs }: OperatorError): HttpProblem {
  const seconds = Math.max(1, Math.ceil((retryAfterMs ?? 1000) / 1000));
  const headers = retry && status === 503 ? { 'retry-after': String(seconds) } : {};
  return new HttpProblem(status, `${message}.`, { code, headers });
}
