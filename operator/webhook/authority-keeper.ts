import { CONFIG_MAP, type ConfigMap } from '../api/kinds.ts';
import type { KubeClient } from '../runtime/kube-client.ts';
import { apiVersionOf } from '../runtime/kube-object.ts';
import type { Lister } from '../runtime/lister.ts';
import { delayUntil, type Reconciler, type Request, type Result } from '../runtime/reconciler.ts';
import type { Logger } from '../telemetry/logger.ts';
import { SECRET_KEYS } from './certificate-state.ts';
import type { CertificateView } from './certificate-view.ts';
import { authoritiesIn, trustedAuthorities } from './trusted-authorities.ts';
import { isTrustedBy } from './webhook-configuration.ts';
import type { WebhookConfiguration } from './webhook-configuration.ts';

export interface AuthorityKeeperOptions {
  readonly client: KubeClient;
  readonly view: Pick<CertificateView, 'certificate'>;
  readonly configMaps: Pick<Lister<ConfigMap>, 'get'>;
  readonly configurations: Pick<Lister<WebhookConfiguration>, 'get'>;
  readonly configurationName: string;
  readonly logger: Logger;
  readonly now?: () => Date;
}

/**
 * Keeps the ConfigMap by which clients of the API trust it; on the leader only. The request is the ConfigMap's name.
 * Enqueue it at the start and when the ConfigMap, the certificate Secret or the webhook configuration changes.
 *
 * An authority gets there after the API server trusts it: replicas serve a certificate of a new one only when they see
 * it there (`ServedCertificate`).
 */
export class AuthorityKeeper implements Reconciler {
  readonly #options: AuthorityKeeperOptions;
  readonly #now: () => Date;

  constructor(options: AuthorityKeeperOptions) {
    this.#options = options;
    this.#now = options.now ?? ((): Date => new Date());
  }

  /** Throws `ApiError`. */
  async reconcile({ namespace, name }: Request, signal: AbortSignal): Promise<Result> {
    const { client, view, configMaps, configurations, configurationName, logger } = this.#options;
    const { certificate } = view;
    const configuration = configurations.get(undefined, configurationName);
    if (certificate === undefined || !isTrustedBy(configuration, certificate.authorities[0])) return undefined;
    const now = this.#now();
    const observed = configMaps.get(namespace, name);
    const { authorities, until } = trustedAuthorities(certificate, authoritiesIn(observed), now);
    const text = authorities.join('');
    if (observed?.data?.[SECRET_KEYS.trusted] !== text) {
      const { kind } = CONFIG_MAP;
      const data = { [SECRET_KEYS.trusted]: text };
      const wanted = { apiVersion: apiVersionOf(CONFIG_MAP), kind, metadata: { namespace, name }, data };
      await client.apply(CONFIG_MAP, wanted, { signal, force: true });
      logger.info({ authorities: authorities.length }, 'certificate authorities for clients changed');
    }
    return until && { requeueAfterMs: delayUntil(until, now) };
  }
}
