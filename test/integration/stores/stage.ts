import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { API_VERSION, LABELS } from '../../../operator/api/group.ts';
import {
  NAMESPACE,
  SECRET,
  SECRET_STORE_CONFIG,
  type Secret,
  type SecretStoreConfig,
  SPARK_JOB_SECRET_BINDING,
  type SparkJobSecretBinding,
} from '../../../operator/api/kinds.ts';
import { ApiError } from '../../../operator/runtime/api-error.ts';
import { HttpKubeClient, type KubeClient } from '../../../operator/runtime/kube-client.ts';
import { Informer } from '../../../operator/runtime/informer.ts';
import type { KubeConnection } from '../../../operator/runtime/kube-connection.ts';
import type { KubeKind, KubeObject } from '../../../operator/runtime/kube-object.ts';
import { OperatorBeside } from '../../support/operator/beside.ts';
import { connect } from '../../support/operator/launch.ts';
import { type Cluster, testCluster } from '../../support/test-cluster.ts';

const KINDS: readonly KubeKind[] = [NAMESPACE, SECRET, SECRET_STORE_CONFIG, SPARK_JOB_SECRET_BINDING];

/** Within so long every watch has brought what one of them brought; milliseconds. */
const SEEN_MS = 2_000;

/** An object of a test: written as a person writes it. */
export type Manifest = KubeObject & Readonly<Record<string, unknown>>;

/** What an API server made of a pod that it only tried. */
export interface Admitted {
  /** The pod, as JSON. */
  readonly pod?: string;
  /** Why there is none. */
  readonly refused?: string;
}

/** A running operator beside the test cluster, namespaces of its own, and a live view of what is in them. */
export class Stage {
  readonly cluster: Cluster;
  readonly operator: OperatorBeside;
  readonly connection: KubeConnection;
  readonly client: KubeClient;
  readonly bindings: Informer<SparkJobSecretBinding>;
  readonly stores: Informer<SecretStoreConfig>;
  /** Those of bindings. */
  readonly secrets: Informer<Secret>;
  readonly #suffix = randomBytes(3).toString('hex');
  readonly #namespaces: string[] = [];

  private constructor(cluster: Cluster, operator: OperatorBeside) {
    this.cluster = cluster;
    this.operator = operator;
    this.connection = connect(cluster);
    this.client = new HttpKubeClient(this.connection);
    const { connection } = this;
    this.bindings = new Informer({ connection, kind: SPARK_JOB_SECRET_BINDING });
    this.stores = new Informer({ connection, kind: SECRET_STORE_CONFIG });
    this.secrets = new Informer({ connection, kind: SECRET, labelSelector: LABELS.binding });
  }

  static async open(): Promise<Stage> {
    const cluster = await testCluster();
    const operator = await OperatorBeside.open(cluster);
    const stage = new Stage(cluster, operator);
    await Promise.all([operator.start(), stage.bindings.start(), stage.stores.start(), stage.secrets.start()]);
    return stage;
  }

  /** Makes a namespace, and waits until pods can be made in it; returns its full name. */
  async namespace(what: string, labels: Readonly<Record<string, string>> = {}): Promise<string> {
    const name = `${what}-${this.#suffix}`;
    await this.put({ kind: 'Namespace', metadata: { name, labels } });
    this.#namespaces.push(name);
    await this.cluster.kubectl(['wait', '-n', name, '--for=create', '--timeout=30s', 'serviceaccount/default']);
    return name;
  }

  /** Applies objects as a person does, with `kubectl apply --server-side`. */
  async put(...manifests: readonly Manifest[]): Promise<void> {
    const options = { signal: AbortSignal.timeout(20_000), fieldManager: 'a-person', force: true };
    await Promise.all(manifests.map((manifest) => this.client.apply(kindOf(manifest), manifest, options)));
  }

  /** What the API server answers to an object that it refuses; undefined: it takes it. */
  async refusal(manifest: Manifest): Promise<string | undefined> {
    try {
      await this.put(manifest);
      return undefined;
    } catch (error) {
      if (error instanceof ApiError) return error.message;
      throw error;
    }
  }

