import { expect } from 'chai';
import { explain } from '../../../operator/injection/explain/explain.ts';
import { manifestSubject, podSubject, UNDERSTOOD } from '../../../operator/injection/explain/manifest.ts';
import type { Explanation } from '../../../operator/injection/explain/result.ts';
import type { Fields } from '../../../operator/injection/explain/shape.ts';
import type { BindingView } from '../../../operator/injection/binding-view.ts';
import { scheduledApplication, sparkApplication, sparkConnect } from '../../e2e/support/kubeflow.ts';
import { golden, key, view, type GoldenPod } from '../bindings.ts';

const INJECT = { 'secrets.iomete.com/inject': 'true' };
const KUBEFLOW = 'sparkoperator.k8s.io/v1beta2';

function explained(manifest: object, ...views: BindingView[]): Explanation {
  const subject = manifestSubject(manifest as Fields, 'analytics');
  if (subject === undefined) throw new Error('not understood');
  return explain(subject, views);
}

const bySelector = (
  name: string,
  selector: BindingView['binding']['spec']['selector'],
  ...env: string[]
): BindingView => view(name, { spec: { selector, env: env.map((one) => ({ name: one, key: one })) } });

/** Bindings that tell the goldens apart in each way there is. */
const BINDINGS = [
  bySelector('all', { applications: ['*'] }, 'A', 'GREETING'),
  bySelector('etl', { applications: ['orders-etl'] }, 'B'),
  bySelector('nightly', { applications: ['nightly-orders'] }, 'C'),
  bySelector('runs', { applications: ['nightly-orders-*'] }, 'D'),
  bySelector('report', { applications: ['orders-report'] }, 'E'),
  bySelector('adhoc', { applications: ['adhoc'] }, 'F'),
  bySelector('role', { matchLabels: { 'spark-role': 'driver' } }, 'G'),
  bySelector('kubeflow', { matchLabels: { 'sparkoperator.k8s.io/launched-by-spark-operator': 'true' } }, 'H'),
  bySelector('spark', { matchLabels: { 'spark-app-name': 'spark' } }, 'I'),
  bySelector('nobody', { applications: ['nobody'] }, 'J'),
];

const program = ['--env', 'GREETING', '--conf', 'spark.orders.greeting', '--hold-seconds=15'];
const kubeflow = (name: string) => ({ namespace: 'analytics', name, image: 'registry.local/spark:1', args: program });

/** The objects that the golden pods were made of. */
const OBJECTS: readonly [GoldenPod, object][] = [
  [
    'kubeflow-application-driver',
    sparkApplication({ ...kubeflow('orders-etl'), driver: { env: [{ name: 'GREETING', value: 'hello' }] } }),
  ],
  ['kubeflow-scheduled-driver', scheduledApplication(kubeflow('nightly-orders'), '@every 20s')],
  ['kubeflow-connect-server', sparkConnect({ ...kubeflow('adhoc'), conf: { 'spark.orders.greeting': 'hello' } })],
  [
    'apache-application-driver',
    {
      apiVersion: 'spark.apache.org/v1',
      kind: 'SparkApplication',
      metadata: { name: 'orders-report', namespace: 'apache' },
      spec: { pyFiles: 'local:///opt/spark/examples/src/main/python/pi.py', driverArgs: ['20000'] },
    },
  ],
];

/** Without the time in a run's name. */
function timeless(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(/nightly-orders-\d{19}/g, 'nightly-orders-TIME'));
}

