import { expect } from 'chai';
import { decide } from '../../operator/injection/decide.ts';
import type { PatchOptions } from '../../operator/injection/patch-pod.ts';
import type { Container, EnvVar } from '../../operator/injection/pod.ts';
import { applicationNames } from '../../operator/injection/runners/registry.ts';
import { applyJsonPatch } from '../doubles/json-patch.ts';
import {
  defaulted,
  golden,
  GOLDEN_CLUSTER,
  GOLDEN_EXECUTORS,
  GOLDEN_PODS,
  marked,
  view,
  type FullPod,
} from './bindings.ts';

const RUN = 'r000000000';
const INJECT = 'secrets.iomete.com/inject';
const FOLDER = '/mnt/spark-secrets/conf';
const VIEWS = [
  view('orders'),
  view('own', { spec: { scope: 'Application', precedence: 'Pod', env: [{ name: 'LICENSE', key: 'LICENSE' }] } }),
];

const notebook: FullPod = {
  metadata: { labels: { [INJECT]: 'true', app: 'notebook' } },
  spec: { containers: [{ name: 'jupyter', image: 'notebook:1', command: ['jupyter', 'lab'] }] },
};
const clientMode: FullPod = {
  metadata: { labels: { [INJECT]: 'true', 'app.kubernetes.io/name': 'report' } },
  spec: {
    containers: [
      { name: 'istio', image: 'istio' },
      {
        name: 'base',
        image: 'spark:1',
        command: ['/opt/spark/bin/spark-submit', '--conf', 'spark.a=${secrets.orders/K}', '/app.py'],
        env: [{ name: 'SPARK_CONF_DIR', value: '/etc/spark' }],
        volumeMounts: [{ name: 'conf', mountPath: '/etc/spark' }],
      },
    ],
  },
};
const inBase = marked(clientMode, {}, { 'secrets.iomete.com/container': 'base' });
const started = (command: string[]): FullPod => ({ ...inBase, spec: { containers: [{ name: 'base', command }] } });

const launches: Record<string, FullPod> = {
  ...Object.fromEntries(GOLDEN_PODS.map((name) => [name, golden(name)])),
  'kubeflow-connect-server': golden('kubeflow-connect-server'),
  ...Object.fromEntries(
    GOLDEN_CLUSTER.map((name) => [`${name}, opted in`, marked(golden(name), { [INJECT]: 'true' })]),
  ),
  'a notebook': notebook,
  'spark-submit in client mode': inBase,
  'spark-submit in client mode, by JVM arguments': marked(inBase, {}, { 'secrets.iomete.com/conf': 'JvmArguments' }),
  "a notebook, merged by the operator's image": marked(notebook, {}, { 'secrets.iomete.com/merge-image': 'operator' }),
};
const OPTIONS: PatchOptions = { operatorImage: 'registry.local/operator:1' };

/** What the webhook answers, and the pod after it. */
function answerOf(pod: FullPod, views = VIEWS) {
  const decision = decide(pod, views, RUN, OPTIONS);
  if (decision.kind !== 'patch') throw new Error(JSON.stringify(decision));
  return { ...decision, after: applyJsonPatch(pod, decision.patch) };
}

function admitted(pod: FullPod): FullPod {
  return answerOf(pod).after;
}

function mergeOf({ spec }: FullPod): Container {
  return spec.initContainers!.find(({ name }) => name === 'spark-secrets-merge')!;
}

function injected({ spec }: FullPod): Container {
  const [container, ...others] = spec.containers.filter(({ volumeMounts = [] }) =>
    volumeMounts.some(({ mountPath }) => mountPath === FOLDER),
  );
  expect(others).to.deep.equal([]);
  return container!;
}

function values(env: readonly EnvVar[] | undefined): Record<string, string | undefined> {
  return Object.fromEntries((env ?? []).map(({ name, value }) => [name, value]));
}

function denial(pod: FullPod, options = OPTIONS): string {
  const decision = decide(pod, VIEWS, RUN, options);
  if (decision.kind !== 'deny') throw new Error(decision.kind);
  return decision.message;
}

