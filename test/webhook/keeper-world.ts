import { createLogger } from '../../operator/telemetry/logger.ts';
import { CertificateKeeper } from '../../operator/webhook/certificate-keeper.ts';
import { SECRET as CERTIFICATE_SECRET } from '../../operator/api/kinds.ts';
import { decodeSecret } from '../../operator/webhook/certificate-secret.ts';
import type { SecretText } from '../../operator/webhook/certificate-state.ts';
import { CoverageKeeper } from '../../operator/webhook/coverage-keeper.ts';
import { servingNames } from '../../operator/webhook/serving-names.ts';
import { WEBHOOK_CONFIGURATION, ourWebhook } from '../../operator/webhook/webhook-configuration.ts';
import type { Webhook, WebhookConfiguration } from '../../operator/webhook/webhook-configuration.ts';
import type { KubeKind } from '../../operator/runtime/kube-object.ts';
import { FakeCluster } from '../doubles/fake-cluster.ts';
import { ScopeDouble } from '../support/scope.ts';

export const SECRET = { namespace: 'operator', name: 'webhook-certificate' };
export const CONFIGURATION = { namespace: '', name: 'spark-secrets-operator' };
export const TARGET = { kind: 'service', namespace: 'operator', name: 'svc', clusterDomain: 'cluster.local' } as const;
export const BINDING: KubeKind = {
  group: 'secrets.iomete.com',
  version: 'v1alpha1',
  plural: 'sparkjobsecretbindings',
  kind: 'SparkJobSecretBinding',
  namespaced: true,
};

const NEVER = new AbortController().signal;

/** A cluster with the chart installed, and both keepers with a clock that the test moves. */
export class KeeperWorld {
  readonly cluster = new FakeCluster();
  now = new Date('2026-01-01T00:00:00Z');
  readonly told: string[][] = [];
  readonly scope = new ScopeDouble();
  readonly logger = createLogger({ level: 'fatal' });

  constructor() {
    this.installConfiguration();
  }

  /** As the chart makes it: without webhooks. */
  installConfiguration(): void {
    this.cluster.put(WEBHOOK_CONFIGURATION, { metadata: { name: CONFIGURATION.name } });
  }

  bind(...namespaces: readonly string[]): void {
    for (const namespace of namespaces) this.cluster.put(BINDING, { metadata: { namespace, name: 'b' } });
  }

  unbind(namespace: string): void {
    this.cluster.remove(BINDING, namespace, 'b');
  }

  /** A new keeper is a restarted operator: all memory is lost. */
  certificateKeeper(): CertificateKeeper {
    return new CertificateKeeper({
      client: this.cluster,
      secrets: this.cluster.lister(CERTIFICATE_SECRET),
      configurations: this.cluster.lister(WEBHOOK_CONFIGURATION),
      configurationName: CONFIGURATION.name,
      names: servingNames(TARGET),
      logger: this.logger,
      now: () => this.now,
    });
  }

  coverageKeeper(): CoverageKeeper {
    return new CoverageKeeper({
      client: this.cluster,
      configurationName: CONFIGURATION.name,
      configurations: this.cluster.lister(WEBHOOK_CONFIGURATION),
      secrets: this.cluster.lister(CERTIFICATE_SECRET),
      secret: SECRET,
      bindings: this.cluster.lister(BINDING),
      scope: this.scope,
      ownNamespace: 'operator',
      target: TARGET,
      logger: this.logger,
      onChange: (namespaces) => this.told.push([...namespaces]),
      clock: () => this.now.getTime(),
    });
  }

  /** Runs until it wants to wait for a second or more (`ms`, else a day); the clock goes on for shorter waits. */
  async settle(keeper: CertificateKeeper | CoverageKeeper): Promise<number> {
    const request = keeper instanceof CertificateKeeper ? SECRET : CONFIGURATION;
    for (let runs = 0; runs < 20; runs++) {
      const wait = (await keeper.reconcile(request, NEVER))?.requeueAfterMs ?? 86_400_000;
      if (wait >= 1000) return wait;
      this.pass(wait);
    }
    throw new Error('it does not come to rest');
  }

  pass(ms: number): void {
    this.now = new Date(this.now.getTime() + ms);
  }

  get secret(): SecretText {
    return decodeSecret(this.cluster.find(CERTIFICATE_SECRET, SECRET.namespace, SECRET.name));
  }

  get configuration(): WebhookConfiguration | undefined {
    return this.cluster.find(WEBHOOK_CONFIGURATION, undefined, CONFIGURATION.name);
  }

  get webhook(): Webhook | undefined {
    return ourWebhook(this.configuration);
  }

  /** A hand edit of all webhooks. */
  edit(change: Partial<Webhook>): void {
    this.editAll((webhooks) => webhooks.map((webhook) => ({ ...webhook, ...change })));
  }

  editAll(change: (webhooks: readonly Webhook[]) => readonly Webhook[]): void {
    const edited: WebhookConfiguration = {
      metadata: { name: CONFIGURATION.name },
      webhooks: change(this.configuration?.webhooks ?? []),
    };
    this.cluster.put(WEBHOOK_CONFIGURATION, edited);
  }
}
