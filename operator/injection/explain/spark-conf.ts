import { texts, type Fields } from './shape.ts';
import type { ConfText } from './subject.ts';
import type { Container, EnvVar, Pod } from '../pod.ts';

/** Properties of a job, as its object gives them. */
export type Conf = Readonly<Record<string, string>>;

/** What Spark itself makes a driver of in cluster mode. */
export interface DriverParts {
  /** The pod template. */
  readonly template: Pod;
  readonly conf: Conf;
  readonly labels: Conf;
  readonly annotations?: Conf;
  /** What the launcher adds to the variables that conf gives. */
  readonly env?: readonly EnvVar[];
  readonly sidecars?: readonly Container[];
  /** What follows `--class`: the class, the file, the job's own arguments. */
  readonly args: readonly string[];
}

const CONTAINER = 'spark-kubernetes-driver';

/** `sparkConf`, and `hadoopConf` as the properties that it becomes. */
export function confOf(spec: Fields): Conf {
  const hadoop = Object.entries(texts(spec['hadoopConf']));
  return {
    ...Object.fromEntries(hadoop.map(([name, value]) => [`spark.hadoop.${name}`, value])),
    ...texts(spec['sparkConf']),
  };
}

/** The same as a list. */
export function confTexts(conf: Conf): readonly ConfText[] {
  return Object.entries(conf).map(([name, value]) => ({ name, value }));
}

/** What of a conf begins with `prefix`, without it. */
export function confUnder(conf: Conf, prefix: string): Conf {
  const entries = Object.entries(conf).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(prefix.length), value]));
}

/**
 * The driver's pod as spark-submit makes it in cluster mode (`BasicDriverFeatureStep`, `DriverCommandFeatureStep`), as
 * far as it matters to which secrets it gets. Spark's own container comes after those of the template.
 */
export function driverPod(parts: DriverParts): Pod {
  const { template, conf, labels, annotations, sidecars = [] } = parts;
  const containers = template.spec?.containers ?? [];
  const wanted = conf['spark.kubernetes.driver.podTemplateContainerName'];
  const base = containers.find(({ name }) => name === wanted) ?? containers[0];
  const others = containers.filter((one) => one !== base);
  return {
    metadata: {
      labels: {
        ...template.metadata?.labels,
        ...confUnder(conf, 'spark.kubernetes.driver.label.'),
        ...labels,
        'spark-role': 'driver',
      },
      annotations: {
        ...template.metadata?.annotations,
        ...confUnder(conf, 'spark.kubernetes.driver.annotation.'),
        ...annotations,
      },
    },
    spec: { ...template.spec, containers: [...others, driverContainer(base, parts), ...sidecars] },
  };
}

function driverContainer(base: Container | undefined, { conf, env = [], args }: DriverParts): Container {
  const fromConf = Object.entries(confUnder(conf, 'spark.kubernetes.driverEnv.'));
  const image = conf['spark.kubernetes.driver.container.image'] ?? conf['spark.kubernetes.container.image'];
  return {
    ...base,
    name: base?.name ?? CONTAINER,
    ...(image === undefined ? {} : { image }),
    args: ['driver', '--properties-file', '/opt/spark/conf/spark.properties', '--class', ...args],
    env: [...(base?.env ?? []), ...fromConf.map(([name, value]) => ({ name, value })), ...env],
  };
}
