import { KubeConfig } from '@kubernetes/client-node';
import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { findCondition } from '../../operator/api/conditions.ts';
import { API_VERSION } from '../../operator/api/group.ts';
import { SECRET, SPARK_JOB_SECRET_BINDING, type SparkJobSecretBinding } from '../../operator/api/kinds.ts';
import { ApiError } from '../../operator/runtime/api-error.ts';
import { HttpKubeClient } from '../../operator/runtime/kube-client.ts';
import { KubeConnection } from '../../operator/runtime/kube-connection.ts';
import type { KubeKind, KubeObject } from '../../operator/runtime/kube-object.ts';
import { selectedNamespaces } from '../../operator/webhook/coverage.ts';
import {
  ourWebhook,
  WEBHOOK_CONFIGURATION,
  WEBHOOK_NAME,
  type WebhookConfiguration,
} from '../../operator/webhook/webhook-configuration.ts';
import { apply, eventually } from '../../tools/spark/kube.ts';
import { failureOf } from '../support/failure.ts';
import { OperatorBeside } from '../support/operator/beside.ts';
import { samplesOf } from '../support/prometheus.ts';
import { testCluster, type Cluster } from '../support/test-cluster.ts';
import type { HttpsClient } from '../webhook/https-client.ts';
import { account, apiClient, callApi, sparkPod, tokenOf } from './api-scene.ts';

interface RulesReview extends KubeObject {
  readonly spec: { readonly namespace: string };
  readonly status?: { readonly resourceRules: readonly { readonly resources: readonly string[] }[] };
}
const RULES_REVIEW: KubeKind<RulesReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'selfsubjectrulesreviews',
  kind: 'SelfSubjectRulesReview',
  namespaced: false,
};

const run = randomBytes(3).toString('hex');
const [ANALYTICS, PLATFORM, LATE, OTHER] = ['analytics', 'platform', 'late', 'other'].map(
  (name) => `${name}-${run}`,
) as [string, string, string, string];