  async remove(kind: KubeKind, namespace: string, name: string): Promise<void> {
    await this.client.delete(kind, namespace, name, { signal: AbortSignal.timeout(20_000) });
  }

  /** Tries (dry run) to make the pod of an application's driver, through the webhook. */
  async tryDriver(
    namespace: string,
    application: string,
    metadata: Partial<KubeObject['metadata']> = {},
  ): Promise<Admitted> {
    const labels = { 'spark-role': 'driver', 'spark-app-name': application, ...metadata.labels };
    const args = ['driver', '--properties-file', '/opt/spark/conf/spark.properties', '--class', 'X'];
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, name: `${application}-driver`, namespace, labels },
      spec: { schedulerName: 'nobody', containers: [{ name: 'spark-kubernetes-driver', image: 'spark', args }] },
    };
    const { code, body } = await this.connection.send({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/pods?dryRun=All`,
      body: JSON.stringify(pod),
      contentType: 'application/json',
      signal: AbortSignal.timeout(20_000),
      silenceMs: 20_000,
    });
    const text = await body.text();
    return code < 300 ? { pod: text } : { refused: (JSON.parse(text) as { message: string }).message };
  }

  /**
   * Why the webhook refuses the driver of an application. It knows a status once its own watch has brought it, which may
   * be some milliseconds after ours: a driver is tried until it is refused.
   */
  async whyRefused(namespace: string, application: string): Promise<string> {
    const end = performance.now() + SEEN_MS;
    for (;;) {
      const { refused } = await this.tryDriver(namespace, application);
      if (refused !== undefined) return refused;
      if (performance.now() > end) throw new Error(`the driver of ${application} is still admitted`);
      await sleep(20);
    }
  }

  /** The text of a path of the API, as a person who may see everything gets it. */
  async text(path: string): Promise<string> {
    const signal = AbortSignal.timeout(20_000);
    const { body } = await this.connection.send({ method: 'GET', path, signal, silenceMs: 20_000 });
    return body.text();
  }

  /** The operator's log. */
  async log(): Promise<string> {
    return readFile(this.operator.logFile, 'utf8');
  }

  /** Waits until `missing` has nothing to say; returns how long that took, in milliseconds. */
  async until(what: string, limitMs: number, missing: () => string | undefined): Promise<number> {
    const start = performance.now();
    for (;;) {
      const left = missing();
      if (left === undefined) return performance.now() - start;
      if (performance.now() - start > limitMs) throw new Error(`not within ${limitMs / 1000} s: ${what}: ${left}`);
      await sleep(20);
    }
  }

  async close(): Promise<void> {
    const signal = AbortSignal.timeout(20_000);
    await Promise.all(this.#namespaces.map((name) => this.client.delete(NAMESPACE, undefined, name, { signal })));
    await Promise.all([this.bindings.stop(), this.stores.stop(), this.secrets.stop()]);
    await this.operator.close();
    await this.connection.close();
  }
}

function kindOf(manifest: Manifest): KubeKind {
  const kind = KINDS.find((known) => known.kind === manifest['kind']);
  if (kind === undefined) throw new Error(`tests write no ${String(manifest['kind'])}`);
  return kind;
}

/** A Secret as `kubectl create secret generic` makes it. */
export function secretOf(
  namespace: string,
  name: string,
  values: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>> = {},
): Manifest {
  const entries = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')] as const);
  return { kind: 'Secret', metadata: { name, namespace, labels }, data: Object.fromEntries(entries) };
}

/** A SecretStoreConfig. */
export function storeOf(namespace: string, name: string, spec: object): Manifest {
  return { apiVersion: API_VERSION, kind: SECRET_STORE_CONFIG.kind, metadata: { name, namespace }, spec };
}

/** A SparkJobSecretBinding for the application of its own name. */
export function bindingOf(namespace: string, name: string, spec: object): Manifest {
  const selector = { applications: [name] };
  const kind = SPARK_JOB_SECRET_BINDING.kind;
  return { apiVersion: API_VERSION, kind, metadata: { name, namespace }, spec: { selector, ...spec } };
}
