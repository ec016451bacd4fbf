import { readFileSync } from 'node:fs';
import type { BindingSpec, SparkJobSecretBinding } from '../../operator/api/kinds.ts';
import { parseKey, type SecretGroup, type SecretKey } from '../../operator/api/secret-key.ts';
import { SecretValue } from '../../operator/api/secret-value.ts';
import type { BindingView } from '../../operator/injection/binding-view.ts';
import type { Pod } from '../../operator/injection/pod.ts';
import { environment } from '../../operator/injection/environment.ts';
import { bindingSecretName } from '../../operator/injection/secret-name.ts';
import { secretContent, type SecretContent } from '../../operator/injection/secret-content.ts';
import { specDigest } from '../../operator/injection/spec-digest.ts';

export type Condition = NonNullable<NonNullable<SparkJobSecretBinding['status']>['conditions']>[number];

/** A value that no message, patch or warning may hold. */
export const CANARY = 'canary-5f1d-value';

/** Name of the variable that says where the keys of a binding are in a pod. */
export const INDEX = /^SPARK_SECRETS_KEYS_[0-9a-f]{12}$/;

/** A key of text that is one. */
export function key(text: string): SecretKey {
  const parsed = parseKey(text);
  if (parsed === undefined) throw new Error(`${text} is no key`);
  return parsed;
}

export function spec(part: Partial<BindingSpec> = {}): BindingSpec {
  return { storeRef: { name: 'default' }, selector: { applications: ['*'] }, ...part };
}

export function values(entries: Readonly<Record<string, string | Buffer>>): Map<SecretKey, SecretValue> {
  return new Map(
    Object.entries(entries).map(([name, value]) => [key(name), SecretValue.fromBytes(Buffer.from(value))]),
  );
}

export function groups(entries: Readonly<Record<string, readonly string[]>>): Map<SecretGroup, readonly SecretKey[]> {
  return new Map(
    Object.entries(entries).map(([group, names]) => [group as SecretGroup, names.map((name) => key(name))]),
  );
}

/** Data of the Secret as text; fails when there are problems. */
export function contentOf(
  bindingSpec: BindingSpec,
  entries: Readonly<Record<string, string | Buffer>>,
  grouped: Readonly<Record<string, readonly string[]>> = {},
): Omit<SecretContent, 'data'> & { readonly data: Record<string, string> } {
  const input = {
    spec: bindingSpec,
    binding: 'orders',
    secretName: 'spark-secrets-orders',
    values: values(entries),
    groups: groups(grouped),
  };
  const content = secretContent(input);
  if ('problems' in content) throw new Error(JSON.stringify(content.problems));
  const data = Object.entries(content.data).map(([name, text]) => [name, Buffer.from(text, 'base64').toString('utf8')]);
  return { ...content, data: Object.fromEntries(data) as Record<string, string> };
}

export interface ViewOptions {
  readonly spec?: Partial<BindingSpec>;
  readonly envKeys?: Readonly<Record<string, string>>;
  readonly referenceKeys?: readonly SecretKey[];
  readonly conditions?: readonly Partial<Condition>[];
  readonly generation?: number;
  readonly secret?: BindingView['secret'] | null;
  readonly deletionTimestamp?: string;
}

/** A binding that is reconciled, unless the options say otherwise; its variables are those of env. */
export function view(name: string, options: ViewOptions = {}): BindingView {
  const { generation = 2, conditions = [{ status: 'True' }] } = options;
  const full = spec(options.spec ?? { env: [{ name: 'DB_PASSWORD', key: 'orders/DB_PASSWORD' }] });
  const { variables } = environment(full, new Map());
  const envKeys = options.envKeys ?? Object.fromEntries(variables.map(({ name, source }) => [name, source]));
  const secret = {
    name: bindingSecretName(name),
    specDigest: specDigest(full),
    envKeys,
    referenceKeys: options.referenceKeys ?? [],
  };
  const status = {
    observedGeneration: generation,
    conditions: conditions.map((condition) => ({
      type: 'Resolved',
      status: 'False' as const,
      reason: 'KeyNotFound',
      message: 'key a has no value in the store: add it.',
      lastTransitionTime: '2026-01-31T00:00:00Z',
      observedGeneration: generation,
      ...condition,
    })),
  };
  const { deletionTimestamp } = options;
  const metadata = { name, namespace: 'analytics', generation, ...(deletionTimestamp ? { deletionTimestamp } : {}) };
  return {
    binding: { apiVersion: 'secrets.iomete.com/v1alpha1', kind: 'SparkJobSecretBinding', metadata, spec: full, status },
    secret: options.secret === null ? undefined : (options.secret ?? secret),
  };
}

/** Drivers of spark-submit's cluster mode, whoever ran it. */
export const GOLDEN_PODS = [
  'spark-3.4-java',
  'spark-3.5-python-proxy-user',
  'spark-4.0-pod-template',
  'spark-4.1-gated-restricted',
  'kubeflow-application-driver',
  'kubeflow-scheduled-driver',
  'apache-application-driver',
] as const;

/** Master and worker of a standalone cluster: no driver runs there. */
export const GOLDEN_CLUSTER = ['apache-cluster-master', 'apache-cluster-worker'] as const;

export const GOLDEN_EXECUTORS = [
  'spark-3.5-executor',
  'spark-4.0-executor',
  'spark-4.1-executor',
  'kubeflow-application-executor',
  'kubeflow-scheduled-executor',
  'kubeflow-connect-executor',
  'apache-application-executor',
] as const;

export type GoldenPod =
  (typeof GOLDEN_PODS | typeof GOLDEN_CLUSTER | typeof GOLDEN_EXECUTORS)[number] | 'kubeflow-connect-server';

/** A pod as the tests need it: with a spec. */
export type FullPod = Pod & { readonly spec: NonNullable<Pod['spec']> };

/** A fresh copy of a golden pod. */
export function golden(name: GoldenPod): FullPod {
  const text = readFileSync(new URL(`golden/${name}.json`, import.meta.url), 'utf8');
  return JSON.parse(text) as FullPod;
}

/** The pod with more labels and annotations. */
export function marked(
  pod: FullPod,
  labels: Record<string, string>,
  annotations: Record<string, string> = {},
): FullPod {
  const metadata = {
    ...pod.metadata,
    labels: { ...pod.metadata?.labels, ...labels },
    annotations: { ...pod.metadata?.annotations, ...annotations },
  };
  return { ...pod, metadata };
}

/** What the API server and ServiceAccount admission add to what we wrote, before a webhook is called again. */
export function defaulted(pod: FullPod): FullPod {
  const token = {
    name: 'kube-api-access-x7k2p',
    mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
    readOnly: true,
  };
  const initContainers = pod.spec.initContainers!.map((container) => ({
    ...container,
    terminationMessagePath: '/dev/termination-log',
    imagePullPolicy: container.imagePullPolicy ?? 'IfNotPresent',
    volumeMounts: [...(container.volumeMounts ?? []), token],
    env: [{ name: 'ADDED', value: 'x' }, ...(container.env ?? [])],
  }));
  return { ...pod, spec: { ...pod.spec, initContainers } };
}
