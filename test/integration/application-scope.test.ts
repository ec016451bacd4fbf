import { KubeConfig } from '@kubernetes/client-node';
import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ANNOTATIONS, LABELS } from '../../operator/api/group.ts';
import { NAMESPACE, POD, SECRET, SPARK_JOB_SECRET_BINDING, type Secret } from '../../operator/api/kinds.ts';
import { RunReconciler } from '../../operator/controllers/spark-application-run/reconciler.ts';
import { decide } from '../../operator/injection/decide.ts';
import { runSecretName } from '../../operator/injection/secret-name.ts';
import { secretContent } from '../../operator/injection/secret-content.ts';
import { specDigest } from '../../operator/injection/spec-digest.ts';
import { ApiError } from '../../operator/runtime/api-error.ts';
import { HttpKubeClient } from '../../operator/runtime/kube-client.ts';
import { KubeConnection } from '../../operator/runtime/kube-connection.ts';
import type { KubeObject } from '../../operator/runtime/kube-object.ts';
import { ROLES } from '../../operator/config.ts';
import { informersOf } from '../../operator/watches.ts';
import { StoreCache } from '../../operator/stores/cache.ts';
import { MemoryStore } from '../../operator/stores/memory/driver.ts';
import { applyJsonPatch } from '../doubles/json-patch.ts';
import { values, view } from '../injection/bindings.ts';
import { failureOf } from '../support/failure.ts';
import { startOperatorPart, type OperatorPart } from '../support/operator-part.ts';
import { testCluster } from '../support/test-cluster.ts';

const SPEC = {
  storeRef: { name: 'default' },
  selector: { applications: ['*'] },
  env: [{ name: 'A', key: 'A' }],
  scope: 'Application' as const,
};

/** A driver's pod that no scheduler takes: the Secret is made for a pod, whatever becomes of it. */
const DRIVER = {
  metadata: { name: 'driver', labels: { 'spark-role': 'driver', 'spark-app-name': 'orders' } },
  spec: {
    schedulerName: 'nobody',
    containers: [
      {
        name: 'spark-kubernetes-driver',
        image: 'spark',
        args: ['driver', '--properties-file', '/opt/p', '--class', 'X'],
      },
    ],
  },
};

