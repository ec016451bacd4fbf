import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ChildProcess } from 'node:child_process';
import type { Browser, Page } from 'playwright-core';
import type { Cluster } from '../../deploy/local/cluster.ts';
import { run as runProgram } from '../../deploy/local/run.ts';
import { apply, eventually } from '../../tools/spark/kube.ts';
import { OPERATOR } from '../../tools/spark/operator.ts';
import { DRIVER_CONTAINER, ended, logs, type Outcome, release, type Submission } from '../../tools/spark/submit.ts';
import { startChromium } from '../console/chromium.ts';
import { goTo, signIn } from '../console/console-world.ts';
import { account, tokenOf } from '../integration/api-scene.ts';
import { canary } from './support/canary.ts';
import { OpenBao } from '../servers/openbao.ts';
import { namespaceGone, removeNamespaces, sparkNamespace } from './support/declare.ts';
import { environment } from './support/environment.ts';
import { startJob } from './support/job.ts';
import { program } from './support/program.ts';

const root = join(import.meta.dirname, '..', '..');
/** Where the chart's store is, and where the jobs are. */
const [platform, namespace] = ['e2e-page-platform', 'e2e-page'];
/** What the values of IOMETE's documentation name: a Service in that namespace, and a path in Vault. */
const [VAULT, PATH] = ['vault', 'secret/data/iomete/poc'];
const KEY = 'orders/API_TOKEN';
const words = { first: canary(), second: canary() };
const sdk = join(root, 'sdk', 'python');

/** What the job printed of one reading. */
interface Read {
  readonly on: 'driver' | 'executor' | 'watch';
  readonly where: string;
  readonly sha: string;
}

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The SDK's package as one file, for addPyFile; base64. */
async function packaged(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'e2e-page-'));
  const file = join(folder, 'spark_secrets.zip');
  await runProgram('python3', ['-m', 'zipfile', '-c', file, 'spark_secrets'], { cwd: sdk });
  const text = (await readFile(file)).toString('base64');
  await rm(folder, { recursive: true });
  return text;
}

/** Forwards a port of this machine to a pod of the operator. @returns the port */
async function forwarded(forward: ChildProcess): Promise<number> {
  if (forward.stdout === null) throw new Error('kubectl has no output');
  const [line] = (await once(createInterface(forward.stdout), 'line', { signal: AbortSignal.timeout(30_000) })) as [
    string,
  ];
  return Number(/127[.]0[.]0[.]1:(\d+)/.exec(line)?.[1]);
}

/** A namespace with a Service that leads to a server on this machine. */
function serviceOf(server: OpenBao): object[] {
  const { hostname, port } = new URL(server.url);
  const metadata = { name: VAULT, namespace: VAULT };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: VAULT } },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: 8200, targetPort: Number(port) }] } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': VAULT } },
      addressType: 'IPv4',
      ports: [{ port: Number(port) }],
      endpoints: [{ addresses: [hostname] }],
    },
  ];
}

/** What the chart makes of the values in IOMETE's documentation, as they stand there. */
function documentedStore(cluster: Cluster): Promise<string> {
  const values = join(root, 'test', 'deploy', 'golden', 'iomete-vault.values.yaml');
  const chart = join(root, 'deploy', 'chart');
  return cluster.helm([
    ...['template', 'page', chart, `--namespace=${platform}`],
    ...['--values', values, '--show-only', 'templates/stores.yaml'],
  ]);
}

