import { expect } from 'chai';
import { randomBytes, X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { API_VERSION } from '../../operator/api/group.ts';
import { CONFIG_MAP, SECRET } from '../../operator/api/kinds.ts';
import { decodeSecret, encodeSecret } from '../../operator/webhook/certificate-secret.ts';
import { splitBundle, writeCertificateState } from '../../operator/webhook/certificate-state.ts';
import type { SecretText } from '../../operator/webhook/certificate-state.ts';
import { createAuthority, createServing } from '../../operator/webhook/certificates.ts';
import type { KeyPair } from '../../operator/webhook/certificates.ts';
import { HttpKubeClient, type KubeClient } from '../../operator/runtime/kube-client.ts';
import type { KubeConnection } from '../../operator/runtime/kube-connection.ts';
import { apply, eventually } from '../../tools/spark/kube.ts';
import { tokenConfig } from '../support/kubeconfig.ts';
import { install, uninstall, type Installation } from '../support/operator/installation.ts';
import { connect } from '../support/operator/launch.ts';
import { testCluster, type Cluster } from '../support/test-cluster.ts';
import { createCompanyAuthority } from '../webhook/company-authority.ts';
import { account, tokenOf } from './api-scene.ts';
import { Balancer, Load, Replica } from './certificate-scene.ts';

const home = `certificates-${randomBytes(3).toString('hex')}`;
const namespace = `${home}-jobs`;
const [SECOND_MS, LIMIT_MS] = [1_000, 25_000];
/** What goes on for a year, in seconds. */
const TIMES = {
  authorityLifeMs: 12 * SECOND_MS,
  servingLifeMs: 9 * SECOND_MS,
  backdateMs: 2 * SECOND_MS,
  overlapMs: 4 * SECOND_MS,
  settleMs: 500,
  retireMs: 4 * SECOND_MS,
};

describe('certificates that change while drivers and clients come all the time', function () {
  this.timeout(60_000);
  const { signal } = new AbortController();
  let cluster: Cluster;
  let connection: KubeConnection;
  let client: KubeClient;
  let installation: Installation;
  let name: string;
  let host: string;
  let webhook: Balancer;
  let api: Balancer;
  let replicas: Replica[] = [];
  let load: Load | undefined;
  let started = 0;

  before(async () => {
    cluster = await testCluster();
    host = cluster.hostAddress ?? '127.0.0.1';
    connection = connect(cluster);
    client = new HttpKubeClient(connection);
    installation = await install(cluster, home);
    name = installation.env['WEBHOOK_SERVICE'] ?? '';
    [webhook, api] = [await Balancer.start(), await Balancer.start()];
    await apply(cluster, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
    await apply(cluster, [
      ...account(namespace, 'viewer', `${name}-viewer`),
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: 'spark' } },
      { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: 'values' }, stringData: { TOKEN: 'a value' } },
      {
        apiVersion: API_VERSION,
        kind: 'SecretStoreConfig',
        metadata: { namespace, name: 'default' },
        spec: { type: 'kubernetes', kubernetes: { secretName: 'values' } },
      },
      {
        apiVersion: API_VERSION,
        kind: 'SparkJobSecretBinding',
        metadata: { namespace, name: 'orders' },
        spec: {
          storeRef: { name: 'default' },
          selector: { applications: ['orders'] },
          env: [{ name: 'TOKEN', key: 'TOKEN' }],
        },
      },
    ]);
  });

  after(async () => {
    await cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
    await Promise.all([...replicas.map((replica) => replica.stop()), uninstall(cluster, home)]);
    await Promise.all([webhook.stop(), api.stop(), connection.close()]);
  });

  afterEach(() => load?.stop());

  async function start(more: Readonly<Record<string, string>> = {}): Promise<Replica> {
    const environment = {
      ...installation.env,
      ...{ POD_NAMESPACE: home, POD_NAME: `replica-${++started}`, SERVICE_ACCOUNT: installation.serviceAccount },
      ...{ WEBHOOK_URL: `https://${host}:${webhook.port}`, LOG_LEVEL: 'error' },
      ...more,
    };
    const kubeconfig = tokenConfig(cluster, installation.token);
    const replica = await Replica.start(kubeconfig, environment, { certificateTimes: TIMES });
    replicas.push(replica);
    balance();
    return replica;
  }

  /** As a Service: who leaves gets no new connections. */
  function balance(): void {
    webhook.targets = replicas.map(({ ports }) => ports.webhook);
    api.targets = replicas.map(({ ports }) => ports.api);
  }

  async function leave(replica: Replica): Promise<void> {
    replicas = replicas.filter((each) => each !== replica);
    balance();
    await replica.stop();
  }

  async function leader(): Promise<Replica> {
    return eventually('one leads', LIMIT_MS, async () => {
      const holder = await cluster.kubectl([
        'get',
        'lease',
        name,
        `--namespace=${home}`,
        '--output=jsonpath={.spec.holderIdentity}',
      ]);
      return replicas.find((each) => each.name === holder);
    });
  }

  async function startLoad(): Promise<Load> {
    await cluster.kubectl([
      'wait',
      'sjsb/orders',
      `--namespace=${namespace}`,
      '--for=condition=Ready',
      '--timeout=20s',
    ]);
    const token = await tokenOf(cluster, namespace, 'viewer');
    load = new Load({ cluster, client, name, operatorNamespace: home, namespace, host, webhook, api, token });
    return load;
  }

  /** Whom clients trust, the one that signs first. */
  async function trusted(): Promise<readonly string[]> {
    const found = await client.get(CONFIG_MAP, home, `${name}-ca`, signal);
    return splitBundle(found?.data?.['ca.crt']);
  }

  async function nextAuthority(before: string | undefined): Promise<string> {
    return eventually('another authority signs', LIMIT_MS, async () => {
      const [signing] = await trusted();
      return signing === before ? undefined : signing;
    });
  }

  async function secretText(secret: string): Promise<SecretText> {
    return decodeSecret(await client.get(SECRET, home, secret, signal));
  }

  function fingerprint(chain: string | undefined): string {
    return new X509Certificate(splitBundle(chain)[0] ?? '').fingerprint256;
  }

  function expectNoFailure({ failures, counts }: Load): void {
    expect(failures).to.deep.equal([]);
    for (const [way, count] of Object.entries(counts)) expect(count, way).to.be.greaterThan(5);
  }

  it('fails no call while the operator’s own authority is replaced twice, and the leader once', async () => {
    const now = new Date();
    const authority = await createAuthority(new Date(now.getTime() - 6 * SECOND_MS), TIMES);
    const serving = await createServing(authority, [host], now, TIMES);
    const state = { authority, serving, next: undefined, previous: undefined, nextTrustedSince: undefined };
    const data = encodeSecret(writeCertificateState(state));
    const metadata = { namespace: home, name: `${name}-certificate` };
    await client.apply(SECRET, { ...{ apiVersion: 'v1', kind: 'Secret', data }, metadata }, { signal, force: true });
    await Promise.all([start(), start()]);
    const own = await startLoad();
    const first = await nextAuthority(authority.cert);
    await leave(await leader());
    await start();
    await nextAuthority(first);
    await sleep(SECOND_MS / 2);
    const { 'tls.crt': cert } = await secretText(`${name}-certificate`);
    await own.stop();
    expectNoFailure(own);
    // One for each replica that it was with.
    expect(own.keptConnections).to.be.at.most(2);
    expect([...own.met].at(-1)).to.equal(fingerprint(cert));
    expect(own.met.size).to.be.greaterThan(3);
    expect(replicas.map(({ isOver }) => isOver).join('')).to.equal('');
  });

  /** As cert-manager writes it. */
  async function giveByCertManager(text: SecretText): Promise<void> {
    const annotations = {
      'cert-manager.io/certificate-name': name,
      'cert-manager.io/ip-sans': host,
      ...{ 'cert-manager.io/alt-names': '', 'cert-manager.io/uri-sans': '', 'cert-manager.io/common-name': '' },
      ...{ 'cert-manager.io/issuer-name': 'company', 'cert-manager.io/issuer-kind': 'ClusterIssuer' },
      'cert-manager.io/issuer-group': 'cert-manager.io',
    };
    const labels = { 'controller.cert-manager.io/fao': 'true' };
    const metadata = { namespace: home, name: `${name}-tls`, annotations, labels };
    const secret = { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata, data: encodeSecret(text) };
    const options = { signal, force: true, fieldManager: 'cert-manager-certificates-issuing' };
    await client.apply(SECRET, secret, options);
  }

  async function issue(root: KeyPair): Promise<SecretText> {
    const between = await createCompanyAuthority(new Date(), root);
    const { cert, key } = await createServing(between, [host], new Date());
    return { 'ca.crt': root.cert, 'tls.crt': cert + between.cert, 'tls.key': key };
  }

  async function metBy(running: Load, text: SecretText): Promise<void> {
    const wanted = fingerprint(text['tls.crt']);
    await eventually('the new certificate is served', LIMIT_MS, () =>
      Promise.resolve(running.met.has(wanted) || undefined),
    );
  }

  it('fails no call while cert-manager renews the certificate, writes it by halves, and its authority is another one', async () => {
    const [root, other] = [await createCompanyAuthority(new Date()), await createCompanyAuthority(new Date())];
    await giveByCertManager(await issue(root));
    const environment = { CERTIFICATE_SOURCE: 'cert-manager', CERTIFICATE_SECRET: `${name}-tls` };
    await Promise.all([...replicas.map(leave), start(environment), start(environment)]);
    await eventually('the API server trusts it', LIMIT_MS, async () =>
      (await trusted())[0] === root.cert ? true : undefined,
    );
    const given = await startLoad();
    for (let renewals = 0; renewals < 2; renewals++) {
      const text = await issue(root);
      await giveByCertManager({ 'tls.crt': text['tls.crt'] ?? '', 'tls.key': '', 'ca.crt': '' });
      await sleep(300);
      await giveByCertManager(text);
      await metBy(given, text);
    }
    const last = await issue(other);
    await giveByCertManager(last);
    await metBy(given, last);
    await sleep(SECOND_MS / 2);
    await given.stop();
    expectNoFailure(given);
    expect(given.keptConnections).to.equal(1);
    expect([...given.met].at(-1)).to.equal(fingerprint(last['tls.crt']));
    expect(await trusted()).to.include.members([root.cert, other.cert]);
    const inBase64 = new X509Certificate(other.cert).raw.toString('base64');
    expect(given.told.split(' ')[0]).to.equal(inBase64);
    expect(await secretText(`${name}-tls`)).to.deep.equal(last);
  });
});