describe('runs of an application on a real API server', function () {
  this.timeout(120_000);
  const { signal } = new AbortController();
  const namespace = `application-scope-${randomBytes(4).toString('hex')}`;
  const said: string[] = [];
  let connection: KubeConnection;
  let client: HttpKubeClient;
  let part: OperatorPart;

  /** The part of the operator that makes runs' Secrets. */
  async function start(): Promise<void> {
    const cache = new StoreCache({ open: () => new MemoryStore(), onChange: () => undefined });
    const events = { record: (...[, , reason]: unknown[]) => said.push(String(reason)) };
    part = await startOperatorPart({
      connection,
      namespace,
      name: 'runs',
      reconciler: (watches) => new RunReconciler({ client, sources: { ...watches, cache }, events }),
      onError: (error) => said.push(String(error)),
    });
    expect(informersOf(part.watches, new Set(ROLES)).filter(([, { synced }]) => !synced)).to.deep.equal([]);
  }

  async function share(value: string): Promise<void> {
    const name = 'spark-secrets-orders';
    const content = secretContent({
      spec: SPEC,
      binding: 'orders',
      secretName: name,
      values: values({ A: value }),
      groups: new Map(),
    });
    if ('problems' in content) throw new Error(JSON.stringify(content.problems));
    const metadata = {
      name,
      namespace,
      labels: { [LABELS.binding]: 'orders' },
      annotations: { [ANNOTATIONS.specDigest]: specDigest(SPEC) },
    };
    const secret: Secret = { metadata, data: content.data };
    if ((await client.get(SECRET, namespace, name, signal)) === undefined) await client.create(SECRET, secret, signal);
    else await client.replace(SECRET, secret, signal);
  }

  /** Creates a driver as the webhook patches it. */
  async function drive(name: string, run: string): Promise<KubeObject> {
    const decision = decide(DRIVER, [view('orders', { spec: SPEC })], run);
    if (decision.kind !== 'patch') throw new Error(JSON.stringify(decision));
    const pod = applyJsonPatch(DRIVER, decision.patch) as KubeObject;
    return client.create(POD, { ...pod, metadata: { ...pod.metadata, name, namespace } }, signal);
  }

  async function secretOf(run: string, limitMs = 10_000): Promise<Secret> {
    const end = performance.now() + limitMs;
    for (;;) {
      const secret = await client.get(SECRET, namespace, runSecretName('orders', run), signal);
      if (secret !== undefined) return secret;
      if (performance.now() > end) throw new Error(`no Secret of run ${run}: ${said.join(', ')}`);
      await sleep(2);
    }
  }

  const valueOf = ({ data }: Secret): string => Buffer.from(data?.['A'] ?? '', 'base64').toString();

  before(async () => {
    const cluster = await testCluster();
    const crds = join(import.meta.dirname, '..', '..', 'crds');
    await cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', crds]);
    await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=20s', 'crd', '--all']);
    await cluster.kubectl(['create', 'namespace', namespace]);
    await cluster.kubectl([
      'wait',
      `--namespace=${namespace}`,
      '--for=create',
      '--timeout=20s',
      'serviceaccount/default',
    ]);
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(cluster.kubeconfig);
    connection = new KubeConnection(kubeConfig);
    client = new HttpKubeClient(connection);
    const metadata = { name: 'orders', namespace };
    await client.create(SPARK_JOB_SECRET_BINDING, { metadata, spec: SPEC } as never, signal);
    await share('one');
    await start();
  });

  after(async () => {
    await part.stop();
    await client.delete(NAMESPACE, undefined, namespace, { signal });
    await connection.close();
  });

  it('get their Secret soon after their driver appears', async () => {
    const times: number[] = [];
    for (let at = 0; at < 10; at += 1) {
      const run = `quickrun0${at}`;
      await drive(`quick-${at}`, run);
      const created = performance.now();
      await secretOf(run);
      times.push(performance.now() - created);
    }
    times.sort((one, other) => one - other);
    expect(times[5], `milliseconds: ${times.map(Math.round).join(' ')}`).to.be.lessThan(5_000);
  });

  it('keep the values they started with, in a Secret that nobody can change and that goes with the pod', async () => {
    await drive('first', 'firstrun00');
    const first = await secretOf('firstrun00');
    await share('two');
    await drive('second', 'secondrun0');
    expect(valueOf(await secretOf('secondrun0'))).to.equal('two');
    expect(valueOf(await secretOf('firstrun00'))).to.equal('one');
    const changed = { ...first, data: { ...first.data, A: Buffer.from('three').toString('base64') } };
    expect(await failureOf(client.replace(SECRET, changed, signal)))
      .to.be.instanceOf(ApiError)
      .and.to.include({ code: 422 });
    await client.delete(POD, namespace, 'first', { signal });
    const end = performance.now() + 60_000;
    while ((await client.get(SECRET, namespace, first.metadata.name, signal)) !== undefined) {
      if (performance.now() > end) throw new Error('the Secret outlived its driver');
      await sleep(100);
    }
    expect(said).to.deep.equal([]);
  });

  it('that began while the operator was away get theirs when it is back, and nothing else is written', async () => {
    await part.stop();
    await drive('late', 'laterun000');
    await sleep(300);
    expect(await client.get(SECRET, namespace, runSecretName('orders', 'laterun000'), signal)).to.be.undefined;
    const before = await secretOf('secondrun0');
    await start();
    expect(valueOf(await secretOf('laterun000'))).to.equal('two');
    expect(await secretOf('secondrun0')).to.deep.equal(before);
  });

  it('meet a Secret of their name that is not theirs: it stays, and they are told', async () => {
    const metadata = { name: runSecretName('orders', 'takenrun00'), namespace };
    await client.create(SECRET, { metadata }, signal);
    await drive('taken', 'takenrun00');
    const end = performance.now() + 10_000;
    while (!said.includes('Conflict') && performance.now() < end) await sleep(20);
    expect(said).to.deep.equal(['Conflict']);
    expect(await secretOf('takenrun00')).not.to.have.property('data');
  });
});
