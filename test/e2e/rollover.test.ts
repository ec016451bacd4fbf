import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../deploy/local/cluster.ts';
import { LABELS } from '../../operator/api/group.ts';
import { POD } from '../../operator/api/kinds.ts';
import { HttpKubeClient, type KubeClient } from '../../operator/runtime/kube-client.ts';
import type { KubeConnection } from '../../operator/runtime/kube-connection.ts';
import { apply, eventually, getOne, type KubeObject, type Pod } from '../../tools/spark/kube.ts';
import { OPERATOR, operatorReady } from '../../tools/spark/operator.ts';
import { connect } from '../support/operator/launch.ts';
import { binding, readiness, removeNamespaces, sparkNamespace, store, storeSecret } from './support/declare.ts';
import { environment } from './support/environment.ts';

const namespace = 'e2e-rollover';
const where = `--namespace=${namespace}`;
const home = `--namespace=${OPERATOR.namespace}`;
const COUNT = 500;
/** Drivers a second: all of them, until everything below has been done to the operator. */
const RATE = 12;
/** As the client of spark-submit tries again when the API server answers 5xx: ten times, 0.1 s at first, each pause twice as long. */
const [TRIES, FIRST_PAUSE_MS] = [10, 100];

/** One driver that was submitted. */
interface Submitted {
  readonly at: number;
  readonly tries: number;
  /** Why it was refused in the end. */
  readonly refused?: string;
}

/** A driver's pod as spark-submit makes it, as far as the webhook looks; no scheduler takes it, so that it costs nothing. */
function driver(number: number): KubeObject & { readonly apiVersion: string; readonly kind: string } {
  const labels = { 'spark-role': 'driver', 'spark-app-selector': `spark-${number}`, 'spark-app-name': 'rollover' };
  const args = ['driver', '--properties-file', '/opt/spark/conf/spark.properties', '--class', 'Main', 'local:///x.jar'];
  const mounts = [{ name: 'spark-conf-volume-driver', mountPath: '/opt/spark/conf' }];
  const spec = {
    schedulerName: 'nobody',
    containers: [{ name: 'spark-kubernetes-driver', image: 'spark:4', args, volumeMounts: mounts }],
    volumes: [{ name: 'spark-conf-volume-driver', configMap: { name: `conf-${number}` } }],
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `driver-${number}`, namespace, labels },
    spec,
  } as KubeObject & {
    readonly apiVersion: string;
    readonly kind: string;
  };
}

async function submit(client: KubeClient, number: number): Promise<Submitted> {
  const at = performance.now();
  for (let tries = 1; ; tries += 1) {
    try {
      await client.create(POD, driver(number), AbortSignal.timeout(30_000));
      return { at, tries };
    } catch (error) {
      if (tries === TRIES) return { at, tries, refused: String(error) };
      await sleep(FIRST_PAUSE_MS * 2 ** (tries - 1));
    }
  }
}

/** The pod that leads, and is not `other`. Between two leaders there is none. */
function leader(cluster: Cluster, other?: string): Promise<string> {
  type Lease = KubeObject & { readonly spec?: { readonly holderIdentity?: string } };
  return eventually('a pod leads', 60_000, async () => {
    const holder = (await getOne<Lease>(cluster, 'lease', OPERATOR.name, home))?.spec?.holderIdentity ?? '';
    return holder === '' || holder === other ? undefined : holder;
  });
}

/** Kills the leader without a goodbye, and waits until another one leads and all pods are there again. */
async function killLeader(cluster: Cluster): Promise<void> {
  const before = await leader(cluster);
  await cluster.kubectl(['delete', 'pod', before, home, '--grace-period=0', '--force', '--wait=false']);
  await leader(cluster, before);
  await operatorReady(cluster);
}

describe('drivers that are submitted while the operator is replaced, and while its leader is killed', function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let connection: KubeConnection;
  let submitted: readonly Submitted[];
  let rolledOverAt: number;
  let goodbyeSeconds: number;

  before(async () => {
    ({ cluster } = await environment());
    await sparkNamespace(cluster, namespace);
    await apply(cluster, [
      store(namespace),
      storeSecret(namespace, { TOKEN: 'a token' }),
      binding(namespace, 'rollover', {
        selector: { applications: ['rollover'] },
        env: [{ name: 'TOKEN', key: 'TOKEN' }],
      }),
    ]);
    await readiness(cluster, namespace, 'rollover');
    connection = connect(cluster);
    const client = new HttpKubeClient(connection);
    const over = new AbortController();
    const submitting = (async () => {
      const all: Promise<Submitted>[] = [];
      for (let number = 0; number < COUNT || !over.signal.aborted; number += 1) {
        all.push(submit(client, number));
        await sleep(1000 / RATE);
      }
      return Promise.all(all);
    })();
    try {
      await cluster.kubectl(['rollout', 'restart', `deployment/${OPERATOR.name}`, home]);
      await operatorReady(cluster);
      rolledOverAt = performance.now();
      for (let kills = 0; kills < 2; kills += 1) await killLeader(cluster);
      const leaving = await leader(cluster);
      const start = performance.now();
      await cluster.kubectl(['delete', 'pod', leaving, home, '--wait=true'], { timeoutMs: 60_000 });
      goodbyeSeconds = (performance.now() - start) / 1000;
    } finally {
      over.abort();
      submitted = await submitting;
    }
  });
  after(async () => {
    await operatorReady(cluster);
    await connection.close();
    await removeNamespaces(cluster, namespace);
  });

  it('are all admitted within the retries of their client', () => {
    expect(submitted).to.have.length.of.at.least(COUNT);
    expect(submitted.flatMap(({ refused }) => refused ?? [])).to.deep.equal([]);
  });

  it('are not even asked to try again during a rolling update', () => {
    const during = submitted.filter(({ at }) => at < rolledOverAt);
    expect(during).to.have.length.of.at.least(20);
    expect(during.filter(({ tries }) => tries > 1)).to.deep.equal([]);
  });

  it('all have their secrets', async () => {
    const names = async (selector: string): Promise<string[]> =>
      (await cluster.kubectl(['get', 'pods', where, `--selector=${selector}`, '--output=name']))
        .split('\n')
        .filter(Boolean);
    expect(await names(`${LABELS.injected}!=true`)).to.deep.equal([]);
    expect(await names(`${LABELS.injected}=true`)).to.have.length(submitted.length);
    const first = await getOne<Pod>(cluster, 'pod', 'driver-0', where);
    expect(JSON.stringify(first?.spec)).to.include('"secretKeyRef"');
  });

  it('see an operator that leaves within its five seconds, and what the kubelet needs', () => {
    expect(goodbyeSeconds).to.be.below(10);
  });
});
