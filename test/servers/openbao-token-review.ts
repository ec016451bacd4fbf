import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A double of the part of the Kubernetes API that OpenBao's auth method kubernetes asks: TokenReview. */
export class TokenReviewDouble {
  readonly #server: Server;
  readonly #accounts: ReadonlyMap<string, string>;

  /** `accounts` has the user of each token: `system:serviceaccount:NAMESPACE:NAME`. */
  private constructor(accounts: ReadonlyMap<string, string>) {
    this.#accounts = accounts;
    this.#server = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      request.on('end', () => {
        response.setHeader('content-type', 'application/json').end(JSON.stringify(this.#review(text)));
      });
    });
  }

  static async start(accounts: ReadonlyMap<string, string>): Promise<TokenReviewDouble> {
    const double = new TokenReviewDouble(accounts);
    double.#server.listen(0, '127.0.0.1');
    await once(double.#server, 'listening');
    return double;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #review(text: string): object {
    const { spec } = JSON.parse(text) as { spec: { token: string; audiences?: string[] } };
    const username = this.#accounts.get(spec.token);
    const user = { username, uid: 'an-account', groups: ['system:serviceaccounts'] };
    const status =
      username === undefined ? { authenticated: false } : { authenticated: true, user, audiences: spec.audiences };
    return { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: {}, spec, status };
  }
}
