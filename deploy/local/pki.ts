import 'reflect-metadata';
import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

/** Who a certificate is for. */
interface Leaf {
  readonly subject: string;
  readonly dns?: readonly string[];
  readonly addresses?: readonly string[];
}

const day = 86_400_000;
const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Writes the cluster's own authority, the certificates it signs and the service accounts' keys, as PEM files. */
export async function writePki(folder: string, nodeAddress: string): Promise<void> {
  x509.cryptoProvider.set(webcrypto);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const ca = await authority();
  await writePem(folder, 'ca', ca.certificate.toString('pem'), ca.keys.privateKey);
  for (const [name, leaf] of Object.entries(leaves(nodeAddress))) {
    const keys = await newKeys();
    await writePem(folder, name, (await sign(leaf, keys.publicKey, ca)).toString('pem'), keys.privateKey);
  }
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(join(folder, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(join(folder, 'sa.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
}

/** Group and name are what Kubernetes authorizes by: O is the group, CN the user. */
function leaves(nodeAddress: string): Readonly<Record<string, Leaf>> {
  return {
    apiserver: {
      subject: 'CN=kube-apiserver',
      dns: [
        'localhost',
        'kubernetes',
        'kubernetes.default',
        'kubernetes.default.svc',
        'kubernetes.default.svc.cluster.local',
      ],
      addresses: ['127.0.0.1', '10.96.0.1', nodeAddress],
    },
    node: { subject: 'CN=system:node:node, O=system:nodes', dns: ['node'], addresses: [nodeAddress] },
    admin: { subject: 'CN=admin, O=system:masters' },
    'kubelet-client': { subject: 'CN=apiserver-kubelet-client, O=system:masters' },
    controllers: { subject: 'CN=system:kube-controller-manager' },
    scheduler: { subject: 'CN=system:kube-scheduler' },
    proxy: { subject: 'CN=system:kube-proxy' },
  };
}

interface Authority {
  readonly keys: webcrypto.CryptoKeyPair;
  readonly certificate: x509.X509Certificate;
}

async function authority(): Promise<Authority> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=kubernetes',
    keys,
    signingAlgorithm: keyAlgorithm,
    ...validity(),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  return { keys, certificate };
}

function sign(leaf: Leaf, publicKey: webcrypto.CryptoKey, ca: Authority): Promise<x509.X509Certificate> {
  const names: x509.JsonGeneralName[] = [
    ...(leaf.dns ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(leaf.addresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  const usages = [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth];
  const extensions: x509.Extension[] = [
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension(usages),
  ];
  if (names.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension(names));
  return x509.X509CertificateGenerator.create({
    subject: leaf.subject,
    issuer: ca.certificate.subject,
    publicKey,
    signingKey: ca.keys.privateKey,
    signingAlgorithm: keyAlgorithm,
    ...validity(),
    extensions,
  });
}

/** An hour back, for clocks that differ. */
function validity(): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - day / 24), notAfter: new Date(Date.now() + 365 * day) };
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
}

async function writePem(folder: string, name: string, certificate: string, key: webcrypto.CryptoKey): Promise<void> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  const lines = pkcs8.match(/.{1,64}/g) ?? [];
  const pem = ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n');
  await writeFile(join(folder, `${name}.crt`), `${certificate}\n`);
  await writeFile(join(folder, `${name}.key`), pem, { mode: 0o600 });
}