describe('the Secrets page with the store of IOMETE’s own values, a job whose code reads a secret, and a rotation', function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let browser: Browser;
  let page: Page;
  let forward: ChildProcess;
  let vault: OpenBao | undefined;
  let run: Submission;

  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const dialog = () => page.getByRole('dialog');
  const reads = async (): Promise<readonly Read[]> =>
    [...(await logs(cluster, namespace, run.driver, DRIVER_CONTAINER)).matchAll(/^READ (.*)$/gm)].map(
      ([, json = '']) => JSON.parse(json) as Read,
    );

  /** What IOMETE's way of writing expects under the key. */
  const inVault = async (): Promise<unknown> =>
    ((await vault?.must('GET', `${PATH}/${KEY}`))?.['data'] as { readonly data: unknown }).data;

  before(async () => {
    const shared = await environment();
    cluster = shared.cluster;
    const host = cluster.hostAddress;
    if (host === undefined) throw new Error('the cluster has no address of this machine: a local cluster is needed');
    vault = await OpenBao.start({ host });
    for (const each of [VAULT, platform]) await namespaceGone(cluster, each);
    await sparkNamespace(cluster, namespace);
    const label = 'secrets.iomete.com/use-default-store';
    await cluster.kubectl(['label', 'namespace', namespace, `${label}=true`, '--overwrite']);
    await apply(cluster, [
      ...serviceOf(vault),
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: platform } },
      // She has nothing in the store's namespace: what the label of her own gives.
      ...account(namespace, 'ada', `${OPERATOR.name}-admin`),
    ]);
    await apply(cluster, await documentedStore(cluster));
    await cluster.kubectl(['wait', 'ssc/default', `--namespace=${platform}`, '--for=condition=Ready', '--timeout=30s']);
    forward = cluster.startKubectl([
      'port-forward',
      `--namespace=${OPERATOR.namespace}`,
      `service/${OPERATOR.name}`,
      ':8443',
    ]);
    const port = await forwarded(forward);
    browser = await startChromium();
    const context = await browser.newContext({ baseURL: `https://127.0.0.1:${port}`, ignoreHTTPSErrors: true });
    context.setDefaultTimeout(15_000);
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    page = await context.newPage();
  });
  after(async () => {
    await browser.close();
    forward.kill();
    await removeNamespaces(cluster, namespace, platform, VAULT);
    await vault?.stop();
  });

  it('adds a key, and gives the YAML of a binding that works as it is', async () => {
    await page.goto('/');
    await signIn(page, await tokenOf(cluster, namespace, 'ada'), namespace);
    await page.getByRole('link', { name: /default/ }).click();
    await button('Add key').click();
    await dialog().getByLabel('Key', { exact: true }).fill(KEY);
    await dialog().getByLabel('Value', { exact: true }).fill(words.first);
    await dialog().getByRole('button', { name: 'Add key' }).click();
    await page.getByRole('heading', { name: 'API_TOKEN' }).waitFor();
    expect(await inVault()).to.deep.equal({ value: words.first });
    await page.locator('section').getByRole('link', { name: 'Use in a job' }).click();
    await button(`${KEY} as variable`).click();
    await page.getByLabel('Namespace', { exact: true }).fill(namespace);
    await page.getByLabel('Name of the binding').fill('orders');
    await page.getByLabel('Applications').fill('orders-*');
    await button('Copy YAML').click();
    await apply(cluster, await page.evaluate<string>('navigator.clipboard.readText()'));
    await page.getByText('Matching Spark jobs get').waitFor();
  });

  it('sees a job get it, in its code on driver and executor', async () => {
    const { sparkImage } = await environment();
    const { main, files } = await program('read_secret.py');
    run = await startJob(cluster, {
      namespace,
      name: 'orders-page',
      image: sparkImage,
      conf: { 'spark.executor.instances': '1' },
      main,
      files: { ...files, 'spark_secrets.zip': await packaged() },
      args: [KEY],
    });
    const seen = await eventually('what driver and executor read', 120_000, async () => {
      const found = await reads();
      return found.length >= 2 ? found : undefined;
    });
    const place = { where: 'env API_TOKEN', sha: sha(words.first) };
    expect(seen).to.have.deep.members([
      { on: 'driver', ...place },
      { on: 'executor', ...place },
    ]);
  });

  it('rotates it, and the running job is told', async () => {
    await goTo(page, `#/stores/${platform}/default/key/${KEY}`);
    await button('Change value').click();
    await dialog().getByLabel('New value').fill(words.second);
    await dialog().getByRole('button', { name: 'Save', exact: true }).click();
    await dialog().waitFor({ state: 'detached' });
    const told = await eventually('the watch of the job', 60_000, async () =>
      (await reads()).find(({ on }) => on === 'watch'),
    );
    expect(told.sha).to.equal(sha(words.second));
    expect(await inVault()).to.deep.equal({ value: words.second });
  });

  it('shows who uses it, and does not delete it by a click', async () => {
    await button('Refresh').first().click();
    await page.locator('.graph').getByText('orders-page').first().waitFor();
    await button('Delete').click();
    const remove = dialog().getByRole('button', { name: 'Delete although it is in use' });
    expect(await remove.isDisabled()).to.equal(true);
    await page.keyboard.press('Escape');
    await release(cluster, run);
    const outcome: Outcome = await ended(cluster, run, 60_000);
    expect(outcome).to.include({ succeeded: true, driverPhase: 'Succeeded' });
    const written = (await logs(cluster, namespace, run.driver, DRIVER_CONTAINER)) + outcome.output;
    for (const word of Object.values(words)) expect(written).not.to.include(word);
  });

  it('rolls it back, and deletes it when no job uses it any more, beside what people wrote into Vault themselves', async () => {
    await page.getByRole('button', { name: /^Roll back to version/ }).click();
    await dialog().getByRole('button', { name: 'Roll back', exact: true }).click();
    await dialog().waitFor({ state: 'detached' });
    await page.locator('.versions li').nth(2).waitFor();
    expect(await inVault()).to.deep.equal({ value: words.first });
    await vault?.must('POST', `${PATH}/EXAMPLE_KEY`, { data: { value: 'sensitive_data' } });
    await button('Delete').click();
    await dialog().getByRole('button', { name: 'Delete key' }).click();
    await page.getByText(`Deleted ${KEY}.`).waitFor();
    expect((await vault?.request('GET', `${PATH}/${KEY}`))?.status).to.equal(404);
    await goTo(page, `#/stores/${platform}/default`);
    await page.getByRole('link', { name: 'EXAMPLE_KEY' }).click();
    await page.getByRole('heading', { name: 'EXAMPLE_KEY' }).waitFor();
  });
});
