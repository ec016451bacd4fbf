import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { operatorImage } from '../../deploy/image/build.ts';
import { run } from '../../deploy/local/run.ts';
import { EXECUTOR_REFERENCES_KEY, REFERENCES_KEY } from '../../operator/injection/data-keys.ts';
import { MERGE_SCRIPT } from '../../operator/injection/merge-script.ts';
import { apply, eventually, getOne, type Pod } from '../../tools/spark/kube.ts';
import { contentOf, spec } from '../injection/bindings.ts';
import { NASTY_VALUES, randomTexts } from '../injection/nasty-values.ts';
import { type Cluster, testCluster } from '../support/test-cluster.ts';

const users = {
  'the user of the image': { runAsUser: 65_532, runAsGroup: 65_532 },
  "the user of Spark's images": { runAsUser: 185, runAsGroup: 0 },
};
const SHELL_FOLDER = '/opt/merge/bin';
/** Prints which of the programs can be started. Node ends with the result of spawnSync, whose error says ENOENT. */
const STARTS = `
  const { spawnSync } = require('node:child_process');
  const starts = (program) => spawnSync(program, ['-c', 'exit 0']).error === undefined;
  console.log(JSON.stringify(['sh', 'busybox', '/bin/sh', '${SHELL_FOLDER}/sh'].filter(starts)));`;
/** The list of what is in the image; what the licences of node, the packages, glibc and busybox want to be beside them; words of each. */
const LICENCES: Readonly<Record<string, RegExp>> = {
  '/usr/share/doc/node/LICENSE': /^Node\.js is licensed/,
  '/app/operator.mjs.LICENSES.txt': /\nfastify \d\S+: "MIT"\n\nMIT License\n/,
  '/usr/share/doc/spark-secrets-operator/sbom.cdx.json':
    /"CycloneDX"[^]*"pkg:npm\/fastify@\d[^]*"pkg:deb\/debian\/libstdc%2B%2B6@\d[^"]*&distro=debian-12&/,
  '/usr/share/doc/libc6/copyright': /GNU C Library/,
  '/usr/share/doc/busybox-static/copyright': /BusyBox/,
  '/usr/share/doc/busybox-static/SOURCE': /\napt-get source busybox=\d\S+\nglibc \(= \d\S+\)\n$/,
  '/usr/share/common-licenses/GPL-2': /GNU GENERAL PUBLIC LICENSE\s+Version 2,/,
  '/usr/share/common-licenses/GPL-3': /GNU GENERAL PUBLIC LICENSE\s+Version 3,/,
  '/usr/share/common-licenses/LGPL-2.1': /GNU LESSER GENERAL PUBLIC LICENSE\s+Version 2\.1,/,
};
/** Prints the texts of the files that are its arguments. */
const READS = `
  const { readFileSync } = require('node:fs');
  console.log(JSON.stringify(process.argv.slice(1).map((path) => readFileSync(path, 'utf8'))));`;

interface Container {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: readonly object[];
}

describe("the operator's image, as the merge container of a driver whose image has no shell", function () {
  this.timeout(120_000);
  const namespace = `operator-image-${randomBytes(3).toString('hex')}`;
  let cluster: Cluster;
  let image = '';
  let files: Readonly<Record<string, string>> = {};
  let expected = '';

  before(async function () {
    this.timeout(600_000); // the image may have to be built first
    cluster = await testCluster();
    const { name, tar } = await operatorImage();
    image = name;
    await cluster.loadImage(tar);
    files = inputs();
    expected = await mergedByDash(files);
    await apply(cluster, [
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
      },
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'files', namespace }, data: secretData(files) },
    ]);
  });
  after(async () => {
    // Not there when the image could not be built: that error is the one to be told.
    const remove = ['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=90s'];
    await cluster.kubectl(remove, { timeoutMs: 100_000 });
  });

  for (const [sentence, user] of Object.entries(users)) {
    it(`merges as dash does, in every mode: as ${sentence}, on a root file system that can not be written`, async () => {
      expect(expected)
        .to.include('spark.from.job=yes\n')
        .and.include('\nspark.v.k0=')
        .and.include('\nspark.r.k0=a<')
        .and.include('-Dspark.v.k');
      const env = environment({ PATH: SHELL_FOLDER, FOLDER: '/out' });
      const print = { name: 'print', command: [`${SHELL_FOLDER}/sh`, '-c', PRINT], env };
      const containers = [...MODES.map(mergeContainer), print];
      const { phase, log } = await outcome(`merge-${user.runAsUser}`, { user, containers });
      expect(phase, log).to.equal('Succeeded');
      expect(log).to.equal(expected);
    });
  }

  it('has no shell where programs look for one: only who knows its path starts it', async () => {
    const containers = [{ name: 'print', command: ['/usr/local/bin/node', '-e', STARTS] }];
    const { log } = await outcome('starts', { user: users['the user of the image'], containers });
    expect(JSON.parse(log)).to.deep.equal([`${SHELL_FOLDER}/sh`]);
  });

  it('carries the licences of its programs, and says where the source of the one under the GPL is', async () => {
    const command = ['/usr/local/bin/node', '-e', READS, ...Object.keys(LICENCES)];
    const work = { user: users['the user of the image'], containers: [{ name: 'print', command }] };
    const { phase, log } = await outcome('licences', work);
    expect(phase, log).to.equal('Succeeded');
    const texts = JSON.parse(log) as string[];
    for (const [at, [path, words]] of Object.entries(LICENCES).entries()) expect(texts[at], path).to.match(words);
  });

  interface Work {
    readonly user: object;
    /** One after the other; the last one is `print`. */
    readonly containers: readonly Container[];
  }

  /** How a pod ended, and what its last container wrote. */
  async function outcome(name: string, { user, containers }: Work): Promise<{ phase: string; log: string }> {
    await apply(cluster, [podOf({ name, namespace }, image, { user, containers })]);
    const phase = await eventually(`pod ${name} ends`, 60_000, async () => {
      const now = (await getOne<Pod>(cluster, 'pod', name, `--namespace=${namespace}`))?.status?.phase;
      return now === 'Succeeded' || now === 'Failed' ? now : undefined;
    });
    const container = phase === 'Succeeded' ? '--container=print' : '--all-containers';
    return { phase, log: await cluster.kubectl(['logs', name, `--namespace=${namespace}`, container]) };
  }
});

