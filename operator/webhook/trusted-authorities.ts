import { X509Certificate } from 'node:crypto';
import type { ConfigMap } from '../api/kinds.ts';
import type { Lister } from '../runtime/lister.ts';
import type { Request } from '../runtime/reconciler.ts';
import { SECRET_KEYS, splitBundle } from './certificate-state.ts';
import { CERTIFICATE_TIMES } from './certificate-times.ts';
import type { Certificate } from './certificate-view.ts';

/** Whom to trust, PEM, and when there will be fewer of them. */
export interface Trusted {
  readonly authorities: readonly string[];
  readonly until: Date | undefined;
}

/** More than any honest day needs. */
const MOST_LEAVING = 4;

/**
 * Whom to trust for a certificate: its own authorities, and those that were trusted `before` for as long as a replica may
 * still serve by one of them, which ends when the certificate is a day old.
 */
export function trustedAuthorities(certificate: Certificate, before: readonly string[], now: Date): Trusted {
  const { chain, authorities } = certificate;
  const until = new Date(new X509Certificate(chain).validFromDate.getTime() + CERTIFICATE_TIMES.retireMs);
  const leaving = until <= now ? [] : before.filter((pem) => !authorities.includes(pem) && isGood(pem, now));
  if (leaving.length === 0) return { authorities, until: undefined };
  return { authorities: [...authorities, ...leaving.slice(0, MOST_LEAVING)], until };
}

/** The authorities in the ConfigMap for clients; none: nobody filled it yet. */
export function authoritiesIn(configMap: ConfigMap | undefined): string[] {
  return splitBundle(configMap?.data?.[SECRET_KEYS.trusted]);
}

/** The same as it is now: one list for one version of the ConfigMap. */
export function trustedNow(
  configMaps: Pick<Lister<ConfigMap>, 'get'>,
  { namespace, name }: Request,
): () => readonly string[] {
  let of: ConfigMap | undefined;
  let authorities: readonly string[] = [];
  return () => {
    const present = configMaps.get(namespace, name);
    if (of !== present) [of, authorities] = [present, authoritiesIn(present)];
    return authorities;
  };
}

function isGood(pem: string, now: Date): boolean {
  return new X509Certificate(pem).validToDate > now;
}
