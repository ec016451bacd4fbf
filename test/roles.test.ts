import { expect } from 'chai';
import { connect } from 'node:net';
import { once } from 'node:events';
import { compose } from '../operator/compose.ts';
import { readConfig, ROLES, type Role } from '../operator/config.ts';
import type { Program } from '../operator/program.ts';
import { ApiServer } from './doubles/api-server.ts';
import type { StoredObject } from './doubles/api-store.ts';
import { eventually } from './doubles/eventually.ts';
import { freePort } from './support/free-port.ts';

const SECRETS = '/api/v1/secrets';
/** As the chart makes it: empty. */
const CERTIFICATE = { metadata: { name: 'spark-secrets-operator-webhook', namespace: 'operator' } };

/** One process, and an API server of its own. */
interface Alone {
  readonly api: ApiServer;
  readonly program: Program;
  readonly ports: Readonly<Record<'health' | 'webhook' | 'api', number>>;
}

describe('a process of one role', function () {
  this.timeout(20_000);
  const processes = new Map<Role, Alone>();
  const of = (role: Role): Alone => processes.get(role)!;

  before(async () => {
    for (const role of ROLES) processes.set(role, await start(role));
  });
  after(async () => {
    await Promise.all([...processes.values()].map(({ program }) => program.stop()));
    await Promise.all([...processes.values()].map(({ api }) => api.stop()));
  });

  async function start(role: Role): Promise<Alone> {
    const api = new ApiServer();
    await api.start();
    api.store.honoursSelectors = true;
    const ports = { health: await freePort(), webhook: await freePort(), api: await freePort() };
    const config = readConfig({
      ROLES: role,
      POD_NAMESPACE: 'operator',
      POD_NAME: role,
      LOG_LEVEL: 'fatal',
      HEALTH_PORT: String(ports.health),
      WEBHOOK_PORT: String(ports.webhook),
      API_PORT: String(ports.api),
    });
    const program = compose(config, api.kubeConfig(), (reason) => {
      throw new Error(reason);
    });
    await program.start();
    return { api, program, ports };
  }

  /** What it asked its API server for: plural, and the selector of labels. */
  function asked(role: Role, method: RegExp): string[] {
    const asked = of(role).api.requests.filter((request) => method.test(request));
    const words = asked.map((request) => {
      const { pathname, searchParams } = new URL(request.replace(/^\w+ /, ''), 'http://x');
      return `${pathname.split('/').at(-1)!} ${searchParams.get('labelSelector') ?? ''}`.trim();
    });
    return [...new Set(words)].toSorted();
  }

  async function page(role: Role, path: string): Promise<string> {
    return (await fetch(`http://127.0.0.1:${of(role).ports.health}${path}`)).text();
  }

  async function listens(port: number): Promise<boolean> {
    const socket = connect(port, '127.0.0.1');
    const isConnected = once(socket, 'connect').then(
      () => true,
      () => false,
    );
    return isConnected.finally(() => socket.destroy());
  }

  it('reads what that role needs, and nothing else', () => {
    const own = ['configmaps', 'secrets', 'secrets secrets.iomete.com/binding', 'sparkjobsecretbindings'];
    const injected = 'pods secrets.iomete.com/injected=true,spark-role!=executor';
    expect(asked('webhook', /^GET/)).to.deep.equal(own);
    expect(asked('api', /^GET/)).to.have.members([...own, 'namespaces', injected, 'secretstoreconfigs']);
    expect(asked('controller', /^GET/)).to.include.members([
      ...asked('api', /^GET/),
      'mutatingwebhookconfigurations',
      'pods secrets.iomete.com/inject=true,spark-role notin (driver,connect-server,executor),!secrets.iomete.com/injected',
      'pods spark-role in (driver,connect-server),!secrets.iomete.com/injected',
      'secrets secrets.iomete.com/run',
    ]);
  });

  it('takes part in the election of the leader only as a controller, and else writes nothing', async () => {
    await eventually(async () => /^spark_secrets_leader 1$/m.test(await page('controller', '/metrics')));
    expect(asked('controller', /^POST/)).to.include('leases');
    for (const role of ['webhook', 'api'] as const) expect(asked(role, /^(?!GET)/), role).to.deep.equal([]);
  });

  it('serves what that role serves', async () => {
    for (const role of ROLES)
      expect([await listens(of(role).ports.webhook), await listens(of(role).ports.api)], role).to.deep.equal([
        role === 'webhook',
        role === 'api',
      ]);
  });

  it('is ready for that role alone: the others wait for the certificate that a controller makes', async () => {
    expect(await page('controller', '/readyz')).to.equal('ok\n');
    for (const role of ['webhook', 'api'] as const)
      expect(await page(role, '/readyz')).to.equal(`not ready: ${role}\n`);
    const { store } = of('controller').api;
    const made = (): StoredObject | undefined => store.get(SECRETS, 'operator', CERTIFICATE.metadata.name);
    store.put(SECRETS, CERTIFICATE);
    await eventually(() => made()?.['data'] !== undefined);
    for (const role of ['webhook', 'api'] as const) {
      of(role).api.store.put(SECRETS, made()!);
      await eventually(async () => (await page(role, '/readyz')) === 'ok\n');
    }
  });

  it('says so in its metrics', async () => {
    for (const role of ROLES)
      expect((await page(role, '/metrics')).match(/^spark_secrets_role.*$/gm)).to.deep.equal([
        `spark_secrets_role{role="${role}"} 1`,
      ]);
  });
});