function podOf(metadata: object, image: string, work: { user: object; containers: readonly Container[] }): object {
  const containers = work.containers.map((container) => ({
    ...container,
    image,
    imagePullPolicy: 'IfNotPresent',
    volumeMounts: [
      { name: 'files', mountPath: '/in', readOnly: true },
      { name: 'out', mountPath: '/out' },
    ],
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    },
  }));
  const podSpec = {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 0,
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' }, ...work.user },
    volumes: [
      { name: 'files', secret: { secretName: 'files', items: PATHS.map((path) => ({ key: keyOf(path), path })) } },
      { name: 'out', emptyDir: { medium: 'Memory' } },
    ],
    initContainers: containers.slice(0, -1),
    containers: containers.slice(-1),
  };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: podSpec };
}

const MODES = ['properties', 'defaults', 'jvm'];
/** Prints what each mode wrote into FOLDER, which is a folder itself where the mode copies one. */
const PRINT = 'cd "$FOLDER"; for file in properties defaults/* jvm; do echo "== $file"; cat "$file"; done';
const PATHS = [
  'job.properties',
  'conf/spark-defaults.conf',
  'conf/log4j2.properties',
  'before/p.properties',
  'before/p.regex',
  'after/b.properties',
  'after/b.regex',
  'after/b.references',
  'after/b.executors',
  'ascii/b.properties',
  'ascii/b.regex',
];

function mergeContainer(mode: string): Container {
  return {
    name: `merge-${mode}`,
    command: [`${SHELL_FOLDER}/sh`, '-c', MERGE_SCRIPT],
    env: environment({ PATH: SHELL_FOLDER, ...places(mode, '/in', '/out') }),
  };
}

function environment(variables: Readonly<Record<string, string>>): readonly object[] {
  return Object.entries(variables).map(([name, value]) => ({ name, value }));
}

function places(mode: string, folder: string, out: string): Readonly<Record<string, string>> {
  return {
    MODE: mode,
    SRC: `${folder}/job.properties`,
    OUT: `${out}/${mode}`,
    BEFORE: `${folder}/before`,
    AFTER: `${folder}/${mode === 'jvm' ? 'ascii' : 'after'}`,
    SPARK_CONF_DIR: `${folder}/conf`,
  };
}

/** A binding of each precedence, with whatever a value may hold; for a JVM's options, which take no other, in ASCII. */
function inputs(): Readonly<Record<string, string>> {
  const texts = [...Object.values(NASTY_VALUES), ...randomTexts(300, 7)];
  const all = bindingOf(texts);
  const ascii = bindingOf(texts.filter((text) => /^[ -~]*$/.test(text)));
  const executor = 'spark.kubernetes.executor.secretKeyRef';
  const referring =
    all[REFERENCES_KEY]!.replaceAll(/^([^=]+)=.*/gm, 'spark.r.$1=a${secrets.$1}b') +
    all[EXECUTOR_REFERENCES_KEY]!.replaceAll(/^([^=]+)=.*/gm, 'spark.executorEnv.$1=${secrets.$1}');
  return {
    'job.properties': `#stored\nspark.from.job=yes\nspark.executorEnv.A=own\nspark.redaction.regex=(?i)größe\\\\.x\n${referring}`,
    'conf/spark-defaults.conf': 'spark.from.defaults yes\nspark.executorEnv.B: own\n',
    'conf/log4j2.properties': 'rootLogger.level = info\n',
    'before/p.properties': `${executor}.A=s\\:A\n${executor}.B=s\\:B\nspark.from.job=no\n`,
    'before/p.regex': '|^spark[.]p$\n',
    'after/b.properties': all['spark.properties']!,
    'after/b.regex': all['redaction.regex']!,
    'after/b.references': all[REFERENCES_KEY]!,
    'after/b.executors': all[EXECUTOR_REFERENCES_KEY]!,
    'ascii/b.properties': ascii['spark.properties']!,
    'ascii/b.regex': ascii['redaction.regex']!,
  };
}

function bindingOf(texts: readonly string[]): Readonly<Record<string, string>> {
  const stored = Object.fromEntries(texts.map((text, at) => [`k${at}`, `<${text}>`]));
  const sparkConf = Object.keys(stored).map((name) => ({ name: `spark.v.${name}`, key: name }));
  return contentOf(spec({ sparkConf }), stored).data;
}

function keyOf(path: string): string {
  return path.replace('/', '.');
}

function secretData(files: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(files).map(([path, text]) => [keyOf(path), Buffer.from(text).toString('base64')]),
  );
}

async function mergedByDash(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'operator-image-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    const out = join(folder, 'out');
    await mkdir(out);
    const PATH = process.env['PATH'];
    for (const mode of MODES) await run('dash', ['-c', MERGE_SCRIPT], { env: { PATH, ...places(mode, folder, out) } });
    return await run('dash', ['-c', PRINT], { env: { PATH, FOLDER: out } });
  } finally {
    await rm(folder, { recursive: true });
  }
}
