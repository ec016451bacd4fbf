import { expect } from 'chai';
import type { Container, Pod } from '../../../operator/injection/pod.ts';
import { applicationNames, runnerOf } from '../../../operator/injection/runners/registry.ts';
import { sparkConnect } from '../../../operator/injection/runners/spark-connect.ts';
import { golden, GOLDEN_EXECUTORS, GOLDEN_PODS } from '../bindings.ts';

const SERVER = { 'spark-role': 'connect-server' };
const OPTED_IN = { 'secrets.iomete.com/inject': 'true' };

function pod(labels: Record<string, string>, ...containers: readonly Container[]): Pod {
  return { metadata: { labels }, spec: { containers } };
}

function driverOf(candidate: Pod): string | undefined {
  const driver = sparkConnect.driver(candidate);
  if (driver === undefined) return undefined;
  return 'problem' in driver ? driver.problem : `${driver.container.name} ${driver.conf}`;
}

describe('runner of servers', () => {
  it('recognises the server of a SparkConnect, by its name there', () => {
    const server = golden('kubeflow-connect-server');
    expect(driverOf(server)).to.equal('spark-kubernetes-driver DefaultsFile');
    expect(runnerOf(server)).to.equal(sparkConnect);
    expect(applicationNames(server)).to.deep.equal(['adhoc']);
  });

  const start = ['/opt/spark/sbin/start-connect-server.sh'];
  const DAEMON = ['/opt/spark/sbin/spark-daemon.sh'];
  const THRIFT = 'org.apache.spark.sql.hive.thriftserver.HiveThriftServer2';
  const pods: Record<string, [Pod, string | undefined]> = {
    'a pod with the role, by what it runs': [
      pod(SERVER, { name: 'proxy' }, { name: 'spark', command: start }),
      'spark DefaultsFile',
    ],
    'a pod with the role that says nothing of what it runs': [
      pod(SERVER, { name: 'proxy' }, { name: 'spark-kubernetes-driver' }),
      'spark-kubernetes-driver DefaultsFile',
    ],
    'a server that opted in': [pod(OPTED_IN, { name: 'spark', command: start }), 'spark DefaultsFile'],
    'a server with a properties file': [
      pod(SERVER, { name: 'spark', command: start, args: ['--properties-file', '/p'] }),
      'spark PropertiesFile',
    ],
    'a Thrift server by its script, in a shell': [
      pod(
        OPTED_IN,
        { name: 'a' },
        { name: 'sts', args: ['sh', '-c', 'exec "$SPARK_HOME/sbin/start-thriftserver.sh"'] },
      ),
      'sts DefaultsFile',
    ],
    'a Thrift server by its class': [
      pod(OPTED_IN, {
        name: 'sts',
        args: ['spark-submit', '--class', 'org.apache.spark.sql.hive.thriftserver.HiveThriftServer2', 'spark-internal'],
      }),
      'sts DefaultsFile',
    ],
    'a Connect server by its class': [
      pod(OPTED_IN, {
        name: 'connect',
        args: ['spark-submit', '--class', 'org.apache.spark.sql.connect.service.SparkConnectServer', 'spark-internal'],
      }),
      'connect DefaultsFile',
    ],
    'a Thrift server as its script starts it, with a properties file': [
      pod(OPTED_IN, { name: 'sts', command: [...DAEMON, 'submit', THRIFT, '1', '--properties-file', '/p'] }),
      'sts PropertiesFile',
    ],
    'a daemon that is not started by spark-submit, whatever its options are called': [
      pod(OPTED_IN, { name: 'sts', command: [...DAEMON, 'start', THRIFT, '1', '--properties-file', '/p'] }),
      'sts DefaultsFile',
    ],
    'no pod that has not opted in': [pod({}, { name: 'spark', command: start }), undefined],
    'no other pod that has': [pod(OPTED_IN, { name: 'notebook', command: ['jupyter', 'lab'] }), undefined],
    'no pod that is empty': [{}, undefined],
  };
  for (const [sentence, [candidate, expected]] of Object.entries(pods)) {
    it(`recognises ${sentence}`, () => {
      expect(driverOf(candidate)).to.equal(expected);
    });
  }

  for (const name of [...GOLDEN_PODS, ...GOLDEN_EXECUTORS]) {
    it(`does not recognise ${name}`, () => {
      expect(driverOf(golden(name))).to.be.undefined;
    });
  }

  it('takes the Java argument file where an annotation says so', () => {
    const server = pod(SERVER, { name: 'spark', command: start });
    const annotations = { 'secrets.iomete.com/conf': 'JvmArguments' };
    expect(driverOf({ ...server, metadata: { ...server.metadata, annotations } })).to.equal('spark JvmArguments');
  });
});
