import 'reflect-metadata'; // first, and only here: @peculiar/x509 throws without it
import * as x509 from '@peculiar/x509';
import { webcrypto } from 'node:crypto';
import { CERTIFICATE_TIMES } from './certificate-times.ts';
import { isAddress } from './serving-names.ts';

/** A certificate and its private key, both PEM; the key as PKCS #8. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** A new certificate authority (P-256, SHA-256). No two have one name, so that a bundle may hold several. */
export async function createAuthority(now: Date, times = CERTIFICATE_TIMES): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=spark-secrets-operator webhook CA ${webcrypto.randomUUID()}`,
    notBefore: new Date(now.getTime() - times.backdateMs),
    notAfter: new Date(now.getTime() + times.authorityLifeMs),
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return keyPair(certificate, keys.privateKey);
}

/** A new serving certificate, which ends with `authority` at the latest. `names` as `servingNames` gives them. */
export async function createServing(
  authority: KeyPair,
  names: readonly string[],
  now: Date,
  times = CERTIFICATE_TIMES,
): Promise<KeyPair> {
  const issuer = new x509.X509Certificate(authority.cert);
  const keys = await webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify']);
  const end = Math.min(now.getTime() + times.servingLifeMs, issuer.notAfter.getTime());
  const certificate = await x509.X509CertificateGenerator.create({
    // A common name holds 64 characters, fewer than a Service's may have; clients read the alternative names anyway.
    subject: 'CN=spark-secrets-operator webhook',
    issuer: issuer.subject,
    notBefore: new Date(now.getTime() - times.backdateMs),
    notAfter: new Date(end),
    publicKey: keys.publicKey,
    signingKey: await signingKey(authority),
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isAddress(value) ? ('ip' as const) : ('dns' as const), value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return keyPair(certificate, keys.privateKey);
}

async function signingKey(authority: KeyPair): Promise<webcrypto.CryptoKey> {
  const pkcs8 = x509.PemConverter.decodeFirst(authority.key);
  return webcrypto.subtle.importKey('pkcs8', pkcs8, ECDSA, false, ['sign']);
}

async function keyPair(certificate: x509.X509Certificate, privateKey: webcrypto.CryptoKey): Promise<KeyPair> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', privateKey);
  return { cert: `${certificate.toString('pem')}\n`, key: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n` };
}
