import { isDeepStrictEqual } from 'node:util';
import { DRIVER_ROLES, LABELS } from '../api/group.ts';
import type { WebhookTarget } from './serving-names.ts';
import { CLIENT_WEBHOOK_NAME, WEBHOOK_NAME } from './webhook-configuration.ts';
import type { ClientConfig, Selector, Webhook } from './webhook-configuration.ts';

/** Path of the route that the API server calls. */
export const MUTATE_PATH = '/mutate-pod';

const NAMESPACE_LABEL = 'kubernetes.io/metadata.name';
const ROLE_LABEL = 'spark-role';
/**
 * A pod goes to one webhook at most. Executors to none, also those that have the label from their driver's conf: of an
 * executor nothing changes, and a webhook that is down shall not keep a running job from getting more.
 */
const SELECTORS: readonly { readonly name: string; readonly objectSelector: Selector }[] = [
  {
    name: WEBHOOK_NAME,
    objectSelector: { matchExpressions: [{ key: ROLE_LABEL, operator: 'In', values: DRIVER_ROLES }] },
  },
  {
    name: CLIENT_WEBHOOK_NAME,
    objectSelector: {
      matchExpressions: [
        { key: LABELS.inject, operator: 'In', values: ['true'] },
        { key: ROLE_LABEL, operator: 'NotIn', values: [...DRIVER_ROLES, 'executor'] },
      ],
    },
  },
];
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
 * The configuration's `webhooks` as they should be: one for the drivers of the namespaces and one for the pods there that
 * opted in by label, or none without a namespace. Every field that the API server would default is written out, so that
 * what it returns compares equal.
 */
export function planWebhookConfiguration(input: CoveragePlanInput): readonly Webhook[] {
  const { ownNamespace, target, caBundle } = input;
  const namespaces = [...new Set(input.namespaces)].filter((namespace) => !isExcluded(namespace, ownNamespace)).sort();
  if (namespaces.length === 0) return [];
  return SELECTORS.map(({ name, objectSelector }) => ({
    name,
    clientConfig: { ...address(target), caBundle: Buffer.from(caBundle, 'utf8').toString('base64') },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'], scope: 'Namespaced' }],
    objectSelector,
    namespaceSelector: { matchExpressions: [{ key: NAMESPACE_LABEL, operator: 'In', values: namespaces }] },
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    sideEffects: 'None',
    timeoutSeconds: 10,
    reinvocationPolicy: 'IfNeeded',
    admissionReviewVersions: ['v1'],
  }));
}

/** Whether the observed webhooks, in any order, do exactly what the wanted ones do. */
export function areSameWebhooks(observed: readonly Webhook[], wanted: readonly Webhook[]): boolean {
  const isThere = (webhook: Webhook): boolean =>
    isSameWebhook(
      observed.find(({ name }) => name === webhook.name),
      webhook,
    );
  return observed.length === wanted.length && wanted.every(isThere);
}

/** Whether an observed webhook does exactly what the wanted one does. An unknown field of a later Kubernetes is no difference. */
export function isSameWebhook(observed: Webhook | undefined, wanted: Webhook): boolean {
  if (observed === undefined) return false;
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
