import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

/** Where the webhook is reached: by the operator's Service, or (an operator outside of the cluster) at a URL. */
export type WebhookTarget =
  | {
      readonly kind: 'service';
      readonly namespace: string;
      readonly name: string;
      /** DNS domain of the cluster, usually `cluster.local`. */
      readonly clusterDomain: string;
    }
  | {
      readonly kind: 'url';
      /** `https://host:port`; the path is ours. */
      readonly url: string;
    };

/** The names of the certificate: what the API server, and a person with curl, may call the webhook. IP addresses as text. */
export function servingNames(target: WebhookTarget): string[] {
  if (target.kind === 'url') return [new URL(target.url).hostname.replace(/^\[|\]$/g, '')];
  const { namespace, name, clusterDomain } = target;
  // The API server uses the first one (admission webhooks: ServerName is `<svc>.<ns>.svc`).
  return [`${name}.${namespace}.svc`, `${name}.${namespace}.svc.${clusterDomain}`, `${name}.${namespace}`];
}

/** Whether `name` is an address, which a certificate holds as another kind of name. */
export function isAddress(name: string): boolean {
  return isIP(name) !== 0;
}

/** Whether a certificate is for a name of `servingNames`. */
export function isFor(certificate: X509Certificate, name: string): boolean {
  const found = isAddress(name) ? certificate.checkIP(name) : certificate.checkHost(name, { subject: 'never' });
  return found !== undefined;
}