describe('every way of launching Spark', () => {
  for (const [name, pod] of Object.entries(launches)) {
    it(`is given secrets by references, once: ${name}`, () => {
      const after = admitted(pod);
      expect(injected(after).env).to.deep.include({
        name: 'DB_PASSWORD',
        valueFrom: { secretKeyRef: { name: 'spark-secrets-orders', key: 'DB_PASSWORD', optional: false } },
      });
      expect(after.spec.containers).to.have.lengthOf(pod.spec.containers.length);
      expect(mergeOf(after).volumeMounts!.map(({ mountPath }) => mountPath)).to.include(FOLDER);
      for (const again of [after, defaulted(after)])
        expect(decide(again, VIEWS, 'other00000', OPTIONS)).to.deep.equal({ kind: 'patch', patch: [], warnings: [] });
    });

    it(`gets what was taken away back, and nothing twice: ${name}`, () => {
      const after = admitted(pod);
      const containers = after.spec.containers.map((container, at) => {
        const before = pod.spec.containers[at]!;
        const own = {
          ...(before.env === undefined ? {} : { env: before.env }),
          ...(before.volumeMounts === undefined ? {} : { volumeMounts: before.volumeMounts }),
        };
        const rest = Object.entries(container).filter(([member]) => !['env', 'volumeMounts'].includes(member));
        return { ...(Object.fromEntries(rest) as unknown as Container), ...own };
      });
      expect(admitted({ ...after, spec: { ...after.spec, containers } })).to.deep.equal(after);
    });
  }

  const names: Record<string, readonly string[]> = {
    'spark-4.1-gated-restricted': ['orders-etl'],
    'kubeflow-application-driver': ['orders-etl'],
    'kubeflow-scheduled-driver': ['nightly-orders-1795555001000950293', 'nightly-orders'],
    'kubeflow-connect-server': ['adhoc'],
    'apache-application-driver': ['orders-report'],
    'apache-cluster-master, opted in': ['shared'],
    'a notebook': ['notebook'],
  };
  for (const [name, expected] of Object.entries(names)) {
    it(`has the names that its user knows: ${name}`, () => {
      expect(applicationNames(launches[name]!)).to.deep.equal(expected);
    });
  }

  for (const name of [...GOLDEN_EXECUTORS, ...GOLDEN_CLUSTER]) {
    it(`is not that of ${name}, which stays as it is`, () => {
      const labels = name.startsWith('apache-cluster') ? {} : { [INJECT]: 'true' };
      const untouched = decide(
        marked(golden(name), labels),
        [view('a', { spec: { selector: { applications: ['other'] } } })],
        RUN,
      );
      expect(untouched).to.deep.equal({ kind: 'none' });
      if (!name.startsWith('apache-cluster'))
        expect(decide(marked(golden(name), labels), VIEWS, RUN)).to.deep.equal({ kind: 'none' });
    });
  }

  it('leaves a pod alone that opted in and that no binding selects', () => {
    expect(decide(notebook, [view('a', { spec: { selector: { applications: ['other'] } } })], RUN)).to.deep.equal({
      kind: 'none',
    });
  });
});

describe('a Connect server of Kubeflow', () => {
  it('reads a copy of its conf folder', () => {
    const after = admitted(golden('kubeflow-connect-server'));
    expect(values(injected(after).env)).to.include({ SPARK_CONF_DIR: FOLDER, SPARK_NO_DAEMONIZE: 'true' });
    expect(injected(after).args).to.deep.equal(golden('kubeflow-connect-server').spec.containers[0]!.args);
    expect(values(mergeOf(after).env)).to.include({ MODE: 'defaults', OUT: FOLDER });
    const [mount] = golden('kubeflow-connect-server').spec.containers[0]!.volumeMounts!;
    expect(mergeOf(after).volumeMounts![0]).to.deep.equal(mount);
  });

  it('has the references of its sparkConf taken out of what bash is given', () => {
    const server = golden('kubeflow-connect-server');
    const [container] = server.spec.containers;
    const args = container!.args!.map((text) => text.replace('=hello', '=x${secrets.orders/DB_PASSWORD}y'));
    const after = admitted({ ...server, spec: { ...server.spec, containers: [{ ...container!, args }] } });
    expect(injected(after).args![0]).not.to.include('secrets.').and.not.to.include('spark.orders.greeting');
    expect(values(mergeOf(after).env)['EXTRA']).to.equal('spark.orders.greeting=x${secrets.orders/DB_PASSWORD}y\n');
    expect(decide(after, VIEWS, RUN)).to.deep.equal({ kind: 'patch', patch: [], warnings: [] });
  });
});

