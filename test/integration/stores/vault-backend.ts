import { OpenBao } from '../../servers/openbao.ts';
import { OpenBaoProxy } from '../../servers/openbao-proxy.ts';
import type { Backend } from './backend.ts';

/** It may not list all: then the store can't say how many keys it has, which would be news whenever a test adds one. */
const POLICY = `
  path "secret/data/fire/*" { capabilities = ["read"] }
  path "secret/metadata/fire/group/*" { capabilities = ["list"] }`;

/** OpenBao as in production: on disk, sealed at each start, with TLS; a proxy before it. */
export class VaultBackend implements Backend {
  readonly name: string;
  readonly limitMs = 15_000;
  readonly server: OpenBao;
  readonly proxy: OpenBaoProxy;
  #token = '';

  private constructor(name: string, server: OpenBao, proxy: OpenBaoProxy) {
    this.name = name;
    this.server = server;
    this.proxy = proxy;
  }

  static async start(name: string): Promise<VaultBackend> {
    const server = await OpenBao.start({ mode: 'raft', tls: true });
    const backend = new VaultBackend(name, server, await OpenBaoProxy.before(server.url, await server.tls()));
    await server.must('PUT', 'sys/policies/acl/fire', { policy: POLICY });
    await backend.newToken();
    return backend;
  }

  get spec(): object {
    return this.#spec(this.proxy.url, { tokenSecretRef: { name: `${this.name}-token`, key: 'token' } });
  }

  get secrets(): Readonly<Record<string, Readonly<Record<string, string>>>> {
    return { [`${this.name}-token`]: { token: this.#token }, [`${this.name}-ca`]: { 'ca.crt': this.server.ca ?? '' } };
  }

  /** A second store on the same server, past the proxy, that logs in by itself; and the Secret that it needs. */
  async withAppRole(): Promise<{ readonly spec: object; readonly secretId: string }> {
    await this.server.must('POST', 'sys/auth/approle', { type: 'approle' });
    await this.server.must('POST', 'auth/approle/role/fire', { token_policies: ['fire'], token_ttl: '1h' });
    const role = await this.server.must('GET', 'auth/approle/role/fire/role-id');
    const secret = await this.server.must('POST', 'auth/approle/role/fire/secret-id');
    const { role_id: roleId } = role['data'] as { readonly role_id: string };
    const { secret_id: secretId } = secret['data'] as { readonly secret_id: string };
    const secretIdSecretRef = { name: 'approle', key: 'secret-id' };
    return { spec: this.#spec(this.server.url, { appRole: { roleId, secretIdSecretRef } }), secretId };
  }

  async put(key: string, value: string): Promise<void> {
    await this.server.must('POST', `secret/data/fire/${key}`, { data: { value } });
  }

  async remove(key: string): Promise<void> {
    await this.server.must('DELETE', `secret/metadata/fire/${key}`);
  }

  /** Makes a new token for the operator, which still has to be put into the Secret. */
  async newToken(): Promise<void> {
    const { auth } = await this.server.must('POST', 'auth/token/create', { policies: ['fire'], period: '10m' });
    this.#token = (auth as { readonly client_token: string }).client_token;
  }

  async revokeToken(): Promise<void> {
    await this.server.must('POST', 'auth/token/revoke', { token: this.#token });
  }

  /** Revokes every token that the login by AppRole gave. */
  async revokeLogins(): Promise<void> {
    await this.server.must('POST', 'sys/leases/revoke-prefix/auth/approle');
  }

  /** How often somebody logged in by AppRole. */
  async logins(): Promise<number> {
    return (await this.server.audited()).filter(({ request }) => request.path === 'auth/approle/login').length;
  }

  async traces(): Promise<string> {
    return this.server.auditLog();
  }

  async stop(): Promise<void> {
    await this.proxy.stop();
    this.server.resume();
    await this.server.stop();
  }

  #spec(endpoint: string, auth: object): object {
    const tls = { caSecretRef: { name: `${this.name}-ca`, key: 'ca.crt' } };
    const vault = { endpoint, path: '/v1/secret/data/fire', auth, tls };
    return { type: 'vault', vault, refreshInterval: '5s' };
  }
}
