import { appNameLabel } from '../applications.ts';
import { containersOf, envOf, fields, list, podOf, text, texts, type Fields } from './shape.ts';
import { confOf, confTexts, driverPod, type Conf } from './spark-conf.ts';
import type { ConfText, Subject } from './subject.ts';
import type { Container, Pod } from '../pod.ts';

/** What an object becomes, its identity aside. */
export type Launched = Pick<Subject, 'pod' | 'conf' | 'notes'>;

const GROUP = 'sparkoperator.k8s.io';
const LAUNCHED = { [`${GROUP}/launched-by-spark-operator`]: 'true' };
const SERVER_CONTAINER = 'spark-kubernetes-driver';
/** In the name of each run of a schedule stands its time, in nanoseconds. */
const SOME_TIME = '1000000000000000000';
const OWN_EXECUTOR_ENV =
  "Kubeflow's operator writes it into the executors itself, where no reference is resolved: set spec.executor.envVars, or spark.executorEnv.NAME in spec.sparkConf.";

/** The driver that Kubeflow's operator makes of a SparkApplication (`submission.go` and its pod webhook, v2). */
export function kubeflowApplication(name: string, spec: Fields, labels: Conf = {}): Launched {
  const [driver, executor] = [fields(spec['driver']), fields(spec['executor'])];
  const conf = { ...confOf(spec), ...prefixed('spark.kubernetes.driverEnv.', driver['envVars']) };
  const all = { ...conf, ...prefixed('spark.executorEnv.', executor['envVars']) };
  const args = [spec['mainClass'] ?? 'org.apache.spark.deploy.PythonRunner', spec['mainApplicationFile']];
  const pod = driverPod({
    template: podOf(driver['template']),
    conf: { ...prefixed('spark.kubernetes.container.', { image: spec['image'] }), ...conf },
    labels: {
      ...texts(driver['labels']),
      ...labels,
      ...LAUNCHED,
      'spark-app-name': appNameLabel(name),
      [`${GROUP}/app-name`]: name,
    },
    annotations: texts(driver['annotations']),
    env: envOf(driver['env']),
    sidecars: containersOf(driver['sidecars']),
    args: [...args, ...list(spec['arguments'])].flatMap((word) => text(word) ?? []),
  });
  return { pod, conf: [...confTexts(all), ...executorEnv(executor['env'])], notes: confMaps(spec) };
}

/** The driver of a run of a ScheduledSparkApplication. */
export function kubeflowSchedule(name: string, spec: Fields): Launched {
  const run = `${name}-${SOME_TIME}`;
  const launched = kubeflowApplication(run, fields(spec['template']), { [`${GROUP}/scheduled-app-name`]: name });
  return {
    ...launched,
    notes: [...launched.notes, `The name of a run ends in its time; ${SOME_TIME} stands for it here.`],
  };
}

/** The server that Kubeflow's operator makes of a SparkConnect: properties stand in its command, not quoted. */
export function kubeflowConnect(name: string, spec: Fields): Launched {
  const template = podOf(fields(spec['server'])['template']);
  const conf = confOf(spec);
  const options = Object.entries(conf).map(([property, value]) => ` --conf ${property}=${value}`);
  const containers = template.spec?.containers ?? [];
  const base = containers.find((one) => one.name === SERVER_CONTAINER);
  const image = base?.image ?? text(spec['image']);
  const server: Container = {
    ...base,
    name: SERVER_CONTAINER,
    ...(image === undefined ? {} : { image }),
    command: ['bash', '-c'],
    args: [`\${SPARK_HOME}/sbin/start-connect-server.sh${options.join('')}`],
  };
  const labels = {
    ...template.metadata?.labels,
    ...LAUNCHED,
    'spark-role': 'connect-server',
    [`${GROUP}/connect-name`]: name,
  };
  const pod: Pod = {
    metadata: { ...template.metadata, labels },
    spec: { ...template.spec, containers: [...containers.filter((one) => one !== base), server] },
  };
  return { pod, conf: confTexts(conf), notes: confMaps(spec) };
}

function executorEnv(value: unknown): readonly ConfText[] {
  return envOf(value).map(({ name, value: own = '' }) => ({
    name: `spark.executorEnv.${name}`,
    value: own,
    where: `variable ${name} of spec.executor.env`,
    unresolved: OWN_EXECUTOR_ENV,
  }));
}

function prefixed(prefix: string, value: unknown): Conf {
  return Object.fromEntries(Object.entries(texts(value)).map(([name, own]) => [prefix + name, own]));
}

function confMaps(spec: Fields): readonly string[] {
  const named = ['sparkConfigMap', 'hadoopConfigMap'].flatMap((field) => text(spec[field]) ?? []);
  return named.map((name) => `Properties in the ConfigMap ${name} are not looked at.`);
}