describe('master and worker of a standalone cluster', () => {
  for (const name of GOLDEN_CLUSTER)
    it(`are refused a reference in what Spark makes a command line of: ${name}`, () => {
      const pod = marked(golden(name), { [INJECT]: 'true' });
      const [container] = pod.spec.containers;
      const env = container!.env!.map((entry) => ({ ...entry, value: '-Dspark.x=${secrets.orders/DB_PASSWORD}' }));
      expect(denial({ ...pod, spec: { ...pod.spec, containers: [{ ...container!, env }] } })).to.match(
        /SPARK_(MASTER|WORKER)_OPTS refers to .*, but this variable belongs to Spark or the JVM/,
      );
    });
});

describe('a pod in client mode', () => {
  it('has its conf folder copied from where it is, and its references resolved in the copy', () => {
    const after = admitted(inBase);
    const container = injected(after);
    expect(container.name).to.equal('base');
    expect(container.command).to.deep.equal(['/opt/spark/bin/spark-submit', '/app.py']);
    expect(values(container.env)).to.include({ SPARK_CONF_DIR: FOLDER });
    expect(values(mergeOf(after).env)).to.deep.equal({
      MODE: 'defaults',
      OUT: FOLDER,
      SPARK_CONF_DIR: '/etc/spark',
      EXTRA: 'spark.a=${secrets.orders/K}\n',
      BEFORE: '/mnt/spark-secrets/source/before',
      AFTER: '/mnt/spark-secrets/source/after',
    });
    expect(mergeOf(after).volumeMounts![0]).to.deep.equal({ name: 'conf', mountPath: '/etc/spark', readOnly: true });
    expect(mergeOf(after).image).to.equal('spark:1');
  });

  it('is given JVM arguments by one variable, its conf folder left as it is', () => {
    const after = admitted(marked(inBase, {}, { 'secrets.iomete.com/conf': 'JvmArguments' }));
    expect(values(injected(after).env)).to.include({
      SPARK_CONF_DIR: '/etc/spark',
      JDK_JAVA_OPTIONS: `@${FOLDER}/jvm.args`,
    });
    expect(values(mergeOf(after).env)).to.include({ MODE: 'jvm', OUT: `${FOLDER}/jvm.args` });
  });

  it('has what a binding gives over what its command says, with a warning, unless the pod has precedence', () => {
    const command = ['spark-submit', '--conf', 'spark.x=canary-own', 'app.py'];
    const pod = started(command);
    const sparkConf = [{ name: 'spark.x', key: 'orders/X' }];
    const answer = answerOf(pod, [view('a', { spec: { sparkConf } })]);
    expect(injected(answer.after).command).to.deep.equal(['spark-submit', 'app.py']);
    expect(answer.warnings.join()).to.match(/analytics\/a replaces the Spark property spark\.x .*precedence: Pod/);
    expect(JSON.stringify(answer)).not.to.include('canary-own');
    const polite = answerOf(pod, [view('a', { spec: { sparkConf, precedence: 'Pod' } })]);
    expect(injected(polite.after).command).to.deep.equal(command);
    expect(polite.warnings).to.deep.equal([]);
  });

  it('has what would hide values, or stand against executors’ variables, weighed with what bindings give', () => {
    const own = ['spark.redaction.regex=x', 'spark.executorEnv.LICENSE=y', 'spark.executorEnv.OTHER=z'];
    const command = ['spark-submit', ...own.flatMap((conf) => ['--conf', conf]), 'app.py'];
    const after = admitted(started(command));
    expect(injected(after).command).to.deep.equal(['spark-submit', '--conf', own[2], 'app.py']);
    expect(values(mergeOf(after).env)['EXTRA']).to.equal(`${own[0]!}\n${own[1]!}\n`);
  });

  for (const property of ['spark.executorEnv.DB_PASSWORD', 'spark.kubernetes.executor.secretKeyRef.DB_PASSWORD']) {
    it(`has a binding's variable of executors over that of its command, with a warning: ${property}`, () => {
      const command = ['spark-submit', '--conf', `${property}=canary:own`, 'app.py'];
      const answer = answerOf(started(command));
      expect(injected(answer.after).command).to.deep.equal(['spark-submit', 'app.py']);
      expect(answer.warnings).to.have.lengthOf(1);
      expect(answer.warnings[0]).to.include(`analytics/orders replaces the Spark property ${property} that the job's`);
      expect(JSON.stringify(answer)).not.to.include('canary');
    });
  }

  it('keeps the variable of executors that its command has, where it has precedence, and where executors get none', () => {
    const command = ['spark-submit', '--conf', 'spark.kubernetes.executor.secretKeyRef.X=old:x', 'app.py'];
    const x = { name: 'X', key: 'X' };
    for (const spec of [{ env: [x], precedence: 'Pod' as const }, { env: [{ ...x, targets: ['driver' as const] }] }]) {
      const { after, warnings } = answerOf(started(command), [view('a', { spec })]);
      expect(injected(after).command).to.deep.equal(command);
      expect(warnings).to.deep.equal([]);
    }
  });

  it('is refused with what its owner has to mend', () => {
    expect(denial(marked(notebook, {}, { 'secrets.iomete.com/container': 'x' }))).to.match(
      /^This pod is selected by SparkJobSecretBinding analytics\/orders, .*, but: The annotation .* set it to one of jupyter\.$/,
    );
  });
});

