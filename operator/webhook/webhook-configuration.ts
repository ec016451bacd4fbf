import type { KubeKind, KubeObject } from '../runtime/kube-object.ts';

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

/** Name of our one webhook in it. */
export const WEBHOOK_NAME = 'driver.secrets.iomete.com';

/** Our webhook in a configuration, if it is there. */
export function ourWebhook(configuration: WebhookConfiguration | undefined): Webhook | undefined {
  return configuration?.webhooks?.find(({ name }) => name === WEBHOOK_NAME);
}

/** The PEM bundles that the API server trusts us by: one for our webhook, none if it isn't there. */
export function trustedBundles(configuration: WebhookConfiguration | undefined): string[] {
  const webhook = ourWebhook(configuration);
  return webhook === undefined ? [] : [Buffer.from(webhook.clientConfig?.caBundle ?? '', 'base64').toString('utf8')];
}
