import { X509Certificate } from 'node:crypto';
import type { ApiAddress } from '../injection/api-variables.ts';
import type { WebhookTarget } from './serving-names.ts';

/** Port of the API at the operator's Service: deploy/chart/templates/service.yaml has it. */
export const API_SERVICE_PORT = 8443;

export interface ApiAddressOptions {
  /** Where the webhook is: the API has the same host and certificate. */
  readonly target: WebhookTarget;
  /** Port of the API where there is no Service. */
  readonly port: () => number;
  /** Every authority that its certificate may be signed by, now or soon, PEM: `ServedCertificate` knows. */
  readonly authorities: () => readonly string[];
}

/**
 * What pods are told of the API: its address, and whom to trust there. Undefined while there is nobody to trust. Cheap:
 * parses certificates once for each change.
 */
export function apiAddress(options: ApiAddressOptions): () => ApiAddress | undefined {
  const { authorities, target, port } = options;
  let known: { readonly of: readonly string[]; readonly text: string } | undefined;
  return () => {
    const present = authorities();
    if (known?.of !== present) known = { of: present, text: inBase64(present) };
    return known.text === '' ? undefined : { url: urlOf(target, port), authorities: known.text };
  };
}

function urlOf(target: WebhookTarget, port: () => number): string {
  if (target.kind === 'service') return `https://${target.name}.${target.namespace}.svc:${API_SERVICE_PORT}`;
  return `https://${new URL(target.url).hostname}:${port()}`;
}

function inBase64(authorities: readonly string[]): string {
  return authorities.map((pem) => new X509Certificate(pem).raw.toString('base64')).join(' ');
}
