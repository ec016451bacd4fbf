import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { parse, stringify } from 'yaml';
import { run as runInProcess } from '../../../cli/program.ts';
import { silentIo } from '../silent-io.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const bin = join(root, 'cli', 'spark-secrets.mjs');
const LIMIT_MS = 30_000;

const job = (name: string, spec: object = {}) => ({
  apiVersion: 'sparkoperator.k8s.io/v1beta2',
  kind: 'SparkApplication',
  metadata: { name },
  spec: { driver: { env: [{ name: 'PLAIN', value: 'canary-of-the-job' }] }, ...spec },
});
const binding = (name: string, spec: object = {}) => ({
  apiVersion: 'secrets.iomete.com/v1alpha1',
  kind: 'SparkJobSecretBinding',
  metadata: { name },
  spec: {
    storeRef: { name: 'default' },
    selector: { applications: ['orders-*'] },
    env: [{ name: 'URL', template: 'jdbc:canary-of-the-template?${orders/PASSWORD}' }],
    ...spec,
  },
});

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe('explain, without a cluster', function () {
  this.timeout(2 * LIMIT_MS);
  let folder: string;
  let bindings: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cli-'));
    bindings = await file('bindings.yaml', binding('orders'), binding('sales', { selector: { applications: ['s'] } }));
  });

  after(() => rm(folder, { recursive: true }));

  async function file(name: string, ...objects: readonly object[]): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, objects.map((object) => stringify(object)).join('---\n'));
    return path;
  }

  async function run(args: readonly string[], input = ''): Promise<Outcome> {
    const io = silentIo({ stdin: Readable.from([Buffer.from(input)]) });
    const code = await runInProcess(args, io);
    expect(io.out() + io.err()).not.to.contain('canary');
    return { code, out: io.out(), err: io.err() };
  }

  it('explains a job by bindings of a file, each Spark job of its file alone', async () => {
    const jobs = await file('jobs.yaml', { kind: 'ConfigMap', metadata: { name: 'c' } }, job('orders-etl'), job('x'));
    const { code, out, err } = await run(['explain', '-f', jobs, '-b', bindings]);
    expect(code).to.equal(0);
    expect(out).to.match(/^SparkApplication default\/orders-etl: would be given secrets$/m);
    expect(out).to.match(/^SparkApplication default\/x: would get no secrets$/m);
    expect(out).to.match(/variable +URL +template of orders\/PASSWORD +driver, executors/);
    expect(err).to.equal('no Spark jobs: ConfigMap c\n');
  });

  it('writes JSON and YAML that say the same, from standard input too', async () => {
    const input = stringify(job('orders-etl'));
    const args = ['explain', '--namespace=n', '-b', bindings, '-f', '-'];
    const [json, yaml] = await Promise.all([run([...args, '-ojson'], input), run([...args, '-oyaml'], input)]);
    const { explanations } = JSON.parse(json.out) as { explanations: { subject: object; verdict: string }[] };
    expect(explanations).to.have.length(1);
    expect(explanations[0]?.subject).to.deep.equal({ kind: 'SparkApplication', namespace: 'n', name: 'orders-etl' });
    expect(explanations[0]?.verdict).to.equal('WouldInject');
    expect(parse(yaml.out)).to.deep.equal({ explanations });
  });

  it('takes what a job refers to in a group of a binding as there', async () => {
    const referring = {
      sparkConf: { 'spark.x': '${secrets.g/K}' },
      driver: { env: [{ name: 'V', value: '${secrets.h/K}' }] },
    };
    const jobs = await file('referring.yaml', job('orders-etl', referring));
    const groups = await file('groups.yaml', binding('g', { references: [{ group: 'g' }], envFrom: [{ group: 'h' }] }));
    expect((await run(['explain', '--check', '-f', jobs, '-b', groups])).code).to.equal(0);
    const { code, out } = await run(['explain', '--check', '-f', jobs, '-b', bindings]);
    expect(code).to.equal(3);
    expect(out).to.contain('no SparkJobSecretBinding that selects this job covers the key h/K');
  });

  it('tells what is wrong with a binding as the operator would', async () => {
    const jobs = await file('job.yaml', job('orders-etl'));
    const wrong = await file('wrong.yaml', binding('w', { env: [{ name: 'A', key: 'canary is no key' }] }));
    const { code, out } = await run(['explain', '--check', '-f', jobs, '-b', wrong]);
    expect(code).to.equal(3);
    expect(out).to.contain('would be refused').and.contain('env A: this is not the form of a key');
  });

  it('exits with 3 by --check when a job gets nothing', async () => {
    const jobs = await file('both.yaml', job('orders-etl'), job('x'));
    expect((await run(['explain', '--check', '-f', jobs, '-b', bindings])).code).to.equal(3);
    expect(
      (await run(['explain', '--check', '-f', await file('one.yaml', job('orders-x')), '-b', bindings])).code,
    ).to.equal(0);
  });

  it('runs by a link on the PATH, which is how kubectl finds it', async () => {
    const link = join(folder, 'kubectl-spark_secrets');
    await symlink(bin, link);
    const child = spawn(process.execPath, [link, 'explain', '--help'], { env: { HOME: folder }, timeout: LIMIT_MS });
    const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<unknown[]>]);
    expect(code).to.equal(0);
    expect(out).to.contain('spark-secrets explain').and.contain('--check').and.contain('SparkConnect');
  });

  it('says what is wrong in one line, and exits with 1', async () => {
    const { code, out, err } = await run(['explain', 'pod', '--kubeconfig', join(folder, 'none')]);
    expect([code, out]).to.deep.equal([1, '']);
    expect(err).to.equal("spark-secrets: the kubeconfig can't be read (ENOENT)\n");
  });

  it('says what is to be mended, and nothing of what it read', async () => {
    const jobs = await file('good.yaml', job('orders-etl'));
    const other = await file('other.yaml', { ...job('a'), metadata: { name: 'a', namespace: 'other' } });
    const odd = await file('odd.yaml', binding('o', { env: { A: 'canary' } }));
    const kubeconfig = await file('kubeconfig', { clusters: [], contexts: [], users: [] });
    const broken = join(folder, 'broken.yaml');
    await writeFile(broken, 'a: [canary\nb: "');
    const table: readonly [readonly string[], RegExp][] = [
      [[], /^name a pod, or give a manifest with -f/],
      [['a', '-f', jobs], /one of both/],
      [['a', 'b'], /^explain takes \[POD\], and 2 were given/],
      [['-f', jobs, '-o', 'xml'], /^--output is one of text, json, yaml/],
      [['--what'], /--what/],
      [['-f', '-', '-b', '-'], /only one of -f and -b/],
      [['-f', join(folder, 'nowhere'), '-b', bindings], /can't be read \(ENOENT\)/],
      [['-f', broken, '-b', bindings], /broken.yaml is no YAML from line \d/],
      [['-f', bindings, '-b', bindings], /no Spark job \(SparkJobSecretBinding orders, .*Understood: .*SparkConnect/],
      [['-f', jobs, '-b', jobs], /holds no SparkJobSecretBinding/],
      [['-f', other, '-n', 'n', '-b', bindings], /SparkApplication a is of namespace other, and --namespace says n/],
      [['-f', jobs, '-b', odd], /SparkJobSecretBinding o: spec.env has another form/],
      [['pod', '--kubeconfig', kubeconfig], /no current context/],
      [['pod', '--kubeconfig', kubeconfig, '--context', 'x'], /no context x/],
    ];
    for (const [args, message] of table) {
      const io = silentIo();
      const code = await runInProcess(['explain', ...args], io);
      expect(code, args.join(' ')).to.be.oneOf([1, 2]);
      expect(io.err()).to.match(/^spark-secrets: .*\n$/);
      expect(io.err().slice('spark-secrets: '.length)).to.match(message).and.not.contain('canary');
    }
  });
});
