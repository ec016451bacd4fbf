import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { API_VERSION } from '../../operator/api/group.ts';
import { apply, eventually, getAll, type KubeObject } from '../../tools/spark/kube.ts';
import { OperatorBeside } from '../support/operator/beside.ts';
import { sumOf } from '../support/prometheus.ts';
import { testCluster, type Cluster } from '../support/test-cluster.ts';

const namespace = `missed-${randomBytes(3).toString('hex')}`;
const where = `--namespace=${namespace}`;
const chart = join(import.meta.dirname, '..', '..', 'deploy', 'chart');
const CONFIGURATION = 'mutatingwebhookconfiguration';
const LATEST_MS = 30_000;

interface Event extends KubeObject {
  readonly involvedObject: { readonly kind: string; readonly name: string };
  readonly count: number;
  readonly message: string;
}

/** A pod that no scheduler takes. */
function pod(name: string, labels: Readonly<Record<string, string>>): object {
  const args = ['driver', '--properties-file', '/opt/spark/conf/spark.properties', '--class', 'Main', 'main.jar'];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: {
      schedulerName: 'nobody',
      restartPolicy: 'Never',
      containers: [{ name: 'spark-kubernetes-driver', image: 'spark', args }],
    },
  };
}

const driver = (name: string, application = 'orders'): object =>
  pod(name, { 'spark-role': 'driver', 'spark-app-name': application });

