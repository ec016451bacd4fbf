import type { Parts } from './compose.ts';
import type { Config, Role } from './config.ts';
import type { Reconciler } from './runtime/reconciler.ts';
import type { Logger } from './telemetry/logger.ts';
import type { WatchesOf } from './read-by-role.ts';
import { AuthorityKeeper } from './webhook/authority-keeper.ts';
import { readGivenCertificate } from './webhook/certificate-given.ts';
import { CertificateKeeper } from './webhook/certificate-keeper.ts';
import { CertificateView, readOwnCertificate, type ReadCertificate } from './webhook/certificate-view.ts';
import { ServedCertificate, type ServedCertificateOptions } from './webhook/served-certificate.ts';
import { servingNames, type WebhookTarget } from './webhook/serving-names.ts';
import { trustedNow } from './webhook/trusted-authorities.ts';

/** How the certificate Secret looks to everybody in this process. */
export function createCertificateView(config: Config, watches: WatchesOf<Role>, logger: Logger): CertificateView {
  const secret = { namespace: config.namespace, name: config.certificateSecret };
  return new CertificateView({ secrets: watches.certificate, secret, read: readerOf(config), logger });
}

/** Of a replica that serves: `serve` is told of each certificate when its turn has come. */
export function createServedCertificate(
  { config, watches, certificates: view, logger }: Parts<'webhook' | 'api'>,
  serve: ServedCertificateOptions['serve'],
): ServedCertificate {
  const trusted = trustedNow(watches.authorities, { namespace: config.namespace, name: config.caConfigMap });
  const served = new ServedCertificate({ view, trusted, serve, logger });
  const look = (): void => {
    served.look();
  };
  watches.certificate.subscribe(look);
  watches.authorities.subscribe(look);
  return served;
}

/** What the leader keeps: the certificates, unless somebody else does, and whom clients are to trust. */
export function certificateReconcilers(parts: Parts): Record<'certificates' | 'authorities', Reconciler> {
  const { config, client, watches, certificates: view, logger } = parts;
  const { webhookConfiguration: configurationName } = config;
  const shared = { client, configurations: watches.configuration, configurationName, logger };
  const names = servingNames(targetOf(config));
  const own = { secrets: watches.certificate, names, times: config.certificateTimes };
  const isOwn = config.certificateSource === 'operator';
  return {
    certificates: isOwn ? new CertificateKeeper({ ...shared, ...own }) : NOTHING_TO_DO,
    authorities: new AuthorityKeeper({ ...shared, view, configMaps: watches.authorities }),
  };
}

const NOTHING_TO_DO: Reconciler = { reconcile: () => Promise.resolve(undefined) };

function readerOf(config: Config): ReadCertificate {
  if (config.certificateSource === 'operator') return readOwnCertificate;
  const names = servingNames(targetOf(config));
  return (text) => readGivenCertificate(text, names, new Date());
}

/** Where the API server reaches the webhook. */
export function targetOf({ webhookUrl, namespace, webhookService, clusterDomain }: Config): WebhookTarget {
  if (webhookUrl !== undefined) return { kind: 'url', url: webhookUrl };
  return { kind: 'service', namespace, name: webhookService, clusterDomain };
}
