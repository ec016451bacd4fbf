import { Problem } from './problem.ts';

export interface Request {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Below api/v1, which is beside the page wherever that is. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export interface ClientOptions {
  readonly token: string;
  /** The token is good no more. Resolves with another one; rejects when there will be none. */
  readonly renew: () => Promise<string>;
}

const BUSY = [429, 503];
const TRIES = 3;
const LONGEST_WAIT_S = 10;
/** What a header can carry as a token (RFC 6750, 2.1). */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/**
 * Talks to the API. The token is in the memory of this object and nowhere else: not in a URL, a cookie or a storage of the
 * browser, so that another site can do nothing with it and a reload forgets it.
 */
export class ApiClient {
  readonly #renew: () => Promise<string>;
  #token: string;
  /** While a new token is asked for: all requests wait for the same one. */
  #renewing: Promise<string> | undefined;

  constructor({ token, renew }: ClientOptions) {
    this.#token = token;
    this.#renew = renew;
  }

  /** The token in what somebody pasted, or undefined: it holds none. */
  static tokenIn(pasted: string): string | undefined {
    const token = pasted.trim().replace(/^bearer +/i, '');
    return TOKEN.test(token) ? token : undefined;
  }

  /** The answer's JSON. Throws Problem. A read that meets a busy operator is tried again; with no good token it asks for one. */
  async send<T>(request: Request): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      const token = this.#token;
      const response = await this.#fetch(request, token);
      if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T;
      const problem = await Problem.of(response);
      if (response.status === 401) await this.#renewed(token);
      else if (tries < TRIES && isWorthAnotherTry(request, response)) await pause(response, request.signal);
      else throw problem;
    }
  }

  async #fetch({ method = 'GET', path, query = {}, body, signal }: Request, token: string): Promise<Response> {
    const given = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as [string, string]],
    );
    const search = given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    try {
      return await fetch(new URL(`api/v1${path}${search}`, document.baseURI), {
        ...{
          method,
          headers,
          credentials: 'omit',
          cache: 'no-store',
          redirect: 'error',
          referrerPolicy: 'no-referrer',
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch {
      signal?.throwIfAborted();
      throw new Problem(0, 'the operator does not answer: is the connection still there?');
    }
  }

  /** Waits for another token than this one. Throws what `renew` throws. */
  async #renewed(refused: string): Promise<void> {
    if (this.#token !== refused) return;
    this.#renewing ??= this.#renew();
    try {
      this.#token = await this.#renewing;
    } finally {
      this.#renewing = undefined;
    }
  }
}

/** A write may have been done all the same: whoever asked for it decides. One that was sent away (429) was not. */
function isWorthAnotherTry({ method = 'GET' }: Request, { status }: Response): boolean {
  return status === 429 || (method === 'GET' && BUSY.includes(status));
}

async function pause(response: Response, signal: AbortSignal | undefined): Promise<void> {
  const asked = Number(response.headers.get('retry-after') ?? '1');
  const seconds = Math.min(Number.isFinite(asked) ? asked : 1, LONGEST_WAIT_S);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