describe('pods that missed their secrets, on a real API server', function () {
  this.timeout(180_000);
  let cluster: Cluster;
  let operator: OperatorBeside;

  /** `Pod orders`, of each warning that was written, in order. */
  async function told(): Promise<string[]> {
    const events = await getAll<Event>(cluster, 'events', where, '--field-selector=reason=SecretsNotInjected');
    expect(events.map(({ count }) => count)).not.to.include(2);
    return events.map(({ involvedObject: { kind, name } }) => `${kind} ${name}`).sort();
  }

  const eventuallyTold = (name: string): Promise<true> =>
    eventually(`${name} is told of`, LATEST_MS, async () =>
      (await told()).includes(`Pod ${name}`) ? true : undefined,
    );

  /** Of the webhook configuration. */
  const configurationName = (): string => `${operator.namespace}-spark-secrets-operator`;

  /** As an administrator who wants Spark to start although the operator is down. */
  async function stopAndFailOpen(): Promise<void> {
    await operator.stop();
    const [configuration] = await getAll<{ webhooks: object[] } & KubeObject>(
      cluster,
      CONFIGURATION,
      configurationName(),
    );
    const patch = (configuration?.webhooks ?? []).map((_, at) => ({
      op: 'replace',
      path: `/webhooks/${at}/failurePolicy`,
      value: 'Ignore',
    }));
    expect(patch).not.to.deep.equal([]);
    await cluster.kubectl([
      'patch',
      CONFIGURATION,
      configurationName(),
      '--type=json',
      `--patch=${JSON.stringify(patch)}`,
    ]);
  }

  async function isInjected(name: string): Promise<boolean> {
    const [found] = await getAll(cluster, 'pod', name, where);
    return found?.metadata.labels?.['secrets.iomete.com/injected'] === 'true';
  }

  /** What the API server says of a pod that it only tries; undefined: it takes it. */
  async function refusal(object: object): Promise<string | undefined> {
    try {
      await cluster.kubectl(['create', '--dry-run=server', '--filename=-'], { input: JSON.stringify(object) });
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  before(async () => {
    cluster = await testCluster();
    operator = await OperatorBeside.open(cluster);
    await apply(cluster, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
    await cluster.kubectl(['wait', where, '--for=create', '--timeout=30s', 'serviceaccount/default']);
    const at = (name: string): object => ({ name, namespace });
    const bind = (name: string, selector: object): object => ({
      apiVersion: API_VERSION,
      kind: 'SparkJobSecretBinding',
      metadata: at(name),
      spec: { storeRef: { name: 'default' }, selector, env: [{ name: 'A', key: 'A' }] },
    });
    await apply(cluster, [
      { apiVersion: 'v1', kind: 'Secret', metadata: at('values'), stringData: { A: 'canary-of-missed' } },
      {
        apiVersion: API_VERSION,
        kind: 'SecretStoreConfig',
        metadata: at('default'),
        spec: { type: 'kubernetes', kubernetes: { secretName: 'values' } },
      },
      bind('orders', { applications: ['orders'] }),
      bind('notebooks', { matchLabels: { team: 'science' } }),
    ]);
    await operator.start();
    await cluster.kubectl(['wait', 'sjsb', '--all', '--for=condition=Ready', where, '--timeout=60s']);
  });
  after(async () => {
    await operator.close();
    await cluster.kubectl([
      'delete',
      'validatingadmissionpolicybinding,validatingadmissionpolicy',
      `--selector=app.kubernetes.io/instance=${namespace}`,
    ]);
    await cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  });

  it('are told of once the operator is back: pods that have not ended, and their bindings', async () => {
    await apply(cluster, [driver('in-time')]);
    expect(await isInjected('in-time')).to.equal(true);
    await stopAndFailOpen();
    await apply(cluster, [
      driver('missed'),
      driver('of-no-binding', 'others'),
      driver('ended'),
      pod('notebook', { 'secrets.iomete.com/inject': 'true', team: 'science' }),
      pod('executor', { 'spark-role': 'executor', 'spark-app-name': 'orders', team: 'science' }),
    ]);
    expect(await isInjected('missed')).to.equal(false);
    const failed = JSON.stringify({ status: { phase: 'Failed' } });
    await cluster.kubectl(['patch', 'pod', 'ended', where, '--subresource=status', `--patch=${failed}`]);
    await operator.start();
    await eventuallyTold('missed');
    await eventuallyTold('notebook');
    await eventually('both were counted', LATEST_MS, async () =>
      sumOf(await operator.metrics(), 'spark_secrets_missed_injections_total') === 2 ? true : undefined,
    );
    expect(await told()).to.deep.equal([
      'Pod missed',
      'Pod notebook',
      'SparkJobSecretBinding notebooks',
      'SparkJobSecretBinding orders',
    ]);
    expect(await cluster.kubectl(['describe', 'pod', 'missed', where])).to.match(
      /Warning +SecretsNotInjected .*without the secrets of SparkJobSecretBinding orders: .*create it again\./,
    );
  });

  it('are not told of again by an operator that starts, which tells of the next one', async () => {
    await stopAndFailOpen();
    await apply(cluster, [driver('next')]);
    await operator.start();
    await eventuallyTold('next');
    await eventually('it was counted', LATEST_MS, async () =>
      sumOf(await operator.metrics(), 'spark_secrets_missed_injections_total') === 1 ? true : undefined,
    );
    expect(await told()).to.deep.equal([
      'Pod missed',
      'Pod next',
      'Pod notebook',
      'SparkJobSecretBinding notebooks',
      'SparkJobSecretBinding orders',
      'SparkJobSecretBinding orders',
    ]);
  });

  it('are not those that a binding selects only since it was changed', async () => {
    const selector = JSON.stringify({ spec: { selector: { applications: ['orders', 'others'] } } });
    await cluster.kubectl(['patch', 'sjsb', 'orders', where, '--type=merge', `--patch=${selector}`]);
    // Each change of the pod is a look at it.
    await cluster.kubectl(['label', 'pod', 'of-no-binding', where, 'looked=at']);
    await stopAndFailOpen();
    await apply(cluster, [driver('third')]);
    await operator.start();
    await eventuallyTold('third');
    expect(await told()).not.to.include('Pod of-no-binding');
  });

  it('are refused by the final-state guard, which admits what the webhook patched', async () => {
    const only = ['--show-only', 'templates/final-state-guard.yaml', '--set', 'finalStateGuard.enabled=true'];
    await apply(cluster, await cluster.helm(['template', namespace, chart, ...only]));
    await cluster.kubectl(['label', 'namespace', namespace, 'secrets.iomete.com/require=true']);
    const executor = pod('bare', { 'spark-role': 'executor' });
    await eventually('the guard is in force', LATEST_MS, async () => ((await refusal(executor)) ? true : undefined));
    expect(await refusal(driver('guarded'))).to.equal(undefined);
    expect(await refusal(driver('guarded', 'unbound'))).to.match(/this Spark pod got no secrets/);
    await stopAndFailOpen();
    expect(await refusal(driver('guarded'))).to.match(/this Spark pod got no secrets/);
    await cluster.kubectl(['label', 'namespace', namespace, 'secrets.iomete.com/require-']);
    await operator.start();
  });

  it('are told of at once when the webhook configuration was deleted under a running operator', async () => {
    await cluster.kubectl(['delete', CONFIGURATION, configurationName()]);
    await apply(cluster, [driver('unguarded')]);
    await eventuallyTold('unguarded');
  });

  it('are told of without a value', async () => {
    expect(await cluster.kubectl(['get', 'events', where, '--output=yaml'])).not.to.include('canary-of-missed');
  });
});
