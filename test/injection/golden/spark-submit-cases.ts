import type { SparkVersion } from '../../../deploy/local/spark-releases.ts';

/** One run of spark-submit in cluster mode whose pods are recorded. */
export interface SubmitCase {
  /** The golden file of the driver, without `.json`. */
  readonly driver: string;
  /** That of the first executor; absent when the driver cannot start one. */
  readonly executor?: string;
  readonly version: SparkVersion;
  readonly application: string;
  /** Options of spark-submit on top of those that all cases have. */
  readonly options: readonly string[];
  /** What is run, and its arguments. */
  readonly program: readonly string[];
  /** The driver's pod template, given the image's name. */
  readonly template?: (image: string) => object;
}

const PYTHON = 'local:///opt/spark/examples/src/main/python/pi.py';
/** A class of Spark's examples, which are not in the Python package: its driver is created, starts and fails. */
const JAVA = ['local:///opt/spark/examples/jars/spark-examples.jar', '1000'];
const TEAM = '--conf=spark.kubernetes.driver.label.team=orders';
/** So many parts that the job does not end before its executor is seen. */
const LONG = '100000';

const sidecar = (image: string): object => ({ name: 'log-shipper', image, command: ['sleep'], args: ['600'] });
const driver = { name: 'spark-kubernetes-driver' };

/** Of the name in a template's containers that is the driver's; Spark takes the first otherwise. */
const NAMED = `--conf=spark.kubernetes.driver.podTemplateContainerName=${driver.name}`;

/** The shapes that users' jobs have, spread over the versions. */
export const SUBMIT_CASES: readonly SubmitCase[] = [
  {
    driver: 'spark-3.4-java',
    version: '3.4',
    application: 'orders-etl',
    options: ['--class=org.apache.spark.examples.SparkPi'],
    program: JAVA,
  },
  {
    driver: 'spark-3.5-python-proxy-user',
    executor: 'spark-3.5-executor',
    version: '3.5',
    application: 'orders-report',
    options: ['--proxy-user=alice', TEAM, '--conf=spark.kubernetes.driver.annotation.prometheus.io/scrape=true'],
    program: [PYTHON, LONG, '--properties-file', '/opt/app/report.properties'],
  },
  {
    driver: 'spark-4.0-pod-template',
    executor: 'spark-4.0-executor',
    version: '4.0',
    application: 'orders-etl',
    options: [TEAM, NAMED],
    program: [PYTHON, LONG],
    template: (image) => ({ spec: { containers: [driver, sidecar(image)] } }),
  },
  {
    driver: 'spark-4.1-gated-restricted',
    executor: 'spark-4.1-executor',
    version: '4.1',
    application: 'orders-etl',
    options: [TEAM, NAMED],
    program: [PYTHON, LONG],
    template: (image) => ({ spec: { ...restricted(image), schedulingGates: [{ name: 'example.com/quota' }] } }),
  },
];

/** What the restricted level of the Pod Security Standards asks for. */
function restricted(image: string): object {
  const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
  return {
    securityContext: { runAsNonRoot: true, runAsUser: 185, fsGroup: 185, seccompProfile: { type: 'RuntimeDefault' } },
    initContainers: [{ name: 'fetch-jars', image, command: ['true'], securityContext }],
    containers: [
      { ...sidecar(image), securityContext },
      { ...driver, securityContext },
    ],
  };
}
