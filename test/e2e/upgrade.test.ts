import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { operatorImage } from '../../deploy/image/build.ts';
import type { Cluster } from '../../deploy/local/cluster.ts';
import { LABELS } from '../../operator/api/group.ts';
import { HttpKubeClient } from '../../operator/runtime/kube-client.ts';
import type { KubeConnection } from '../../operator/runtime/kube-connection.ts';
import { apply, eventually, getAll, type KubeObject } from '../../tools/spark/kube.ts';
import { installOperator, OPERATOR, removeOperator } from '../../tools/spark/operator.ts';
import { compare, type Expected, type Report } from '../../tools/spark/report.ts';
import { ended, type Outcome, release as letEnd, reports, type Submission } from '../../tools/spark/submit.ts';
import { imageValues } from '../support/image-values.ts';
import { connect } from '../support/operator/launch.ts';
import { release } from './releases/release.ts';
import {
  binding,
  bindingData,
  readiness,
  removeNamespaces,
  sparkNamespace,
  store,
  storeSecret,
} from './support/declare.ts';
import { type Submitted, submitCrowd } from './support/drivers.ts';
import { environment } from './support/environment.ts';
import { startJob } from './support/job.ts';
import { newLeader } from './support/leader.ts';

const FROM = '0.1.0';
const chart = join(import.meta.dirname, '..', '..', 'deploy', 'chart');
/** Where a job runs all the time and nothing else happens, and where drivers come and values change. */
const [QUIET, BUSY] = ['e2e-upgrade', 'e2e-upgrade-crowd'] as const;
const VALUES = { TOKEN: 'a token', PASSWORD: 'a password' };
const EXPECTED: Expected = {
  env: { TOKEN: VALUES.TOKEN, RUN_TOKEN: VALUES.TOKEN },
  conf: { 'spark.orders.url': `db?password=${VALUES.PASSWORD}` },
};

/** What changes with a write, of each object by its kind and name. */
type Versions = Readonly<Record<string, string>>;
type Versioned = KubeObject & { readonly metadata: { readonly resourceVersion: string } };
interface Restarts {
  readonly restartCount: number;
}
interface Started extends KubeObject {
  readonly status: Readonly<Partial<Record<'initContainerStatuses' | 'containerStatuses', readonly Restarts[]>>>;
}

describe(`helm upgrade from ${FROM} to this version, with a job running`, function () {
  this.timeout(600_000); // images may have to be built first
  let cluster: Cluster;
  let connection: KubeConnection | undefined;
  let first: Submission;
  let received: readonly Report[];
  let outcome: Outcome;
  let later: readonly Report[];
  let crowd: readonly Submitted[];
  let seen: readonly string[];
  let pods: Record<'before' | 'after', Versions>;
  let objects: Record<'before' | 'upgraded' | 'back', Versions>;

  const helm = (command: string, ...args: readonly string[]): Promise<string> => {
    const where = [`--namespace=${OPERATOR.namespace}`, '--wait', '--timeout=90s'];
    return cluster.helm([command, OPERATOR.name, ...args, ...where], { timeoutMs: 100_000 });
  };

  before(async () => {
    const shared = await environment();
    cluster = shared.cluster;
    const old = await release(FROM);
    const present = await operatorImage();
    await cluster.loadImage(old.image.tar);
    await removeOperator(cluster);
    await helm('install', old.chart, ...imageValues(old.image.name));
    await declare(cluster);
    first = await start(cluster, 'upgrade-first', shared.sparkImage);
    received = await reports(cluster, first, { count: 2, timeoutMs: 120_000 });
    pods = { before: await podsOf(cluster), after: {} };
    objects = { before: await versionsOf(cluster), upgraded: {}, back: {} };

    connection = connect(cluster);
    const over = new AbortController();
    const drivers = { namespace: BUSY, name: 'crowd', rate: 5, least: 0 };
    const submitting = submitCrowd(new HttpKubeClient(connection), drivers, over.signal);
    const watching = watchCoverage(cluster, over.signal);
    try {
      await helm('upgrade', chart, '--reset-then-reuse-values', ...imageValues(present.name));
      await newLeader(cluster);
      await changed(cluster, 'upgraded');
    } finally {
      over.abort();
      [crowd, seen] = await Promise.all([submitting, watching]);
    }
    pods.after = await podsOf(cluster);
    objects.upgraded = await versionsOf(cluster);
    const second = await start(cluster, 'upgrade-second', shared.sparkImage);
    await letEnd(cluster, first);
    outcome = await ended(cluster, first, 60_000);
    later = await reports(cluster, second, { count: 2, timeoutMs: 120_000 });
  });

  after(async () => {
    await connection?.close();
    await removeNamespaces(cluster, QUIET, BUSY);
    await helm('uninstall', '--ignore-not-found');
    await installOperator(cluster, (await operatorImage()).name);
  });

  it('leaves every pod of the job as it is, which ends well with the right values', () => {
    expect(Object.keys(pods.before)).to.have.members(['upgrade-first-submit', 'upgrade-first-driver', 'executor']);
    expect(pods.after).to.deep.equal(pods.before);
    expect(compare(received, EXPECTED).filter(({ ok }) => !ok)).to.deep.equal([]);
    expect([outcome.succeeded, outcome.driverPhase]).to.deep.equal([true, 'Succeeded']);
  });

  it('refuses no driver meanwhile, and lets none through without its secrets', async () => {
    expect(crowd).to.have.length.of.at.least(20);
    expect(crowd.flatMap(({ refused }) => refused ?? [])).to.deep.equal([]);
    const where = [`--namespace=${BUSY}`, `--selector=${LABELS.injected}=true`];
    expect(await getAll(cluster, 'pods', ...where)).to.have.length(crowd.length);
  });

  it('never has a webhook configuration without the namespaces of bindings', () => {
    expect(seen).to.have.length.of.at.least(1);
    expect(seen.filter((line) => ![QUIET, BUSY].every((namespace) => line.includes(`"${namespace}"`)))).to.deep.equal(
      [],
    );
  });

  it('writes no binding, no store and no Secret for which nothing has changed', () => {
    expect(Object.keys(objects.before)).to.include.members([
      'SparkJobSecretBinding/own',
      'Secret/spark-secrets-shared',
    ]);
    expect(objects.upgraded).to.deep.equal(objects.before);
  });

  it('gives a job that comes afterwards its secrets', () => {
    expect(compare(later, EXPECTED).filter(({ ok }) => !ok)).to.deep.equal([]);
  });

  it('is taken back by helm rollback, again without a write', async () => {
    const before = await versionsOf(cluster);
    await helm('rollback');
    await newLeader(cluster);
    await changed(cluster, 'back');
    expect(await versionsOf(cluster)).to.deep.equal(before);
  });
});

