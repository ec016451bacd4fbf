import * as x509 from '@peculiar/x509';
import { webcrypto } from 'node:crypto';
import type { KeyPair } from '../../operator/webhook/certificates.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** An authority as an issuer of a company has it: there may be others below it. With `above` it is below that one. */
export async function createCompanyAuthority(now: Date, above?: KeyPair): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const name = `CN=company ${webcrypto.randomUUID()}`;
  const parent = above && new x509.X509Certificate(above.cert);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: name,
    issuer: parent?.subject ?? name,
    notBefore: new Date(now.getTime() - 3_600_000),
    notAfter: new Date(now.getTime() + 365 * 86_400_000),
    publicKey: keys.publicKey,
    signingKey: above === undefined ? keys.privateKey : await signingKey(above),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { cert: `${certificate.toString('pem')}\n`, key: `${key}\n` };
}

async function signingKey({ key }: KeyPair): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(key), ALGORITHM, false, ['sign']);
}
