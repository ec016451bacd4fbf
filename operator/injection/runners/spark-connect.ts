import { LABELS } from '../../api/group.ts';
import type { Container, Pod } from '../pod.ts';
import { wordsOf } from '../spark-command.ts';
import { chosenContainer } from './chosen-container.ts';
import { withConf } from './conf-choice.ts';
import { kubeflowNames } from './kubeflow.ts';
import type { Runner } from './runner.ts';
import { workloadNames } from './workload-names.ts';

const ROLE = 'connect-server';
/** What starts a server of Spark: the scripts of Spark's `sbin`, or their classes. */
const PROGRAMS = /(^|[/"'])(start-connect-server\.sh|start-thriftserver\.sh)["']?$/;
const CLASSES = [
  'org.apache.spark.sql.connect.service.SparkConnectServer',
  'org.apache.spark.sql.hive.thriftserver.HiveThriftServer2',
];

/**
 * A server that people send their queries to: Spark Connect, also the pod of a SparkConnect of Kubeflow's operator, or
 * Thrift. It reads spark-defaults.conf, unless its command names a properties file.
 */
export const sparkConnect: Runner = {
  name: 'a Spark Connect or Thrift server',
  /** `metadata.name` of Kubeflow's SparkConnect, and what the pod's own labels call it. */
  applicationNames(pod) {
    const { 'spark-role': role, [LABELS.inject]: inject } = pod.metadata?.labels ?? {};
    if (role !== ROLE && inject !== 'true') return [];
    return [...new Set([...kubeflowNames(pod), ...workloadNames(pod)])];
  },
  driver(pod) {
    if (!isServer(pod)) return undefined;
    const container = chosenContainer(pod, startsServer);
    if ('problem' in container) return container;
    return withConf(pod, container);
  },
};

function isServer(pod: Pod): boolean {
  const labels = pod.metadata?.labels ?? {};
  if (labels['spark-role'] === ROLE) return true;
  return labels[LABELS.inject] === 'true' && pod.spec?.containers.some(startsServer) === true;
}

function startsServer(container: Container): boolean {
  return wordsOf(container).some(({ raw }) => PROGRAMS.test(raw) || CLASSES.includes(raw));
}
