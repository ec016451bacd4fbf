import { createLogger } from '../../operator/telemetry/logger.ts';
import { CertificateKeeper } from '../../operator/webhook/certificate-keeper.ts';
import { CONFIG_MAP, SECRET as CERTIFICATE_SECRET } from '../../operator/api/kinds.ts';
import { AuthorityKeeper } from '../../operator/webhook/authority-keeper.ts';
import { decodeSecret } from '../../operator/webhook/certificate-secret.ts';
import type { SecretText } from '../../operator/webhook/certificate-state.ts';
import { CertificateView, readOwnCertificate } from '../../operator/webhook/certificate-view.ts';
import type { ReadCertificate } from '../../operator/webhook/certificate-view.ts';
import { CoverageKeeper } from '../../operator/webhook/coverage-keeper.ts';
import { servingNames } from '../../operator/webhook/serving-names.ts';
import { WEBHOOK_CONFIGURATION, ourWebhook } from '../../operator/webhook/webhook-configuration.ts';
import type { Webhook, WebhookConfiguration } from '../../operator/webhook/webhook-configuration.ts';
import type { KubeKind } from '../../operator/runtime/kube-object.ts';
import { FakeCluster } from '../doubles/fake-cluster.ts';
import { ScopeDouble } from '../support/scope.ts';

export const SECRET = { namespace: 'operator', name: 'webhook-certificate' };
export const AUTHORITIES = { namespace: 'operator', name: 'spark-secrets-operator-ca' };
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

/** A cluster with the chart installed, and the keepers with a clock that the test moves. */
export class KeeperWorld {
  readonly cluster = new FakeCluster();
  now = new Date('2026-01-01T00:00:00Z');
  readonly told: string[][] = [];
  readonly scope = new ScopeDouble();
  logger = createLogger({ level: 'fatal' });
  /** Who keeps the Secret decides how it is read. */
  readonly read: ReadCertificate;

  constructor(read: ReadCertificate = readOwnCertificate) {
    this.read = read;
    this.installConfiguration();
    this.cluster.put(CONFIG_MAP, { metadata: AUTHORITIES });
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
      view: this.view(),
      bindings: this.cluster.lister(BINDING),
      scope: this.scope,
      ownNamespace: 'operator',
      target: TARGET,
      logger: this.logger,
      onChange: (namespaces) => this.told.push([...namespaces]),
      clock: () => this.now.getTime(),
      now: () => this.now,
    });
  }

  authorityKeeper(): AuthorityKeeper {
    return new AuthorityKeeper({
      client: this.cluster,
      view: this.view(),
      configMaps: this.cluster.lister(CONFIG_MAP),
      configurations: this.cluster.lister(WEBHOOK_CONFIGURATION),
      configurationName: CONFIGURATION.name,
      logger: this.logger,
      now: () => this.now,
    });
  }

  view(): CertificateView {
    const { read, logger } = this;
    return new CertificateView({ secrets: this.cluster.lister(CERTIFICATE_SECRET), secret: SECRET, read, logger });
  }

  /** Runs until it wants to wait for a second or more (`ms`, else a day); the clock goes on for shorter waits. */
  async settle(keeper: CertificateKeeper | CoverageKeeper | AuthorityKeeper): Promise<number> {
    const others = keeper instanceof CoverageKeeper ? CONFIGURATION : AUTHORITIES;
    const request = keeper instanceof CertificateKeeper ? SECRET : others;
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

  /** What clients read. */
  get authorities(): string {
    return this.cluster.find(CONFIG_MAP, AUTHORITIES.namespace, AUTHORITIES.name)?.data?.['ca.crt'] ?? '';
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
