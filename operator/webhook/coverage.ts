import { isDeepStrictEqual } from 'node:util';
import type { WebhookTarget } from './serving-names.ts';
import { WEBHOOK_NAME } from './webhook-configuration.ts';
import type { ClientConfig, Webhook } from './webhook-configuration.ts';

/** Path of the route that the API server calls. */
export const MUTATE_PATH = '/mutate-pod';

const NAMESPACE_LABEL = 'kubernetes.io/metadata.name';
const SYSTEM_NAMESPACES = ['kube-system', 'kube-public', 'kube-node-lease'];

export interface CoveragePlanInput {
  /** Namespaces that have bindings, in any order, also repeated. */
  readonly namespaces: Iterable<string>;
  readonly ownNamespace: string;
  readonly target: WebhookTarget;
  /** PEM: the authorities to trust. */
  readonly caBundle: string;
}

/** Whether the webhook must never cover the namespace: a webhook that is down could keep itself, or the cluster, from coming up. */
export function isExcluded(namespace: string, ownNamespace: string): boolean {
  return namespace === ownNamespace || SYSTEM_NAMESPACES.includes(namespace);
}

/**
 * The configuration's `webhooks` as they should be: one for the driver pods of the namespaces, or none without a
 * namespace. Every field that the API server would default is written out, so that what it returns compares equal.
 */
export function planWebhookConfiguration(input: CoveragePlanInput): readonly Webhook[] {
  const { ownNamespace, target, caBundle } = input;
  const namespaces = [...new Set(input.namespaces)].filter((namespace) => !isExcluded(namespace, ownNamespace)).sort();
  if (namespaces.length === 0) return [];
  return [
    {
      name: WEBHOOK_NAME,
      clientConfig: { ...address(target), caBundle: Buffer.from(caBundle, 'utf8').toString('base64') },
      rules: [
        { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'], scope: 'Namespaced' },
      ],
      objectSelector: { matchExpressions: [{ key: 'spark-role', operator: 'In', values: ['driver'] }] },
      namespaceSelector: { matchExpressions: [{ key: NAMESPACE_LABEL, operator: 'In', values: namespaces }] },
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      sideEffects: 'None',
      timeoutSeconds: 10,
      reinvocationPolicy: 'IfNeeded',
      admissionReviewVersions: ['v1'],
    },
  ];
}

/** Whether an observed webhook does exactly what the wanted one does. An unknown field of a later Kubernetes is no difference. */
export function isSameWebhook(observed: Webhook | undefined, wanted: Webhook | undefined): boolean {
  if (observed === undefined || wanted === undefined) return observed === wanted;
  const fields = Object.keys(wanted) as (keyof Webhook)[];
  const hasNoConditions = (observed.matchConditions ?? []).length === 0;
  return hasNoConditions && fields.every((field) => isDeepStrictEqual(observed[field], wanted[field]));
}

/** The namespaces that an observed webhook selects, as far as it selects them by our rule. */
export function selectedNamespaces(webhook: Webhook | undefined): readonly string[] {
  const [expression] = webhook?.namespaceSelector?.matchExpressions ?? [];
  return expression?.key === NAMESPACE_LABEL && expression.operator === 'In' ? (expression.values ?? []) : [];
}

function address(target: WebhookTarget): ClientConfig {
  if (target.kind === 'url') return { url: new URL(MUTATE_PATH, target.url).href };
  return { service: { namespace: target.namespace, name: target.name, path: MUTATE_PATH, port: 443 } };
}