describe('the explanation of a manifest', () => {
  for (const [name, object] of OBJECTS) {
    it(`agrees with that of the pod that was made of it: ${name}`, () => {
      const ofObject = explained(object, ...BINDINGS);
      const ofPod = explain({ ...podSubject(golden(name)), isThere: false }, BINDINGS);
      const { subject, notes } = ofObject;
      expect(timeless(ofObject)).to.deep.equal(timeless({ ...ofPod, subject, notes }));
      expect(ofObject.verdict).to.equal('WouldInject');
      expect(ofObject.bindings.filter(({ selected }) => selected).length).to.be.within(2, 6);
    });
  }

  it('makes the command of the pod that was made of it', () => {
    for (const [name, object] of OBJECTS.filter(([one]) => one !== 'kubeflow-connect-server')) {
      const made = manifestSubject(object as Fields, 'analytics')?.pod.spec?.containers.at(-1);
      const [real] = golden(name).spec.containers;
      expect([made?.name, made?.args]).to.deep.equal([real?.name, real?.args]);
    }
  });

  it('takes labels and annotations from conf, from the driver and from its template', () => {
    const spec = {
      sparkConf: { 'spark.kubernetes.driver.label.team': 'conf', 'spark.kubernetes.driver.annotation.a': '1' },
      driver: {
        labels: { tier: 'driver' },
        annotations: { b: '2' },
        template: { metadata: { labels: { team: 'template', cost: 'template' } } },
      },
    };
    const { pod } = manifestSubject(
      { apiVersion: KUBEFLOW, kind: 'SparkApplication', metadata: { name: 'x' }, spec },
      'n',
    )!;
    expect(pod.metadata?.labels).to.include({ team: 'conf', tier: 'driver', cost: 'template', 'spark-role': 'driver' });
    expect(pod.metadata?.annotations).to.deep.equal({ a: '1', b: '2' });
  });

  it('uses Apache’s name, and Spark’s own where the user set one', () => {
    const named = (sparkConf: object) =>
      explained({
        apiVersion: 'spark.apache.org/v1',
        kind: 'SparkApplication',
        metadata: { name: 'orders' },
        spec: { mainClass: 'Main', jars: 'local:///a.jar', sparkConf },
      }).application.names;
    expect(named({})).to.deep.equal(['orders']);
    expect(named({ 'spark.app.name': 'Orders Daily' })).to.deep.equal(['orders-daily', 'orders']);
  });

  it('finds references in conf and environment of driver and executors', () => {
    const secret = '${secrets.g/K}';
    const spec = {
      sparkConf: { 'spark.a': secret, 'spark.kubernetes.driverEnv.B': secret },
      hadoopConf: { c: secret },
      driver: { env: [{ name: 'D', value: secret }], envVars: { E: secret } },
      executor: { envVars: { F: secret }, env: [{ name: 'G', value: secret }] },
    };
    const all = view('b', { spec: { selector: { applications: ['x'] } }, referenceKeys: [key('g/K')] });
    const manifest = { apiVersion: KUBEFLOW, kind: 'SparkApplication', metadata: { name: 'x' }, spec };
    const { references, verdict } = explained(manifest, all);
    expect(verdict).to.equal('WouldInject');
    const told = references.map(({ where, outcome }) => `${where}: ${outcome}`);
    expect(told).to.include.members([
      'variable B: Resolved',
      'variable D: Resolved',
      'variable E: Resolved',
      'property spark.a: Resolved',
      'property spark.hadoop.c: Resolved',
      'property spark.executorEnv.F: Resolved',
      'variable G of spec.executor.env: Left',
    ]);
    expect(told.filter((text) => text.endsWith('Stops'))).to.deep.equal([]);
  });

  it('understands pods and the templates of workloads', () => {
    const template = {
      metadata: { labels: { ...INJECT, app: 'notebook' } },
      spec: { containers: [{ name: 'main', image: 'x' }] },
    };
    const objects = [
      { apiVersion: 'v1', kind: 'Pod', ...template },
      ...['Deployment', 'StatefulSet'].map((kind) => ({ apiVersion: 'apps/v1', kind, spec: { template } })),
      { apiVersion: 'batch/v1', kind: 'Job', spec: { template } },
      { apiVersion: 'batch/v1', kind: 'CronJob', spec: { jobTemplate: { spec: { template } } } },
    ];
    for (const object of objects) {
      const { application, verdict } = explained(object, bySelector('n', { applications: ['notebook'] }, 'A'));
      expect([object.kind, application.names, verdict]).to.deep.equal([object.kind, ['notebook'], 'WouldInject']);
    }
  });

  it('says that a template that has not opted in is not looked at', () => {
    const spec = { template: { spec: { containers: [{ name: 'main' }] } } };
    const { verdict, messages } = explained({ apiVersion: 'apps/v1', kind: 'Deployment', spec });
    expect(verdict).to.equal('NotSelected');
    expect(messages.join()).to.contain('The webhook is not asked about this pod');
  });

  it('does not guess at other kinds, or at the same kind of another group', () => {
    for (const [apiVersion, kind] of [
      ['v1', 'ConfigMap'],
      ['example.com/v1', 'SparkApplication'],
      ['apps/v1', 'Pod'],
    ])
      expect(manifestSubject({ apiVersion, kind }, 'n')).to.equal(undefined);
    expect(UNDERSTOOD).to.contain('SparkConnect (sparkoperator.k8s.io)').and.contain('CronJob (batch)');
  });

  it('does not fall over what has another form than it should have', () => {
    const odd: unknown[] = [
      null,
      1,
      'text',
      [],
      [null, 7, {}, { name: 1 }],
      { name: 'x' },
      { a: { b: [1] } },
      '__proto__',
    ];
    const fieldsOf = (value: unknown) => ({
      metadata: { name: value, namespace: value, labels: value, annotations: value },
      spec: { template: value, driver: value, executor: value, server: value, sparkConf: value, containers: value },
    });
    const deep = (value: unknown) => ({
      metadata: { labels: { ...INJECT, a: value } },
      spec: {
        containers: [{ name: 'x', args: value, command: value, env: [{ name: 'A', value }], volumeMounts: value }],
      },
    });
    const all = bySelector('all', { matchLabels: INJECT }, 'A');
    for (const value of odd)
      for (const manifest of [
        { apiVersion: KUBEFLOW, kind: 'SparkApplication', ...fieldsOf(value) },
        { apiVersion: 'sparkoperator.k8s.io/v1alpha1', kind: 'SparkConnect', ...fieldsOf(value) },
        { apiVersion: 'spark.apache.org/v1', kind: 'SparkApplication', ...fieldsOf(value) },
        { apiVersion: 'v1', kind: 'Pod', ...fieldsOf(value) },
        { apiVersion: 'v1', kind: 'Pod', ...deep(value) },
      ])
        expect(explained(manifest, all), JSON.stringify(manifest)).to.have.property('verdict');
  });
});
