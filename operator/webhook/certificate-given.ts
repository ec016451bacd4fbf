import { X509Certificate } from 'node:crypto';
import { SECRET_KEYS, readPair, signs, splitBundle } from './certificate-state.ts';
import type { SecretText } from './certificate-state.ts';
import type { Certificate } from './certificate-view.ts';
import { isFor } from './serving-names.ts';

/**
 * The certificate in a Secret that somebody else keeps, as cert-manager does: `tls.crt` with what is between it and its
 * authority, `tls.key`, `ca.crt`. A text says why it can't be used. When it starts is not looked at: the issuer's clock
 * may be ahead of ours, and the API server has its own.
 */
export function readGivenCertificate(text: SecretText, names: readonly string[], now: Date): Certificate | string {
  const chain = splitBundle(text[SECRET_KEYS.serving]);
  const [leaf, ...between] = chain.map((pem) => new X509Certificate(pem));
  if (leaf === undefined) return 'tls.crt holds no certificate';
  const pair = readPair(chain[0], text[SECRET_KEYS.servingKey]);
  if (pair === undefined) return 'tls.key does not belong to tls.crt';
  const missing = names.filter((name) => !isFor(leaf, name));
  if (missing.length > 0) return `tls.crt is not for ${missing.join(', ')}`;
  if (leaf.validToDate <= now) return `tls.crt ended at ${leaf.validToDate.toISOString()}`;
  const trusted = splitBundle(text[SECRET_KEYS.trusted]);
  if (trusted.length === 0) return 'ca.crt holds no certificate: it takes an issuer that gives its authority';
  const signing = authorityOf(leaf, between, trusted);
  if (signing === undefined) return 'tls.crt is not signed by what is in ca.crt';
  const others = trusted.filter((pem) => pem !== signing);
  return { chain: chain.join(''), key: pair.key, authorities: [signing, ...others] };
}

/** The one of `trusted` that a certificate leads to, by those `between`. */
function authorityOf(
  leaf: X509Certificate,
  between: readonly X509Certificate[],
  trusted: readonly string[],
): string | undefined {
  let certificate = leaf;
  // Each step uses up one of those between: no chain is longer.
  for (let steps = between.length; steps >= 0; steps--) {
    const last = certificate;
    const found = trusted.find((pem) => signs(new X509Certificate(pem), last));
    if (found !== undefined) return found;
    const next = between.find((each) => signs(each, last));
    if (next === undefined) return undefined;
    certificate = next;
  }
  return undefined;
}
