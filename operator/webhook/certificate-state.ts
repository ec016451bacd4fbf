import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { KeyPair } from './certificates.ts';

/** What the certificate Secret holds, decoded from base64. Its keys are documented at `SECRET_KEYS`. */
export type SecretText = Readonly<Record<string, string>>;

/** Names of the certificate Secret's entries. All PEM. */
export const SECRET_KEYS = {
  /** All authorities to trust, the signing one first: what the webhook configuration's caBundle is. */
  trusted: 'ca.crt',
  authorityKey: 'ca.key',
  nextAuthority: 'next-ca.crt',
  nextAuthorityKey: 'next-ca.key',
  serving: 'tls.crt',
  servingKey: 'tls.key',
} as const;

/** The certificates that are in use, each proven to fit its key and its issuer. */
export interface CertificateState {
  /** Signs the serving certificate. */
  readonly authority: KeyPair;
  /** Will sign once everybody trusts it. */
  readonly next: KeyPair | undefined;
  /** An authority that signed before and is still trusted, for replicas that did not see the new certificate yet. */
  readonly previous: string | undefined;
  /** Absent: none that `authority` signed. */
  readonly serving: KeyPair | undefined;
  /** Since when the API server trusts `next`, as far as seen; absent: it does not, or there is no `next`. */
  readonly nextTrustedSince: Date | undefined;
}

/** Reads the Secret, which knows nothing of `nextTrustedSince`. Undefined: nothing there to go on from (missing, foreign or corrupt), all has to be made anew. */
export function readCertificateState(text: SecretText): CertificateState | undefined {
  const trusted = splitBundle(text[SECRET_KEYS.trusted]);
  const [cert, ...others] = trusted;
  const authority = readPair(cert, text[SECRET_KEYS.authorityKey]);
  if (authority === undefined || !new X509Certificate(authority.cert).ca) return undefined;
  const next = readPair(text[SECRET_KEYS.nextAuthority], text[SECRET_KEYS.nextAuthorityKey]);
  // Only a next one that is in the bundle too can ever be trusted.
  const trustedNext = next !== undefined && others.includes(next.cert) ? next : undefined;
  const previous = others.find((other) => other !== trustedNext?.cert);
  const serving = readPair(text[SECRET_KEYS.serving], text[SECRET_KEYS.servingKey]);
  return {
    authority,
    next: trustedNext,
    previous,
    serving:
      serving !== undefined && signs(new X509Certificate(authority.cert), new X509Certificate(serving.cert))
        ? serving
        : undefined,
    nextTrustedSince: undefined,
  };
}

/** The Secret's content for a state, the way back from `readCertificateState`. */
export function writeCertificateState(state: CertificateState): SecretText {
  const { authority, next, previous, serving } = state;
  const bundle = [authority.cert, next?.cert, previous].filter((cert) => cert !== undefined);
  return {
    [SECRET_KEYS.trusted]: bundle.join(''),
    [SECRET_KEYS.authorityKey]: authority.key,
    ...(next === undefined ? {} : { [SECRET_KEYS.nextAuthority]: next.cert, [SECRET_KEYS.nextAuthorityKey]: next.key }),
    ...(serving === undefined ? {} : { [SECRET_KEYS.serving]: serving.cert, [SECRET_KEYS.servingKey]: serving.key }),
  };
}

/** The certificates of a PEM bundle, each in one form; what isn't a certificate is left out. */
export function splitBundle(pem: string | undefined): string[] {
  const blocks = pem?.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => `${block.replaceAll('\r', '')}\n`).filter((block) => parse(block) !== undefined);
}

/** The pair if both parse and belong together, else undefined. */
export function readPair(cert: string | undefined, key: string | undefined): KeyPair | undefined {
  const [first] = splitBundle(cert);
  if (first === undefined || key === undefined) return undefined;
  try {
    return new X509Certificate(first).checkPrivateKey(createPrivateKey(key)) ? { cert: first, key } : undefined;
  } catch {
    return undefined;
  }
}

function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** Whether `issuer` signed it. */
export function signs(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
