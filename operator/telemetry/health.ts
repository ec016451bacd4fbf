import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';

export interface HealthOptions {
  /** 0: any free port, see `port`. */
  readonly port: number;
  /** Address to listen on; default: all. */
  readonly host?: string;
  readonly metrics: Metrics;
}

/** Whether a part of the program can do its work now. Asked at every probe: must be quick. */
export type Check = () => boolean;

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const TEXT = 'text/plain; charset=utf-8';

/**
 * Plain HTTP for kubelet and Prometheus: `/healthz`, `/readyz` and `/metrics`.
 *
 * An answer of `/healthz` proves that the event loop turns; it is 503 once `shutDown` was called. `/readyz` is 200 when
 * every check holds, else 503 with the names of those that don't, one a line.
 */
export class HealthServer {
  readonly #options: HealthOptions;
  readonly #checks = new Map<string, Check>();
  readonly #server: Server;
  #shuttingDown = false;

  constructor(options: HealthOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** The port it listens on; only after `start`. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Adds a named condition of readiness; a name given twice replaces the first. */
  addCheck(name: string, check: Check): void {
    this.#checks.set(name, check);
  }

  /** Throws what listening throws, for example EADDRINUSE. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, this.#options.host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  /** From now on neither healthy nor ready, so that no new work is sent here; it still answers. */
  shutDown(): void {
    this.#shuttingDown = true;
  }

  /** Closes the port and its connections. */
  stop(): Promise<void> {
    this.#shuttingDown = true;
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
      this.#server.closeAllConnections();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const page = await this.#page(request.url ?? '');
    response.writeHead(page.status, { 'content-type': page.type }).end(page.body);
  }

  async #page(url: string): Promise<Page> {
    switch (url.split('?', 1)[0]) {
      case '/healthz':
        return text(this.#shuttingDown ? ['shutting down'] : []);
      case '/readyz':
        return text(this.#failing());
      case '/metrics':
        return this.#metricsPage();
      default:
        return { status: 404, type: TEXT, body: 'there are /healthz, /readyz and /metrics\n' };
    }
  }

  async #metricsPage(): Promise<Page> {
    const { metrics } = this.#options;
    try {
      return { status: 200, type: metrics.contentType, body: await metrics.text() };
    } catch {
      return { status: 500, type: TEXT, body: 'the metrics could not be collected\n' };
    }
  }

  #failing(): string[] {
    const failing = [...this.#checks].filter(([, check]) => !holds(check)).map(([name]) => `not ready: ${name}`);
    return this.#shuttingDown ? ['shutting down', ...failing] : failing;
  }
}

function holds(check: Check): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

function text(problems: readonly string[]): Page {
  return problems.length === 0
    ? { status: 200, type: TEXT, body: 'ok\n' }
    : { status: 503, type: TEXT, body: `${problems.join('\n')}\n` };
}
