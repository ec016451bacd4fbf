import { request as requestHttp, type Agent, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';

/** What node-vault hands over to be sent. */
export interface Outgoing {
  readonly method: string;
  readonly uri: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly signal: AbortSignal;
}

/** What came back. `body` is undefined when it is no JSON. */
export interface Incoming {
  readonly statusCode: number;
  readonly body: unknown;
  readonly retryAfter: string | undefined;
}

/** Where to send, and through which connections. */
export interface Target {
  readonly url: URL;
  readonly agent: Agent;
}

/** The code of the error that an answer beyond this size gives. A listing of 10,000 long names has 5 MiB. */
export const ANSWER_TOO_LARGE = 'ANSWER_TOO_LARGE';
const MAX_ANSWER = 33_554_432;
/** What a connection gives that the server had closed before the request came. */
const STALE = new Set(['ECONNRESET', 'EPIPE']);

/**
 * Sends one request over node:http. node-vault's own way, axios, would follow redirects (with the token), heed HTTP_PROXY,
 * drop signals and hide `Retry-After`, and takes several times as much CPU. Redirects are handed back, not followed.
 */
export async function send(target: Target, outgoing: Outgoing): Promise<Incoming> {
  const body = outgoing.json === undefined ? undefined : Buffer.from(JSON.stringify(outgoing.json));
  try {
    return await exchange(target, outgoing, body);
  } catch (error) {
    if (outgoing.method !== 'GET' || outgoing.signal.aborted || !isStale(error)) throw error;
    return exchange(target, outgoing, body);
  }
}

class StaleConnection extends Error {}

function isStale(error: unknown): boolean {
  return error instanceof StaleConnection;
}

function exchange({ url, agent }: Target, outgoing: Outgoing, body: Buffer | undefined): Promise<Incoming> {
  const { promise, resolve, reject } = Promise.withResolvers<Incoming>();
  const options: RequestOptions = {
    agent,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port,
    path: outgoing.uri.slice(url.origin.length),
    method: outgoing.method,
    headers: {
      ...outgoing.headers,
      ...(body && { 'content-type': 'application/json', 'content-length': body.length }),
    },
  };
  const request = url.protocol === 'https:' ? requestHttps(options) : requestHttp(options);
  // By hand: the option `signal` costs a fifth of a request's CPU.
  const abort = (): void => {
    request.destroy(outgoing.signal.reason instanceof Error ? outgoing.signal.reason : new Error('aborted'));
  };
  outgoing.signal.addEventListener('abort', abort, { once: true });
  request.once('close', () => {
    outgoing.signal.removeEventListener('abort', abort);
  });
  if (outgoing.signal.aborted) abort();
  request.on('response', (response) => {
    collect(response).then(resolve, reject);
  });
  request.on('timeout', () => request.destroy(Object.assign(new Error('silence'), { code: 'ETIMEDOUT' })));
  request.on('error', (error: NodeJS.ErrnoException) => {
    const stale = request.reusedSocket && STALE.has(error.code ?? '');
    reject(stale ? Object.assign(new StaleConnection(), { code: error.code }) : error);
  });
  request.end(body);
  return promise;
}

function collect(response: IncomingMessage): Promise<Incoming> {
  const { promise, resolve, reject } = Promise.withResolvers<Incoming>();
  const chunks: Buffer[] = [];
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_ANSWER) response.destroy(Object.assign(new Error('too large'), { code: ANSWER_TOO_LARGE }));
  });
  response.on('error', reject);
  response.on('end', () => {
    resolve({
      statusCode: response.statusCode ?? 0,
      body: parsed(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)),
      retryAfter: response.headers['retry-after'],
    });
  });
  return promise;
}

/** A parser's error quotes what it read, so it is dropped. */
function parsed(bytes: Buffer | undefined): unknown {
  try {
    return JSON.parse(bytes?.toString('utf8') ?? '') as unknown;
  } catch {
    return undefined;
  }
}