describe('an operator with a list of namespaces', function () {
  this.timeout(120_000);
  const { signal } = new AbortController();
  let cluster: Cluster;
  let operator: OperatorBeside;
  /** As the operator itself. */
  let connection: KubeConnection;
  let api: HttpsClient;

  before(async () => {
    cluster = await testCluster();
    await apply(cluster, [ANALYTICS, PLATFORM, OTHER].map(namespace));
    operator = await OperatorBeside.open(cluster, [ANALYTICS, PLATFORM, LATE]);
    // It is there by now, but the operator has no Role in it.
    await apply(cluster, [namespace(LATE), ...store(PLATFORM), ...store(OTHER)]);
    await apply(cluster, [
      binding(ANALYTICS, 'orders', PLATFORM),
      binding(ANALYTICS, 'astray', OTHER),
      binding(OTHER, 'unseen', OTHER),
      binding(LATE, 'orders', PLATFORM),
      ...account(OTHER, 'viewer', `${operator.namespace}-spark-secrets-operator-viewer`),
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: LATE, name: 'spark' } },
    ]);
    await coverAsBefore(LATE);
    await operator.start();
    const own = new KubeConfig();
    own.loadFromFile(operator.kubeconfig);
    connection = new KubeConnection(own);
    await ready(ANALYTICS, 'orders', 30_000);
    api = await apiClient(cluster, operator.namespace, operator.apiPort);
  });

  after(async () => {
    api.close();
    await connection.close();
    await operator.close();
    await cluster.kubectl(['delete', 'namespace', ANALYTICS, PLATFORM, LATE, OTHER, '--wait=false']);
  });

  function namespace(name: string): object {
    return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  }

  /** A store of this namespace that has a key, and grants it to all of these. */
  function store(namespace: string): object[] {
    const metadata = { namespace, name: 'default' };
    const access = [{ namespaces: { matchNames: [ANALYTICS, LATE] }, keys: ['**'] }];
    const secret = { namespace, name: 'iomete-secret-store' };
    return [
      { apiVersion: 'v1', kind: 'Secret', metadata: secret, stringData: { PASSWORD: `of-${namespace}` } },
      { apiVersion: API_VERSION, kind: 'SecretStoreConfig', metadata, spec: { type: 'kubernetes', access } },
    ];
  }

  function binding(namespace: string, name: string, storeNamespace: string): object {
    const spec = {
      storeRef: { name: 'default', namespace: storeNamespace },
      selector: { applications: [name] },
      env: [{ name: 'PASSWORD', key: 'PASSWORD' }],
    };
    return { apiVersion: API_VERSION, kind: 'SparkJobSecretBinding', metadata: { namespace, name }, spec };
  }

  /** As an operator left it that could still read the namespace. */
  async function coverAsBefore(namespace: string): Promise<void> {
    const expression = { key: 'kubernetes.io/metadata.name', operator: 'In', values: [namespace] };
    const webhook = {
      name: WEBHOOK_NAME,
      clientConfig: { url: 'https://127.0.0.1:1' },
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      namespaceSelector: { matchExpressions: [expression] },
    };
    const configuration: WebhookConfiguration = { metadata: { name: configurationName() }, webhooks: [webhook] };
    await operator.client.apply(WEBHOOK_CONFIGURATION, configuration, { signal });
  }

  function configurationName(): string {
    return `${operator.namespace}-spark-secrets-operator`;
  }

  /** Has the API server look at a driver pod. Throws CommandFailed with the reason when it is refused. */
  async function admit(where: string): Promise<KubeObject> {
    const pod = sparkPod(where, 'driver', { 'spark-role': 'driver', 'spark-app-name': 'orders' });
    const args = ['create', '--dry-run=server', '--output=json', '--filename=-'];
    return JSON.parse(await cluster.kubectl(args, { input: JSON.stringify(pod) })) as KubeObject;
  }

  async function bindingAt(where: string, name: string): Promise<SparkJobSecretBinding | undefined> {
    return operator.client.get(SPARK_JOB_SECRET_BINDING, where, name, signal);
  }

  async function ready(where: string, name: string, limitMs: number): Promise<void> {
    await eventually(`${where}/${name} is Ready`, limitMs, async () => {
      const found = await bindingAt(where, name);
      return findCondition(found?.status?.conditions, 'Ready')?.status === 'True' ? true : undefined;
    });
  }

  async function readable(): Promise<Record<string, number>> {
    const samples = samplesOf(await operator.metrics(), 'spark_secrets_namespace_readable');
    return Object.fromEntries(samples.map(({ labels, value }) => [labels['namespace'] ?? '', value]));
  }

  /** Lines of its log that are about the namespace. */
  async function said(about: string): Promise<string[]> {
    const log = await readFile(operator.logFile, 'utf8');
    return log.split('\n').flatMap((line) => {
      const { namespace, msg } = line.startsWith('{') ? (JSON.parse(line) as Record<string, string>) : {};
      return namespace === about && msg !== undefined ? [msg] : [];
    });
  }

  it('gives jobs of these what a store of another one of them has', async () => {
    const secret = await operator.client.get(SECRET, ANALYTICS, 'spark-secrets-orders', signal);
    expect(Buffer.from(secret?.data?.['PASSWORD'] ?? '', 'base64').toString()).to.equal(`of-${PLATFORM}`);
  });

  it('has its webhook called for those with bindings, and on for one that it can not read now', async () => {
    const configuration = await operator.client.get(WEBHOOK_CONFIGURATION, undefined, configurationName(), signal);
    expect(selectedNamespaces(ourWebhook(configuration))).to.deep.equal([ANALYTICS, LATE]);
  });

  it('says of a store elsewhere that its namespace is not watched', async () => {
    const condition = await eventually('the binding has a status', 10_000, async () =>
      findCondition((await bindingAt(ANALYTICS, 'astray'))?.status?.conditions, 'Ready'),
    );
    expect([condition.status, condition.reason]).to.deep.equal(['False', 'StoreNotFound']);
    expect(condition.message).to.contain(`namespace ${OTHER} is not among those that the operator watches`);
  });

  it('does not look at bindings elsewhere', async () => {
    expect(await bindingAt(OTHER, 'unseen')).not.to.have.property('status');
    expect(await operator.client.get(SECRET, OTHER, 'spark-secrets-unseen', signal)).to.equal(undefined);
  });

  it('may read no Secret elsewhere, nor anything but what belongs to no namespace', async () => {
    const own = new HttpKubeClient(connection);
    expect((await own.get(SECRET, PLATFORM, 'iomete-secret-store', signal))?.data).to.have.property('PASSWORD');
    const refused = await failureOf(own.get(SECRET, OTHER, 'iomete-secret-store', signal));
    expect([refused instanceof ApiError, (refused as ApiError).code]).to.deep.equal([true, 403]);
    for (const path of ['/api/v1/secrets', `/api/v1/namespaces/${OTHER}/secrets`, '/api/v1/pods']) {
      const answer = await connection.send({ method: 'GET', path, signal, silenceMs: 10_000 });
      await answer.body.dump();
      expect(answer.code, path).to.equal(403);
    }
    const review = { metadata: { name: '' }, spec: { namespace: OTHER } };
    const { status } = await own.create<RulesReview>(RULES_REVIEW, review, signal);
    const resources = (status?.resourceRules ?? []).flatMap((rule) => rule.resources);
    // What every user of a cluster may do: ask who they are, and what they may.
    const ofAll = (resource: string): boolean => /^selfsubject.*reviews$/.test(resource);
    expect(resources.filter((resource) => !ofAll(resource)).sort()).to.deep.equal([
      'mutatingwebhookconfigurations',
      'namespaces',
      'subjectaccessreviews',
      'tokenreviews',
    ]);
  });

  it('says by its API that a namespace is not watched, not that there is nothing', async () => {
    const token = await tokenOf(cluster, OTHER, 'viewer');
    for (const path of [`/api/v1/namespaces/${OTHER}/bindings`, `/api/v1/namespaces/${OTHER}/stores/default/keys`]) {
      const { status, json } = await callApi(api, path, { token });
      expect([status, json['code']], path).to.deep.equal([404, 'NamespaceNotWatched']);
    }
  });

  it('is ready without one that it may not read yet, says so once, lets no driver start there, and serves it when it may', async () => {
    expect(await readable()).to.deep.equal({ [operator.namespace]: 1, [ANALYTICS]: 1, [PLATFORM]: 1, [LATE]: 0 });
    expect(await bindingAt(LATE, 'orders')).not.to.have.property('status');
    const [warning, ...more] = await said(LATE);
    expect(warning).to.contain(`may not list what is in namespace ${LATE}. Its Role there comes with its chart`);
    expect(more).to.deep.equal([]);
    expect(String(await failureOf(admit(LATE)))).to.contain(`may not list what is in namespace ${LATE}`);
    await operator.installRest();
    await ready(LATE, 'orders', 30_000);
    expect((await admit(LATE)).metadata.annotations?.['secrets.iomete.com/bindings']).to.equal('orders');
    expect(await readable()).to.deep.include({ [LATE]: 1 });
    expect((await said(LATE)).slice(1)).to.deep.equal(['namespace can be read']);
  });
});
