import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpProblem } from './problem.ts';

export const MIB = 1_048_576;
/** No manifest comes near. */
const DEEPEST = 100;

/** Throws HttpProblem 400 for a request that brings a body where none is asked for. */
export function refuseBody({ headers }: IncomingMessage): void {
  if (Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined)
    throw new HttpProblem(400, 'this takes no body.');
}

/** How large a body is, as far as its sender says; undefined: they don't. Throws HttpProblem 413. */
export function announced({ headers }: IncomingMessage, limit: number): number | undefined {
  if (headers['content-length'] === undefined) return undefined;
  const bytes = Number(headers['content-length']);
  if (bytes > limit) throw tooLarge(limit);
  return bytes;
}

export function tooLarge(limit: number): HttpProblem {
  return new HttpProblem(413, `the body is larger than ${limit / MIB} MiB.`);
}

/** What a body says. Throws HttpProblem 400 and 415, without what was sent. */
export function parseBody(bytes: Buffer, { headers }: IncomingMessage): unknown {
  if (!isUtf8(headers['content-type']) || (headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new HttpProblem(415, 'send JSON as UTF-8, not compressed: Content-Type: application/json.');
  const body = jsonOf(bytes);
  if (isDeeper(body, DEEPEST)) throw new HttpProblem(400, `the body is nested deeper than ${DEEPEST} levels.`);
  return body;
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    throw new HttpProblem(400, 'the body is no JSON.'); // V8's message quotes the text
  }
}

/** Level by level: whoever looks at the body next may do it by recursion. */
function isDeeper(body: unknown, most: number): boolean {
  let level = [body];
  for (let depth = 0; depth <= most && level.length > 0; depth += 1)
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? (Object.values(value) as unknown[]) : [],
    );
  return level.length > 0;
}

/** Also when nothing is said: then it is what JSON always is. What is something else would be kept as other characters. */
function isUtf8(type = ''): boolean {
  const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(type) ?? [];
  return /^utf-?8$/i.test(charset);
}

const waiting = new WeakSet<IncomingMessage>();

/** The sender waits to be told to send the body (`Expect: 100-continue`). */
export function expectsContinue(request: IncomingMessage): void {
  waiting.add(request);
}

/** Tells them, who are let in by now. */
export function askForBody(request: IncomingMessage, response: ServerResponse): void {
  if (waiting.delete(request)) response.writeContinue();
}
