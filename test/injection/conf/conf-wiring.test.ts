import { expect } from 'chai';
import { confWiring } from '../../../operator/injection/conf/conf-wiring.ts';
import type { ConfWiring } from '../../../operator/injection/conf/wiring.ts';
import type { Container, EnvVar, VolumeMount } from '../../../operator/injection/pod.ts';
import type { ConfKind } from '../../../operator/injection/runners/runner.ts';

const MERGED = '/mnt/spark-secrets/conf/spark.properties';
const FOLDER = '/mnt/spark-secrets/conf';

function wiring(conf: ConfKind, driver: Partial<Container>, merge?: readonly EnvVar[]): ConfWiring {
  const result = tried(conf, driver, merge);
  if ('problem' in result) throw new Error(result.problem);
  return result;
}

function tried(conf: ConfKind, driver: Partial<Container>, merge?: readonly EnvVar[]) {
  const present = merge && { name: 'spark-secrets-merge', env: merge };
  return confWiring({ container: { name: 'd', ...driver }, conf }, present);
}

function problem(conf: ConfKind, driver: Partial<Container>): string {
  const result = tried(conf, driver);
  if (!('problem' in result)) throw new Error('there is no problem');
  return result.problem;
}

function valuesOf(env: readonly EnvVar[]): Record<string, string | undefined> {
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

const mount = (mountPath: string, more: Partial<VolumeMount> = {}): VolumeMount => ({ name: 'v', mountPath, ...more });

describe('wiring of a properties file', () => {
  const commands: Record<string, [Partial<Container>, Partial<Container>]> = {
    'in a list of arguments': [
      { command: ['spark-submit', '--properties-file', '/a/p', 'app.py'] },
      { command: ['spark-submit', '--properties-file', MERGED, 'app.py'] },
    ],
    'in one word with its option': [
      { args: ['/opt/spark/bin/spark-submit', '--properties-file=/a/p', 'app.py'] },
      { args: ['/opt/spark/bin/spark-submit', `--properties-file=${MERGED}`, 'app.py'] },
    ],
    'in a script, beside a reference': [
      { command: ['sh', '-c', 'spark-submit --conf spark.a=${secrets.K} --properties-file "/a/p" app.py'] },
      { command: ['sh', '-c', `spark-submit --properties-file ${MERGED} app.py`] },
    ],
    'in each of two commands of a script': [
      { command: ['sh', '-c', 'spark-submit --properties-file /a/p a.py; spark-submit --properties-file /a/p b.py'] },
      {
        command: [
          'sh',
          '-c',
          `spark-submit --properties-file ${MERGED} a.py; spark-submit --properties-file ${MERGED} b.py`,
        ],
      },
    ],
  };
  for (const [sentence, [driver, expected]] of Object.entries(commands)) {
    it(`puts the merged file in its place: ${sentence}`, () => {
      const { container, mergeEnv, driverEnv } = wiring('PropertiesFile', driver);
      expect(container).to.deep.equal({ name: 'd', ...expected });
      expect(valuesOf(mergeEnv)).to.include({ MODE: 'properties', SRC: '/a/p', OUT: MERGED });
      expect(driverEnv).to.deep.equal([]);
    });

    it(`knows the job's own file when it is called again: ${sentence}`, () => {
      const { mergeEnv } = wiring('PropertiesFile', driver);
      const again = wiring('PropertiesFile', expected, mergeEnv);
      expect(again.mergeEnv).to.deep.equal(mergeEnv);
      expect(again.container).to.deep.equal({ name: 'd', ...expected });
    });
  }

  const refused: Record<string, readonly string[]> = {
    'two different ones': [
      'sh',
      '-c',
      'spark-submit --properties-file /a a.py; spark-submit --properties-file /b b.py',
    ],
    'one that depends on a variable': ['sh', '-c', 'spark-submit --properties-file "$X/p" a.py'],
    'one that is relative': ['spark-submit', '--properties-file', 'conf/p', 'a.py'],
  };
  for (const [sentence, command] of Object.entries(refused)) {
    it(`refuses ${sentence}`, () => {
      expect(problem('PropertiesFile', { command })).to.include('one absolute path');
    });
  }
});

describe('wiring of the defaults file', () => {
  const folders: Record<string, [readonly EnvVar[], readonly string[], Record<string, string>]> = {
    'where Spark’s images have it': [[], ['/opt/spark/conf', '/opt/spark/conf/log4j2.properties'], {}],
    'below the home that the container names': [
      [{ name: 'SPARK_HOME', value: '/usr/spark' }],
      ['/opt/spark/conf', '/opt/spark/conf/log4j2.properties', '/usr/spark/conf'],
      { SPARK_HOME: '/usr/spark' },
    ],
    'where the last of two variables says': [
      [
        { name: 'SPARK_CONF_DIR', value: '/no' },
        { name: 'SPARK_HOME', value: '/usr/spark' },
        { name: 'SPARK_CONF_DIR', value: '/etc/spark/' },
      ],
      ['/etc/spark/'],
      { SPARK_CONF_DIR: '/etc/spark/', SPARK_HOME: '/usr/spark' },
    ],
  };
  const volumeMounts = [
    '/opt',
    '/opt/spark/conf/log4j2.properties',
    '/opt/spark/conf',
    '/opt/spark/conf2',
    '/usr/spark/conf',
    '/usr',
    '/etc/spark/',
  ].map((path) => mount(path));
  for (const [sentence, [env, mounts, known]] of Object.entries(folders)) {
    it(`copies the folder ${sentence}, with what is mounted there`, () => {
      const result = wiring('DefaultsFile', { env, volumeMounts });
      expect(result.mounts.map(({ mountPath }) => mountPath)).to.deep.equal(mounts);
      const writable = result.mounts.filter(({ readOnly }) => readOnly !== true).map(({ mountPath }) => mountPath);
      // Another is mounted in it.
      expect(writable).to.deep.equal(mounts.filter((path) => path === '/opt/spark/conf'));
      expect(valuesOf(result.mergeEnv)).to.deep.equal({ ...known, MODE: 'defaults', OUT: FOLDER });
      expect(result.driverEnv).to.deep.equal([{ name: 'SPARK_CONF_DIR', value: FOLDER }]);
      expect(result.container.env).to.equal(env);
    });
  }

  it('knows the folder still when the driver has been given ours', () => {
    const env = [{ name: 'SPARK_CONF_DIR', value: '/etc/spark' }];
    const first = wiring('DefaultsFile', { env });
    const again = wiring('DefaultsFile', { env: first.driverEnv }, first.mergeEnv);
    expect(again.mergeEnv).to.deep.equal(first.mergeEnv);
  });

  it('invents no folder when there was none before the driver was given ours', () => {
    const first = wiring('DefaultsFile', {});
    const again = wiring('DefaultsFile', { env: first.driverEnv }, first.mergeEnv);
    expect(valuesOf(again.mergeEnv)).not.to.have.property('SPARK_CONF_DIR');
  });

  it('follows another webhook that set the folder after us', () => {
    const first = wiring('DefaultsFile', { env: [{ name: 'SPARK_CONF_DIR', value: '/etc/spark' }] });
    const env = [...first.driverEnv, { name: 'SPARK_CONF_DIR', value: '/etc/other' }];
    expect(valuesOf(wiring('DefaultsFile', { env }, first.mergeEnv).mergeEnv)).to.include({
      SPARK_CONF_DIR: '/etc/other',
    });
  });

  it('mounts for reading what has no other below it, though another path ends as it does', () => {
    const volumeMounts = [mount('/opt/spark/conf'), mount('/srv/opt/spark/conf/a')];
    expect(wiring('DefaultsFile', { volumeMounts }).mounts).to.deep.equal([
      mount('/opt/spark/conf', { readOnly: true }),
    ]);
  });

  it('keeps what a mount is of, with the variables that it names, and passes nothing on', () => {
    const fieldRef = { fieldPath: 'metadata.name' };
    const env = [{ name: 'POD', valueFrom: { fieldRef } }];
    const own = { ...mount('/opt/spark/conf'), subPath: 'x', mountPropagation: 'Bidirectional' };
    const expanded = mount('/opt/spark/conf/a', { subPathExpr: 'of/$(POD)' });
    const { mounts, mergeEnv } = wiring('DefaultsFile', { env, volumeMounts: [own, expanded] });
    expect(mounts).to.deep.equal([
      { name: 'v', mountPath: '/opt/spark/conf', subPath: 'x' },
      { ...expanded, readOnly: true },
    ]);
    expect(mergeEnv).to.deep.include({ name: 'POD', valueFrom: { fieldRef } });
  });

  const refused: Record<string, EnvVar> = {
    'a folder from elsewhere': { name: 'SPARK_CONF_DIR', valueFrom: { configMapKeyRef: {} } },
    'a folder with a variable': { name: 'SPARK_CONF_DIR', value: '$(BASE)/conf' },
    'a folder with a reference': { name: 'SPARK_CONF_DIR', value: '/${secrets.K}' },
    'a home from elsewhere': { name: 'SPARK_HOME', valueFrom: { configMapKeyRef: {} } },
  };
  for (const [sentence, entry] of Object.entries(refused)) {
    it(`refuses ${sentence}`, () => {
      expect(problem('DefaultsFile', { env: [entry] })).to.match(
        new RegExp(`The variable ${entry.name} .* has to be plain text`),
      );
    });
  }
});

describe('wiring of JVM arguments', () => {
  const option = `@${FOLDER}/jvm.args`;
  const own: Record<string, [EnvVar[], string]> = {
    'is all where there was nothing': [[], option],
    'follows what the container has': [[{ name: 'JDK_JAVA_OPTIONS', value: '-Da="b  c"' }], `-Da="b  c" ${option}`],
    'follows the last of two': [
      [
        { name: 'JDK_JAVA_OPTIONS', value: '-Dx' },
        { name: 'JDK_JAVA_OPTIONS', value: '-Dy' },
      ],
      `-Dy ${option}`,
    ],
    'is not added again': [[{ name: 'JDK_JAVA_OPTIONS', value: `-Dx ${option} -Dy` }], `-Dx ${option} -Dy`],
  };
  for (const [sentence, [env, value]] of Object.entries(own)) {
    it(`names a file that ${sentence}`, () => {
      const { driverEnv, mergeEnv, mounts } = wiring('JvmArguments', { env });
      expect(driverEnv).to.deep.equal([{ name: 'JDK_JAVA_OPTIONS', value }]);
      expect(valuesOf(mergeEnv)).to.deep.equal({ MODE: 'jvm', OUT: `${FOLDER}/jvm.args` });
      expect(mounts).to.deep.equal([]);
    });
  }

  it('refuses options that are not known, or hold a reference', () => {
    for (const entry of [{ valueFrom: { secretKeyRef: {} } }, { value: '-Da=${secrets.K}' }])
      expect(problem('JvmArguments', { env: [{ name: 'JDK_JAVA_OPTIONS', ...entry }] })).to.include('plain text');
  });
});

describe('references in the command', () => {
  const command = ['spark-submit', '--conf', 'spark.a=${secrets.K}', 'app.py'];

  for (const conf of ['DefaultsFile', 'JvmArguments'] as const) {
    it(`go into the init container, and stay there when the webhook is called again: ${conf}`, () => {
      const first = wiring(conf, { command });
      expect(valuesOf(first.mergeEnv)).to.include({ EXTRA: 'spark.a=${secrets.K}\n' });
      expect(first.container.command).to.deep.equal(['spark-submit', 'app.py']);
      const again = wiring(conf, { ...first.container, env: first.driverEnv }, first.mergeEnv);
      expect(again.mergeEnv).to.deep.equal(first.mergeEnv);
    });
  }

  it('are nothing in the init container when there are none', () => {
    expect(valuesOf(wiring('DefaultsFile', {}).mergeEnv)).not.to.have.property('EXTRA');
  });

  it('that can not be resolved are the problem', () => {
    expect(problem('DefaultsFile', { args: ['${secrets.K}'] })).to.include('${secrets.K}');
  });
});
