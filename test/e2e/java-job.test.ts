import { expect } from 'chai';
import type { Cluster } from '../../deploy/local/cluster.ts';
import { apply } from '../../tools/spark/kube.ts';
import { compare, parseReports, type Report } from '../../tools/spark/report.ts';
import { DRIVER_CONTAINER, ended, logs, type Outcome } from '../../tools/spark/submit.ts';
import { binding, readiness, removeNamespaces, sparkNamespace, store, storeSecret } from './support/declare.ts';
import { environment } from './support/environment.ts';
import { compileJob } from './support/java.ts';
import { startJob } from './support/job.ts';

const namespace = 'e2e-java';
const values = { PASSWORD: 'with "quotes", =, : and \\', TOKEN: 'plain' };
const spec = {
  selector: { applications: ['java-job'] },
  env: [
    { name: 'PASSWORD', key: 'orders/PASSWORD' },
    { name: 'DRIVER_ONLY', key: 'orders/TOKEN', targets: ['driver'] },
    { name: 'EXECUTOR_ONLY', key: 'orders/TOKEN', targets: ['executor'] },
  ],
  envFrom: [{ group: 'orders', prefix: 'ORDERS_' }],
  sparkConf: [{ name: 'spark.e2e.password', key: 'orders/PASSWORD' }],
  files: [{ path: 'keystore', key: 'other/KEYSTORE' }],
  references: [{ key: 'other/TOKEN' }],
};
/** What the code reads with examples/jvm: from a variable, from a file, and of the operator's API. */
const read = { 'orders/PASSWORD': values.PASSWORD, 'other/KEYSTORE': 'of a file', 'other/TOKEN': 'of the API' };
const both = {
  env: { PASSWORD: values.PASSWORD, ORDERS_PASSWORD: values.PASSWORD, ORDERS_TOKEN: values.TOKEN, ...read },
  conf: { 'spark.e2e.password': values.PASSWORD },
};

/** A driver whose pod is not ready has no name in the DNS: the sidecars run until the job says that it is done. */
const untilDone = `args: [timeout, '240', sh, -c, 'until [ -e /done/now ]; do sleep 0.2; done']`;
const template = (image: string, name: string): string => `
apiVersion: v1
kind: Pod
spec:
  volumes: [{name: job, configMap: {name: java-job}}, {name: done, emptyDir: {}}]
  containers:
    - {name: before, image: '${image}', ${untilDone}, volumeMounts: [{name: done, mountPath: /done}]}
    - {name: ${name}, volumeMounts: [{name: job, mountPath: /opt/job}, {name: done, mountPath: /done}]}
    - {name: after, image: '${image}', ${untilDone}, volumeMounts: [{name: done, mountPath: /done}]}
`;

describe('a Java job with sidecars from pod templates', function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let received: readonly Report[];
  let outcome: Outcome;

  before(async () => {
    const { cluster: shared, sparkImage: image } = await environment();
    cluster = shared;
    await sparkNamespace(cluster, namespace);
    await apply(cluster, [
      store(namespace),
      storeSecret(namespace, values, 'orders'),
      storeSecret(namespace, { KEYSTORE: read['other/KEYSTORE'], TOKEN: read['other/TOKEN'] }, 'other'),
      binding(namespace, 'job', spec),
    ]);
    await readiness(cluster, namespace, 'job');
    const sources = ['test/e2e/jobs/JavaReport.java', 'examples/jvm/SparkSecrets.java'];
    const run = await startJob(cluster, {
      namespace,
      name: 'java-job',
      image,
      conf: {
        'spark.executor.instances': '1',
        'spark.kubernetes.driver.podTemplateContainerName': DRIVER_CONTAINER,
        'spark.kubernetes.executor.podTemplateContainerName': 'spark-kubernetes-executor',
        'spark.kubernetes.executor.podTemplateFile': '/opt/job/executor.yaml',
      },
      options: ['--class=JavaReport'],
      main: 'local:///opt/job/job.jar',
      args: [[...Object.keys(both.env), 'DRIVER_ONLY', 'EXECUTOR_ONLY'].join(','), Object.keys(both.conf).join(',')],
      template: template(image, DRIVER_CONTAINER),
      files: {
        'job.jar': await compileJob(cluster, image, { namespace, sources }),
        'executor.yaml': Buffer.from(template(image, 'spark-kubernetes-executor')).toString('base64'),
      },
    });
    outcome = await ended(cluster, run, 200_000);
    received = parseReports(await logs(cluster, namespace, run.driver, DRIVER_CONTAINER));
  });
  after(() => removeNamespaces(cluster, namespace));

  it('comes to a good end', () => {
    expect(outcome).to.include({ succeeded: true, driverPhase: 'Succeeded' });
    expect(received.map(({ pod }) => pod)).to.deep.equal(['driver', 'executor 1']);
  });

  it('gets variables, a group’s variables, properties, and what its code asks for, on driver and executor', () => {
    expect(compare(received, both).filter(({ ok }) => !ok)).to.deep.equal([]);
  });

  it('gets a variable with targets only there', () => {
    const given = received.map(({ env }) => [env['DRIVER_ONLY'] !== null, env['EXECUTOR_ONLY'] !== null]);
    expect(given).to.deep.equal([
      [true, false],
      [false, true],
    ]);
  });
});
