import { X509Certificate } from 'node:crypto';
import type { KubeObject } from '../../../operator/runtime/kube-object.ts';
import {
  isExcluded,
  isSameWebhook,
  planWebhookConfiguration,
  selectedNamespaces,
} from '../../../operator/webhook/coverage.ts';
import { splitBundle } from '../../../operator/webhook/certificate-state.ts';
import {
  ourWebhook,
  ourWebhooks,
  trustedBundles,
  type ClientConfig,
  type Webhook,
  type WebhookConfiguration,
} from '../../../operator/webhook/webhook-configuration.ts';
import { area, isKnown, type Finding } from '../finding.ts';
import type { Installation } from '../installation.ts';
import { known } from '../looked.ts';
import { isWatched, watchedNamespaces } from '../watched.ts';

const { ok, warning, problem, unknown } = area('webhook');
const BY_ITSELF = 'The operator puts it right within seconds when it leads: see the check leader, and its log.';

/** Whether the API server asks the operator about the drivers of all namespaces that have bindings, and trusts it. */
export function checkWebhook(installation: Installation): Finding[] {
  const { webhook, bindings, namespace } = installation;
  if (!isKnown(webhook)) return [unknown(webhook)];
  if (webhook.value === undefined)
    return [
      problem(
        'the MutatingWebhookConfiguration is not there: jobs get no secrets',
        'Upgrade the chart, or apply install.yaml again: it makes the object, the operator fills it.',
      ),
    ];
  const watched = watchedNamespaces(installation);
  const withBindings = isKnown(bindings)
    ? namespacesOf(bindings.value.filter((each) => isWatched(each, watched)))
    : undefined;
  const excluded = withBindings?.filter((each) => isExcluded(each, namespace)) ?? [];
  return [
    ...coverage(webhook.value, withBindings, namespace),
    ...excluded.map((each) =>
      warning(`namespace ${each} has bindings, and is one that the webhook never covers`, 'Move them to another one.'),
    ),
    ...trust(webhook.value),
    ...target(webhook.value, installation),
  ];
}

function namespacesOf(objects: readonly KubeObject[]): string[] {
  return [...new Set(objects.map(({ metadata }) => metadata.namespace ?? ''))];
}

function coverage(
  configuration: WebhookConfiguration,
  withBindings: readonly string[] | undefined,
  ownNamespace: string,
): Finding[] {
  const observed = ourWebhooks(configuration);
  const covered = selectedNamespaces(ourWebhook(configuration));
  const missing = (withBindings ?? []).filter((each) => !covered.includes(each) && !isExcluded(each, ownNamespace));
  if (missing.length > 0)
    return [
      problem(`not covered, though there are bindings: ${missing.join(', ')}; jobs there get no secrets`, BY_ITSELF),
    ];
  if (observed.length === 0) return [ok('no namespace has bindings, and none is covered')];
  const changed = changedByHand(observed, covered, ownNamespace);
  if (changed.length > 0)
    return [problem(`${changed.join(', ')} of the webhook configuration is not as the operator keeps it`, BY_ITSELF)];
  return [ok(`covers ${covered.join(', ')}`)];
}

/** Names of webhooks that are missing, or select other pods or do something else than the operator's. */
function changedByHand(observed: readonly Webhook[], namespaces: readonly string[], ownNamespace: string): string[] {
  const target = { kind: 'url', url: 'https://localhost' } as const;
  const wanted = planWebhookConfiguration({ namespaces, ownNamespace, target, caBundle: '' });
  return wanted
    .filter((each) => {
      const found = observed.find(({ name }) => name === each.name);
      // Where it is reached is another check.
      return found === undefined || !isSameWebhook({ ...found, clientConfig: each.clientConfig ?? {} }, each);
    })
    .map(({ name }) => name);
}

function trust(configuration: WebhookConfiguration): Finding[] {
  const bundles = trustedBundles(configuration);
  if (bundles.length === 0) return [];
  const certificates = bundles.map((pem) => splitBundle(pem).map((each) => new X509Certificate(each)));
  const now = Date.now();
  if (certificates.some((each) => each.every(({ validTo }) => Date.parse(validTo) < now)))
    return [problem('the API server is given no certificate to trust that is still good', BY_ITSELF)];
  return [];
}

/** Whether the API server calls the operator's Service. */
function target(configuration: WebhookConfiguration, { service }: Installation): Finding[] {
  const wanted = known(service)?.metadata;
  if (wanted === undefined) return [];
  const places = ourWebhooks(configuration).map(({ clientConfig }) => placeOf(clientConfig));
  const other = places.find((place) => place !== `Service ${wanted.namespace ?? ''}/${wanted.name}`);
  return other === undefined
    ? []
    : [warning(`the API server calls the webhook at ${other}, not at the operator’s Service`, BY_ITSELF)];
}

function placeOf({ url, service }: ClientConfig = {}): string {
  return url ?? `Service ${service?.namespace ?? ''}/${service?.name ?? ''}`;
}
