import { Agent, request } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import type { RequestOptions } from 'node:https';
import { TLSSocket } from 'node:tls';

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** SHA-256 of the certificate that the connection was made with. */
  readonly fingerprint: string | undefined;
  readonly connection: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** Calls the webhook as the API server does: by address, verifying the Service's name against the bundle. */
export class HttpsClient {
  readonly #port: number;
  readonly #options: RequestOptions;
  readonly #keepAlive = new Agent({ keepAlive: true, maxSockets: 4, maxCachedSessions: 0 });

  constructor(port: number, ca: string, options: RequestOptions = {}) {
    this.#port = port;
    this.#options = { ca, servername: 'svc.operator.svc', ...options };
  }

  /** `reuse`: over a kept connection, else over a new one. */
  post(body: string, { reuse = false, ...options }: RequestOptions & { reuse?: boolean } = {}): Promise<HttpAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    const sent = request({
      ...{ host: '127.0.0.1', port: this.#port, method: 'POST', path: '/mutate-pod' },
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      agent: reuse ? this.#keepAlive : new Agent({ maxCachedSessions: 0 }),
      ...this.#options,
      ...options,
    });
    let text = '';
    sent.on('error', reject).on('response', (response) => {
      const fingerprint =
        response.socket instanceof TLSSocket ? response.socket.getPeerCertificate().fingerprint256 : undefined;
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        const { statusCode = 0, headers } = response;
        resolve({ status: statusCode, body: text, fingerprint, connection: headers.connection, headers });
      });
    });
    sent.end(body);
    return promise;
  }

  /** Whether there is a connection that the next request will go over. */
  get isKept(): boolean {
    return Object.keys(this.#keepAlive.freeSockets).length > 0;
  }

  close(): void {
    this.#keepAlive.destroy();
  }
}
