import { type Agent, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** What a server answered. */
export interface ServerAnswer {
  readonly status: number;
  /** Of whatever shape the test expects: a test fails by itself when it is another. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** One request of a test. */
export interface ServerRequest {
  readonly url: string;
  readonly method: string;
  readonly token?: string | undefined;
  readonly json?: unknown;
  readonly ca?: string | undefined;
  /** Connections to use; by default each request has its own. */
  readonly agent?: Agent;
}

/** Sends a request. Any status is an answer. */
export async function sendRequest({ url, method, token, json, ca, agent }: ServerRequest): Promise<ServerAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ServerAnswer>();
  const headers = {
    ...(token !== undefined && { 'x-vault-token': token }),
  };
  const send = url.startsWith('https:') ? requestHttps : requestHttp;
  const request = send(url, {
    method,
    headers,
    agent: agent ?? false,
    timeout: 10_000,
    ...(ca !== undefined && { ca }),
  });
  request.on('error', reject);
  request.on('timeout', () => request.destroy(new Error(`${method} ${url}: no answer`)));
  request.on('response', (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    response.on('error', reject).on('end', () => {
      const body = (text === '' ? {} : JSON.parse(text)) as ServerAnswer['body'];
      resolve({ status: response.statusCode ?? 0, body });
    });
  });
  request.end(json === undefined ? undefined : JSON.stringify(json));
  return promise;
}