describe("an init container of the operator's image", () => {
  const wanted = { 'secrets.iomete.com/merge-image': 'operator' };

  it('runs the same script there, with the programs of that image', () => {
    const own = mergeOf(admitted(notebook));
    const merge = mergeOf(admitted(marked(notebook, {}, wanted)));
    expect(merge).to.include({ image: 'registry.local/operator:1', imagePullPolicy: 'IfNotPresent' });
    expect(merge.command).to.deep.equal(['/opt/merge/bin/sh', '-c', own.command![2]]);
    expect(values(merge.env)).to.deep.equal({ ...values(own.env), PATH: '/opt/merge/bin' });
    expect(merge.securityContext).to.deep.equal(own.securityContext);
  });

  it('keeps the rights of the driver', () => {
    const merge = mergeOf(admitted(marked(golden('spark-4.1-gated-restricted'), {}, wanted)));
    const driver = golden('spark-4.1-gated-restricted').spec.containers.find(({ args }) => args?.[0] === 'driver');
    expect(merge.securityContext).to.deep.equal(driver!.securityContext).and.not.to.be.undefined;
  });

  it('stays at the mirror that another webhook sent it to', () => {
    const after = admitted(marked(notebook, {}, wanted));
    const initContainers = after.spec.initContainers!.map((one) => ({ ...one, image: 'mirror/operator:1' }));
    const mirrored = { ...after, spec: { ...after.spec, initContainers } };
    expect(decide(mirrored, VIEWS, RUN, OPTIONS)).to.deep.equal({ kind: 'patch', patch: [], warnings: [] });
  });

  it('is refused where the operator does not know its image, and for another value', () => {
    expect(denial(marked(notebook, {}, wanted), {})).to.include('OPERATOR_IMAGE');
    expect(denial(marked(notebook, {}, { 'secrets.iomete.com/merge-image': 'busybox' }))).to.include(
      'is busybox: set it to operator, or remove it.',
    );
  });
});
