import { X509Certificate } from 'node:crypto';
import type { Secret } from '../api/kinds.ts';
import type { ApiAddress } from '../injection/api-variables.ts';
import type { Lister } from '../runtime/lister.ts';
import { decodeSecret } from './certificate-secret.ts';
import { SECRET_KEYS, splitBundle } from './certificate-state.ts';
import type { WebhookTarget } from './serving-names.ts';

/** Port of the API at the operator's Service: deploy/chart/templates/service.yaml has it. */
export const API_SERVICE_PORT = 8443;

export interface ApiAddressOptions {
  /** Where the webhook is: the API has the same host and certificate. */
  readonly target: WebhookTarget;
  /** Port of the API where there is no Service. */
  readonly port: () => number;
  /** The Secret with the certificates. */
  readonly secret: { readonly namespace: string; readonly name: string };
  readonly secrets: Pick<Lister<Secret>, 'get'>;
}

/**
 * What pods are told of the API: its address, and every authority that its certificate may be signed by, the next one too.
 * Undefined while there is none. Cheap: parses certificates once for each version of the Secret.
 */
export function apiAddress(options: ApiAddressOptions): () => ApiAddress | undefined {
  const { secret, secrets, target, port } = options;
  let known: { readonly of: Secret; readonly authorities: string } | undefined;
  return () => {
    const present = secrets.get(secret.namespace, secret.name);
    if (present === undefined) return undefined;
    if (known?.of !== present) known = { of: present, authorities: authoritiesIn(present) };
    const { authorities } = known;
    return authorities === '' ? undefined : { url: urlOf(target, port), authorities };
  };
}

function urlOf(target: WebhookTarget, port: () => number): string {
  if (target.kind === 'service') return `https://${target.name}.${target.namespace}.svc:${API_SERVICE_PORT}`;
  return `https://${new URL(target.url).hostname}:${port()}`;
}

function authoritiesIn(secret: Secret): string {
  const bundle = splitBundle(decodeSecret(secret)[SECRET_KEYS.trusted]);
  return bundle.map((pem) => new X509Certificate(pem).raw.toString('base64')).join(' ');
}