async function declare(cluster: Cluster): Promise<void> {
  const selector = { applications: ['upgrade-*'] };
  const env = [{ name: 'TOKEN', key: 'TOKEN' }];
  await Promise.all([QUIET, BUSY].map((namespace) => sparkNamespace(cluster, namespace)));
  await apply(cluster, [
    ...[QUIET, BUSY].flatMap((namespace) => [store(namespace), storeSecret(namespace, VALUES)]),
    binding(QUIET, 'shared', {
      selector,
      env,
      sparkConf: [{ name: 'spark.orders.url', template: 'db?password=${PASSWORD}' }],
      files: [{ path: 'token', key: 'TOKEN' }],
    }),
    binding(QUIET, 'own', { selector, scope: 'Application', env: [{ name: 'RUN_TOKEN', key: 'TOKEN' }] }),
    binding(QUIET, 'waits', { selector: { applications: ['none'] }, env: [{ name: 'NONE', key: 'NONE' }] }),
    binding(BUSY, 'crowd', { selector: { applications: ['crowd'] }, env }),
  ]);
  for (const name of ['shared', 'own']) await readiness(cluster, QUIET, name);
  await readiness(cluster, QUIET, 'waits', 'KeyNotFound');
  await readiness(cluster, BUSY, 'crowd');
}

function start(cluster: Cluster, name: string, image: string): Promise<Submission> {
  const args = ['--env', ...Object.keys(EXPECTED.env), '--conf', ...Object.keys(EXPECTED.conf)];
  const conf = { 'spark.executor.instances': '1' };
  return startJob(cluster, { namespace: QUIET, name, image, conf, args: [...args, '--tasks=2', '--hold-seconds=240'] });
}

/** Has the operator that leads now write a new value, and a moment to write what it should not. */
async function changed(cluster: Cluster, value: string): Promise<void> {
  await apply(cluster, [storeSecret(BUSY, { ...VALUES, TOKEN: value })]);
  await eventually('the change is written', 30_000, async () =>
    (await bindingData(cluster, BUSY, 'crowd'))?.['TOKEN'] === value ? true : undefined,
  );
  await sleep(3_000);
}

async function versionsOf(cluster: Cluster): Promise<Versions> {
  const all = await getAll<Versioned>(cluster, 'sjsb,ssc,secrets', `--namespace=${QUIET}`);
  return Object.fromEntries(
    all.map(({ kind = '', metadata: { name, uid = '', resourceVersion } }) => [
      `${kind}/${name}`,
      `${uid} ${resourceVersion}`,
    ]),
  );
}

/** Who each pod is, and how often its containers began anew. */
async function podsOf(cluster: Cluster): Promise<Versions> {
  const all = await getAll<Started>(cluster, 'pods', `--namespace=${QUIET}`);
  return Object.fromEntries(
    all.map(({ metadata: { name, uid = '', labels }, status }) => {
      const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
      const restarts = containers.map(({ restartCount }) => restartCount);
      return [labels?.['spark-role'] === 'executor' ? 'executor' : name, `${uid} ${restarts.join()}`];
    }),
  );
}

/** Every state of the webhook configuration: for which namespaces the API server calls. */
async function watchCoverage(cluster: Cluster, over: AbortSignal): Promise<readonly string[]> {
  const output = '--output=jsonpath={.webhooks[*].namespaceSelector}{"\\n"}';
  const kubectl = cluster.startKubectl(['get', 'mutatingwebhookconfiguration', OPERATOR.name, '--watch', output]);
  let text = '';
  kubectl.stdout?.setEncoding('utf8').on('data', (part: string) => (text += part));
  await new Promise((resolve) => {
    kubectl.once('close', resolve);
    over.addEventListener('abort', () => kubectl.kill());
  });
  return text.split('\n').slice(0, -1);
}
