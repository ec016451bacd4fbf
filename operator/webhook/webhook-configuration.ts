import type { KubeKind, KubeObject } from '../runtime/kube-object.ts';
import { splitBundle } from './certificate-state.ts';

/** `admissionregistration.k8s.io/v1`, as JSON: client-node's type has `caBundle` and selectors in the same places. */
export interface WebhookConfiguration extends KubeObject {
  readonly webhooks?: readonly Webhook[];
}

/** One webhook of a configuration, with the fields that we set, and the one that a hand could add. */
export interface Webhook {
  readonly name: string;
  readonly clientConfig?: ClientConfig;
  readonly rules?: readonly object[];
  readonly objectSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly failurePolicy?: string;
  readonly matchPolicy?: string;
  readonly sideEffects?: string;
  readonly timeoutSeconds?: number;
  readonly reinvocationPolicy?: string;
  readonly admissionReviewVersions?: readonly string[];
  readonly matchConditions?: readonly object[];
}

export interface ClientConfig {
  readonly service?: {
    readonly namespace: string;
    readonly name: string;
    readonly path: string;
    readonly port: number;
  };
  readonly url?: string;
  /** PEM bundle in base64. */
  readonly caBundle?: string;
}

export interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

export const WEBHOOK_CONFIGURATION: KubeKind<WebhookConfiguration> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: 'mutatingwebhookconfigurations',
  kind: 'MutatingWebhookConfiguration',
  namespaced: false,
};

/** Name of our webhook for what is Spark's driver by its `spark-role`. */
export const WEBHOOK_NAME = 'driver.secrets.iomete.com';
/** Name of our webhook for pods that opted in by label. */
export const CLIENT_WEBHOOK_NAME = 'client.secrets.iomete.com';

const WEBHOOK_NAMES: readonly string[] = [WEBHOOK_NAME, CLIENT_WEBHOOK_NAME];

/** Whether a webhook of a configuration is one of ours. */
export function isOurs({ name }: Webhook): boolean {
  return WEBHOOK_NAMES.includes(name);
}

/** Our webhooks in a configuration, those that are there. */
export function ourWebhooks(configuration: WebhookConfiguration | undefined): readonly Webhook[] {
  return configuration?.webhooks?.filter(isOurs) ?? [];
}

/** Our webhook for drivers in a configuration, if it is there. */
export function ourWebhook(configuration: WebhookConfiguration | undefined): Webhook | undefined {
  return ourWebhooks(configuration).find(({ name }) => name === WEBHOOK_NAME);
}

/** The PEM bundles that the API server trusts us by: one for each of our webhooks that is there. */
export function trustedBundles(configuration: WebhookConfiguration | undefined): string[] {
  return ourWebhooks(configuration).map(({ clientConfig }) =>
    Buffer.from(clientConfig?.caBundle ?? '', 'base64').toString('utf8'),
  );
}

/** Whether the API server trusts an authority in all our webhooks. One that isn't there, or has none of them, calls nobody. */
export function isTrustedBy(configuration: WebhookConfiguration | undefined, authority: string): boolean {
  return trustedBundles(configuration).every((bundle) => splitBundle(bundle).includes(authority));
}
